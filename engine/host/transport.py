"""The HTTP client of all connectors: httpx's interface over aiohttp's connections.

What may not happen twice is decided here by one moment: the connection stands and nothing has been
written. What fails before it was certainly not sent and is a connection error; what fails after it
is a read error, whatever the library calls it. Who has to know the moment gives a `trace`, which is
called in it and may take its time: no time-out of a connection runs meanwhile.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from io import BytesIO
from typing import Any
from weakref import WeakSet

import aiohttp
import httpx
from aiohttp.connector import Connection
from yarl import URL

HTTP_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# More than segments can be executed at once, so that none waits for another one's connection.
MAX_CONNECTIONS, KEEPALIVE_S = 1_000, 15.0
# Whatever a peer does, a call is over after this.
LONGEST_CALL_S = 300.0
MAX_HEAD_BYTES, PART_BYTES = 64 * 1024, 64 * 1024
# httpcore's name of the moment, so that a connector works on httpx's own transport as well.
# https://www.encode.io/httpcore/extensions/#trace
MOMENT = "http11.send_request_body.started"

_current: ContextVar[_Call] = ContextVar("_current")
is_dry_run: ContextVar[bool] = ContextVar("is_dry_run", default=False)
# Told when the bytes of a call that may change something leave.
on_acting: ContextVar[Callable[[], None] | None] = ContextVar("on_acting", default=None)
READING = ("GET", "HEAD")


class DryRunRequest(Exception):
    """The request that a dry run would have sent."""

    def __init__(self, request: httpx.Request) -> None:
        super().__init__(request.method, str(request.url))
        self.request = request


def open_http() -> httpx.AsyncClient:
    """Open the client that all connectors share."""
    return _Client(transport=Transport(), timeout=HTTP_TIMEOUT)


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


class _Client(httpx.AsyncClient):
    """Keeps no cookies: what a service gave with one customer's call is no other's."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NoCookies()

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("this client keeps no cookies")


