"""One request on its way over a connection of aiohttp's, and the connections that stand.

What may not happen twice is decided here by one moment: the connection stands and nothing has been
written. What fails before it was certainly not sent and is a connection error; what fails after it
is a read error, whatever the library calls it. Who has to know the moment gives a `trace`, which is
called in it and may take its time: no time-out of a connection runs meanwhile.

aiohttp's pool, TLS and parser are used, its session and requests are not: with them a call of Graph
took 260 µs of processor, without them and what else was left out 160.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextvars import ContextVar
from functools import cached_property, lru_cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, StreamWriter
from yarl import URL

from .addresses import Allowed, called_host, open_socket, refusal_in
from .outgoing import PART_BYTES, head_of, parts_of, write_body

# More than segments can be executed at once, so that none waits for another one's connection.
MAX_CONNECTIONS, KEEPALIVE_S = 1_000, 15.0
# Whatever a peer does, a call is over after this.
LONGEST_CALL_S = 300.0
MAX_HEAD_BYTES = 64 * 1024
# Addresses (scheme, host and port) that are kept ready.
MAX_TARGETS = 1_000
# httpcore's name of the moment, so that a connector works on httpx's own transport as well.
# https://www.encode.io/httpcore/extensions/#trace
MOMENT = "http11.send_request_body.started"

# Told when the bytes of a call that may change something leave.
on_acting: ContextVar[Callable[[], None] | None] = ContextVar("on_acting", default=None)
READING = ("GET", "HEAD")

_NO_TIMEOUTS = aiohttp.ClientTimeout(total=None)


class Pool:
    """The connections that stand."""

    def __init__(self, allowed: Allowed | None = None) -> None:
        self._is_guarded = allowed is not None
        self._connector = aiohttp.TCPConnector(
            limit=MAX_CONNECTIONS,
            keepalive_timeout=KEEPALIVE_S,
            socket_factory=partial(open_socket, allowed) if allowed is not None else None,
        )
        # What tells whether something came on a connection that was used before.
        self._polls: WeakKeyDictionary[Any, select.poll] = WeakKeyDictionary()
        self._target = lru_cache(maxsize=MAX_TARGETS)(self._make_target)

    async def take(self, request: httpx.Request) -> Connection:
        if self._is_guarded:
            called_host.set(request.url.raw_host.decode("ascii"))
        name = request.extensions.get("sni_hostname")
        target = self._target(request.url.scheme, request.url.netloc, name)
        return await self._connector.connect(target, [], _NO_TIMEOUTS)

    def use(self, connection: Connection) -> bool:
        """Say whether a connection can be used: one that was, only if nothing has come since,
        be it the end.
        """
        poll = self._polls.get(connection.protocol)
        if poll is not None:
            return not poll.poll(0)
        transport = connection.transport
        found = None if transport is None else transport.get_extra_info("socket")
        if found is None or found.fileno() < 0:
            return False
        poll = self._polls[connection.protocol] = select.poll()
        poll.register(found.fileno(), select.POLLIN)
        return True

    async def close(self) -> None:
        await self._connector.close()

    def _make_target(self, scheme: str, netloc: bytes, name: str | None) -> aiohttp.ClientRequest:
        """Return what aiohttp takes for an address to connect to."""
        if scheme not in ("http", "https") or not netloc:
            raise httpx.UnsupportedProtocol("The address does not begin with http:// or https://")
        url = URL(f"{scheme}://{netloc.decode('ascii')}", encoded=True)
        loop = asyncio.get_running_loop()
        tls = self._tls if scheme == "https" else True
        return aiohttp.ClientRequest("GET", url, loop=loop, ssl=tls, server_hostname=name)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made for the first call that needs it: reading whom to trust takes a while.
        return httpx.create_ssl_context()


class Call:
    """One request on its way: its deadlines, and whether it came to the moment."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + LONGEST_CALL_S
        self._connection: Connection | None = None
        self._writing: asyncio.Task[None] | None = None
        self._content: aiohttp.StreamReader
        self.may_have_left = False
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, pool: Pool) -> bytes | None:
        """Send the request; return the content of a short answer, None for what is long."""
        head = head_of(self._request)
        trace = self._request.extensions.get("trace")
        try:
            async with asyncio.timeout_at(self._end_of("connect")) as timeout:
                self._connection = await pool.take(self._request)
                if trace is not None:
                    timeout.reschedule(None)
                    await trace(MOMENT, {})
                while not pool.use(self._connection):
                    # The peer has closed it meanwhile; nothing has been written.
                    self._connection.close()
                    timeout.reschedule(self._end_of("connect"))
                    self._connection = await pool.take(self._request)
                timeout.reschedule(self._end_of("write", "read"))
                self._let_go(self._connection, head)
                await self._hear(self._connection)
                return await self._content.read() if self._is_short() else None
        except BaseException:
            self.close()
            raise

    def _let_go(self, connection: Connection, head: bytes) -> None:
        """Let the bytes go: from here on they may have left."""
        request, protocol, transport = self._request, connection.protocol, connection.transport
        assert protocol is not None
        if transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError
        protocol.set_response_params(
            skip_payload=request.method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
        )
        self.may_have_left = True
        if request.method not in READING and (tell := on_acting.get()) is not None:
            tell()
        body = b"".join(request.stream) if isinstance(request.stream, httpx.ByteStream) else None
        if body is not None and len(body) <= PART_BYTES:
            transport.write(head + body)
            return
        transport.write(head)
        writer = StreamWriter(protocol, self._loop)
        parts = request.stream if body is None else parts_of(body)
        assert isinstance(parts, AsyncIterable)
        self._writing = self._loop.create_task(write_body(request, writer, parts))
        self._writing.add_done_callback(lambda done: _tell(done, protocol))

    async def _hear(self, connection: Connection) -> None:
        """Read the head of the answer."""
        assert connection.protocol is not None
        while True:
            message, self._content = await connection.protocol.read()
            if message.code >= 200 or message.code == 101:
                break
        self.status, self.headers = message.code, list(message.raw_headers)
        self._content.on_eof(self._release)

    def _is_short(self) -> bool:
        length = next((v for k, v in self.headers if k.lower() == b"content-length"), b"")
        return length.isdigit() and int(length) <= PART_BYTES

    def _release(self) -> None:
        if self._connection is None:
            return
        if self._writing is not None and not self._writing.done():
            self.close()
        else:
            self._connection.release()

    def close(self) -> None:
        """End it; what was read to its end has given its connection back already."""
        if self._writing is not None:
            self._writing.cancel()
        if self._connection is not None:
            self._connection.close()

    async def chunks(self) -> AsyncIterator[bytes]:
        with self.failing():
            while True:
                async with asyncio.timeout_at(self._end_of("read")):
                    chunk = await self._content.readany()
                if not chunk:
                    return
                yield chunk

    def _end_of(self, *names: str) -> float:
        """Return by when (of the loop's clock) phases that begin now have to be over."""
        given = [self._timeouts.get(each) for each in names]
        known = [each for each in given if each is not None]
        if len(known) < len(given):
            return self._ends_at
        return min(self._loop.time() + sum(known), self._ends_at)

    def failing(self) -> _Failing:
        return _Failing(self)

    def name(self, failure: BaseException) -> Exception:
        """Return the failure as httpx names it."""
        if (refusal := refusal_in(failure)) is not None:
            return refusal
        text = str(failure) or type(failure).__name__
        if isinstance(failure, aiohttp.InvalidURL):
            return httpx.UnsupportedProtocol(text, request=self._request)
        if isinstance(failure, TimeoutError):
            kind: type[httpx.TransportError] = (
                httpx.ReadTimeout if self.may_have_left else httpx.ConnectTimeout
            )
        elif not self.may_have_left:
            kind = httpx.ConnectError
        elif isinstance(failure, HttpProcessingError):
            kind = httpx.RemoteProtocolError
        else:
            kind = httpx.ReadError
        return kind(text, request=self._request)


class _Failing:
    """Names what fails inside as httpx does; what is not the network's goes through as it is."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, failure: BaseException | None, __: object) -> None:
        # UnicodeError: a name that no resolver can be asked for.
        theirs = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, UnicodeError)
        if isinstance(failure, theirs):
            raise self._call.name(failure) from failure


def _tell(writing: asyncio.Task[None], protocol: Any) -> None:
    """Let whoever waits for the answer know that the request did not get out."""
    if not writing.cancelled() and (failure := writing.exception()) is not None:
        protocol.set_exception(failure)
