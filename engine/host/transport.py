"""The HTTP client of all connectors: httpx's interface over aiohttp's connections and parser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import httpx

from ..contract.decompression import AT_HAND
from .addresses import Allowed
from .calls import READING, Call, Pool

HTTP_TIMEOUT = httpx.Timeout(30.0, connect=5.0)

# How a call is asked for that needs nothing of httpx's client.
_BARE = {"stream": True, "follow_redirects": False}

is_dry_run: ContextVar[bool] = ContextVar("is_dry_run", default=False)


class DryRunRequest(Exception):
    """The request that a dry run would have sent."""

    def __init__(self, request: httpx.Request) -> None:
        super().__init__(request.method, str(request.url))
        self.request = request


def open_http(allowed: Allowed | None = None) -> httpx.AsyncClient:
    """Open a client that all connectors share; `allowed` is what it reaches beside the internet.

    Without it, it reaches everything: for addresses that the administrator has named.
    """
    return _Client(Transport(allowed))


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


class _Client(httpx.AsyncClient):
    """Keeps no cookies: what a service gave with one customer's call is no other's."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport=transport, timeout=HTTP_TIMEOUT)
        self._bare = transport

    async def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        """Send it as httpx does.

        What is streamed, follows no redirect and has its own time-outs goes straight to the
        transport: what httpx would do around it is a sixth of a call.
        """
        is_bare = how == _BARE and not request.url.userinfo and "timeout" in request.extensions
        if not is_bare or self.is_closed:
            return await super().send(request, **how)
        response = await self._bare.handle_async_request(request)
        response.request = request
        return response

    @property
    def cookies(self) -> httpx.Cookies:
        return _NoCookies()

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("this client keeps no cookies")


class Transport(httpx.AsyncBaseTransport):
    """Sends everything, but in a dry run only what reads. Belongs to the loop it is made in."""

    def __init__(self, allowed: Allowed | None = None) -> None:
        self._pool = Pool(allowed)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if is_dry_run.get() and request.method not in READING:
            await request.aread()
            raise DryRunRequest(request)
        call = Call(request)
        with call.failing():
            content = await call.send(self._pool)
        return httpx.Response(
            call.status,
            headers=call.headers,
            stream=_Content(call) if content is None else httpx.ByteStream(content),
            extensions={"http_version": b"HTTP/1.1", AT_HAND: content},
        )

    async def aclose(self) -> None:
        await self._pool.close()


class _Content(httpx.AsyncByteStream):
    """The answer's body, as it comes."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._call.chunks():
            yield chunk

    async def aclose(self) -> None:
        self._call.close()