class Transport(httpx.AsyncBaseTransport):
    """Sends everything, but in a dry run only what reads. Belongs to the loop it is made in."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                limit=MAX_CONNECTIONS,
                keepalive_timeout=KEEPALIVE_S,
                ssl=httpx.create_ssl_context(),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if is_dry_run.get() and request.method not in READING:
            await request.aread()
            raise DryRunRequest(request)
        call = _Call(request)
        with call.failing():
            answer = await call.send(self._session)
            length = answer.content_length
            is_short = length is not None and length <= PART_BYTES
            content = await call.whole(answer) if is_short else None
        return httpx.Response(
            answer.status,
            headers=list(answer.raw_headers),
            stream=_Content(call, answer) if content is None else httpx.ByteStream(content),
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def aclose(self) -> None:
        await self._session.close()


class _Connector(aiohttp.TCPConnector):
    """Gives a call its connection in the moment, and none on which the peer has said its last."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # pyright: ignore[reportUnknownMemberType] - as its hints are
        self._used: WeakSet[Any] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: Any,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp asks for this parameter
    ) -> Connection:
        call = _current.get()
        if call.may_have_left:
            # aiohttp tries some methods twice; here the caller decides what is done again.
            raise aiohttp.ServerDisconnectedError
        connection = await self._connect(req, traces, timeout)
        try:
            await call.mark()
        except BaseException:
            connection.release()
            raise
        if connection.protocol in self._used and _is_readable(connection):
            # The peer has closed it while the mark was made; nothing has been written.
            connection.close()
            call.begin()
            connection = await self._connect(req, traces, timeout)
        self._used.add(connection.protocol)
        call.let_go()
        return connection

    async def _connect(
        self,
        req: aiohttp.ClientRequest,
        traces: Any,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # as above
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        while connection.protocol in self._used and _is_readable(connection):
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


def _is_readable(connection: Connection) -> bool:
    """Say whether something has come, be it the end, while nothing is expected."""
    transport = connection.transport
    found = None if transport is None else transport.get_extra_info("socket")
    if found is None or found.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(found.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _Call:
    """One request on its way: its deadlines, and whether it came to the moment."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        self._trace: Callable[..., Awaitable[None]] | None = request.extensions.get("trace")
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + LONGEST_CALL_S
        self._deadline = asyncio.timeout(None)
        self.may_have_left = False

    async def send(self, session: aiohttp.ClientSession) -> aiohttp.ClientResponse:
        request = self._request
        url = request.url
        _current.set(self)
        async with self._deadline:
            self.begin()
            return await session.request(
                request.method,
                URL(str(url), encoded=True),
                headers=_headers(request),
                data=_body(request),
                allow_redirects=False,
                server_hostname=request.extensions.get("sni_hostname"),
            )

    def begin(self) -> None:
        """Allow for the time that a connection takes."""
        self._deadline.reschedule(self._at(self._timeouts.get("connect")))

    async def mark(self) -> None:
        """Be in the moment: tell whoever wants to know, who may take time."""
        if self._trace is not None:
            self._deadline.reschedule(None)
            await self._trace(MOMENT, {})

    def let_go(self) -> None:
        """Let the bytes go: from here on they may have left."""
        self.may_have_left = True
        if self._request.method not in READING and (tell := on_acting.get()) is not None:
            tell()
        waits_s = [self._timeouts.get(each) for each in ("write", "read")]
        known = [each for each in waits_s if each is not None]
        self._deadline.reschedule(self._at(sum(known) if len(known) == len(waits_s) else None))

    async def whole(self, answer: aiohttp.ClientResponse) -> bytes:
        """Return the body of a short answer."""
        async with asyncio.timeout_at(self._at(self._timeouts.get("read"))):
            return await answer.read()

    async def chunks(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        with self.failing():
            while True:
                async with asyncio.timeout_at(self._at(self._timeouts.get("read"))):
                    chunk = await answer.content.readany()
                if not chunk:
                    return
                yield chunk

    def _at(self, seconds: float | None) -> float:
        return self._ends_at if seconds is None else min(self._loop.time() + seconds, self._ends_at)

    def failing(self) -> _Failing:
        return _Failing(self)

    def name(self, failure: Exception) -> Exception:
        """Return the failure as httpx names it."""
        text = str(failure) or type(failure).__name__
        if isinstance(failure, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
            return httpx.UnsupportedProtocol(text)
        if isinstance(failure, TimeoutError):
            kind: type[httpx.TransportError] = (
                httpx.ReadTimeout if self.may_have_left else httpx.ConnectTimeout
            )
        elif not self.may_have_left:
            kind = httpx.ConnectError
        elif isinstance(failure, aiohttp.ClientResponseError):
            kind = httpx.RemoteProtocolError
        else:
            kind = httpx.ReadError
        return kind(text, request=self._request)


class _Failing:
    """Names what fails inside as httpx does; what is not the network's goes through as it is."""

    def __init__(self, call: _Call) -> None:
        self._call = call

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, failure: BaseException | None, __: object) -> None:
        # UnicodeError, ValueError: a name that no resolver can be asked for.
        if isinstance(failure, aiohttp.ClientError | OSError | TimeoutError | UnicodeError):
            raise self._call.name(failure) from failure


class _Content(httpx.AsyncByteStream):
    """The answer's body, as it comes."""

    def __init__(self, call: _Call, answer: aiohttp.ClientResponse) -> None:
        self._call, self._answer = call, answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._call.chunks(self._answer):
            yield chunk

    async def aclose(self) -> None:
        # What was read to its end has given its connection back already.
        self._answer.close()


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    # aiohttp frames the body itself, by its length where that is known.
    return [
        (key.decode("latin-1"), value.decode("latin-1"))
        for key, value in request.headers.raw
        if key.lower() != b"transfer-encoding"
    ]


def _body(request: httpx.Request) -> bytes | BytesIO | AsyncIterable[bytes] | None:
    if isinstance(request.stream, httpx.ByteStream):
        content = b"".join(request.stream)
        # What is long is written in parts, between which others have their turn.
        return BytesIO(content) if len(content) > PART_BYTES else content or None
    assert isinstance(request.stream, httpx.AsyncByteStream)
    return request.stream
