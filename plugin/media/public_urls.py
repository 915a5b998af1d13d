"""Fetches URLs that flows name, from the public internet and from nowhere else.

A name is resolved once, every address of it is checked, and the connection goes to a checked
address: an answer of the name server that changes in between (rebinding) cannot lead inside.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache

import httpx

from appmixer.engine.contract import RejectedError, ThrottledError, is_public
from appmixer.engine.contract.decompression import ACCEPT_ENCODING, unpacked

MAX_REDIRECTS = 5
TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=10.0, pool=5.0)
USER_AGENT = "appmixer-whatsapp"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class Download:
    """An answer that has begun; `chunks` yields its content."""

    file_name: str
    media_type: str
    size_bytes: int | None
    chunks: AsyncIterator[bytes]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@asynccontextmanager
async def fetch(
    url: str, *, field: str = "url", resolve: Resolve = resolve
) -> AsyncGenerator[Download, None]:
    """Open a URL, following redirects; each hop is checked as the first one.

    Raises RejectedError for what must not or cannot be fetched, ThrottledError for what may work
    later. The caller bounds the size by reading no further.
    """
    # A client of its own: connections are kept by address, and hosts may share one.
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=_tls()) as client:
        response = await _follow(client, url, field, resolve)
        try:
            yield Download(
                _file_name(response.request.url),
                response.headers.get("content-type", ""),
                _length(response),
                _chunks(response, field),
            )
        finally:
            await response.aclose()


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _follow(
    client: httpx.AsyncClient, url: str, field: str, resolve: Resolve
) -> httpx.Response:
    target = _parse(url, field)
    for _ in range(MAX_REDIRECTS + 1):
        response = await _open(client, target, field, resolve)
        if not response.is_redirect:
            return await _accept(response, field)
        await response.aclose()
        target = _next(target, response, field)
    raise _refusal("It redirects too often.", "Use the address that it leads to.", field)


def _next(target: httpx.URL, response: httpx.Response, field: str) -> httpx.URL:
    location = response.headers.get("location", "")
    with suppress(httpx.InvalidURL):
        if location:
            return _parse(str(target.join(location)), field)
    raise _refusal(
        f"The host answered {response.status_code}, and no address to go on to.",
        "Use the address of the file itself.",
        field,
    )


def _parse(url: str, field: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        raise _refusal("It is no URL.", "Write it as https://host/path.", field) from None
    if target.scheme not in ("http", "https") or not target.host:
        raise _refusal("It is not an http or https URL.", "Write it as https://host/path.", field)
    if target.userinfo:
        raise _refusal("It holds a user name.", "Use a URL that needs no password.", field)
    return target


async def _open(
    client: httpx.AsyncClient, target: httpx.URL, field: str, resolve: Resolve
) -> httpx.Response:
    address = await _public_address(target, field, resolve)
    # The request names the host as its own address would, but goes to the address checked here;
    # TLS asks for the host's certificate.
    request = client.build_request(
        "GET",
        target.copy_with(host=address),
        headers={
            "Host": target.netloc.decode("ascii"),
            "User-Agent": USER_AGENT,
            "Accept-Encoding": ACCEPT_ENCODING,
        },
        extensions={"sni_hostname": target.raw_host.decode("ascii")},
    )
    try:
        return await client.send(request, stream=True)
    except httpx.RequestError as error:
        raise _broken(error, field) from None


async def _public_address(target: httpx.URL, field: str, resolve: Resolve) -> str:
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        addresses = await resolve(target.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError):
        raise _refusal(f"Nobody knows the host {target.host}.", "Check the URL.", field) from None
    if not addresses or not all(is_public(address) for address in addresses):
        raise _refusal(
            f"The host {target.host} is not on the public internet.",
            "Use a public address, or upload the file here instead.",
            field,
        )
    return addresses[0]


async def _accept(response: httpx.Response, field: str) -> httpx.Response:
    if response.status_code == 200:
        return response
    await response.aclose()
    answer = f"The host answered {response.status_code}."
    if response.status_code == 429 or response.status_code >= 500:
        raise ThrottledError("The URL cannot be fetched", answer, "", field)
    raise _refusal(answer, "Check that anybody can open the URL.", field)


async def _chunks(response: httpx.Response, field: str) -> AsyncIterator[bytes]:
    try:
        async for piece in unpacked(response):
            yield piece
    except httpx.DecodingError as error:
        raise _refusal(f"{error}.", "Offer the file itself, not packed.", field) from None
    except (httpx.RequestError, httpx.StreamError) as error:
        raise _broken(error, field) from None


def _length(response: httpx.Response) -> int | None:
    announced = str(response.headers.get("content-length", ""))
    return int(announced) if announced.isascii() and announced.isdigit() else None


def _file_name(url: httpx.URL) -> str:
    return url.path.rpartition("/")[2][:240]


def _broken(error: Exception, field: str) -> ThrottledError:
    return ThrottledError(
        "The URL cannot be fetched now",
        f"The connection failed ({type(error).__name__}).",
        "It is tried again later; check the URL if this goes on.",
        field,
    )


def _refusal(cause: str, cure: str, field: str) -> RejectedError:
    return RejectedError("The URL cannot be fetched", cause, cure, field)
