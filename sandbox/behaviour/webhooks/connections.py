"""Posting to callbacks over connections that are kept: small, because thousands a second go out.

A general client spends a millisecond of work on each request, which is more than a whole message
through the sandbox takes. This one can send a POST and read the answer; it follows nothing.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import httptools
import httpx

MAX_ANSWER_BYTES = 8000
MAX_PLACES = 1000


class PostError(Exception):
    """The callback did not answer: a few words that say why."""


@dataclass(frozen=True, slots=True)
class Place:
    """What of an address is needed to connect and to ask."""

    host: str
    port: int
    is_tls: bool
    head: bytes
    """The request line and the headers that are the same for every POST."""

    @property
    def origin(self) -> tuple[str, int, bool]:
        return self.host, self.port, self.is_tls


@dataclass(slots=True)
class Answer:
    status: int = 0
    content: bytearray = field(default_factory=bytearray)

    def text(self) -> str:
        return bytes(self.content).decode("utf-8", "replace")


class Connections:
    """The open connections to all callbacks; those that are idle are used again, newest first."""

    def __init__(self, certificates: Callable[[], ssl.SSLContext]) -> None:
        self._certificates = certificates
        self._idle: dict[tuple[str, int, bool], deque[_Connection]] = defaultdict(deque)
        self._places: dict[str, Place] = {}

    @property
    def idle(self) -> int:
        """How many are open and wait for the next POST."""
        return sum(each.can_be_reused for idle in self._idle.values() for each in idle)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> Answer:
        """Raises PostError, OSError (TimeoutError is one), or what an event loop thinks of."""
        place = self._place(url)
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(timeout_s):
                connection = self._reused(place) or await self._opened(place)
                answer = await connection.ask(_request(place, body, headers))
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        if connection.can_be_reused:
            self._idle[place.origin].append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _reused(self, place: Place) -> _Connection | None:
        idle = self._idle[place.origin]
        while idle:
            connection = idle.pop()
            if connection.can_be_reused:
                return connection
        return None

    async def _opened(self, place: Place) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            _Connection,
            place.host,
            place.port,
            ssl=self._certificates() if place.is_tls else None,
        )
        return connection

    def _place(self, url: str) -> Place:
        place = self._places.get(url)
        if place is None:
            if len(self._places) >= MAX_PLACES:
                self._places.clear()
            place = self._places[url] = _place_of(url)
        return place


class _Connection(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._waiting: asyncio.Future[Answer] | None = None
        self._has_head = self._has_length = False
        self.can_be_reused = False

    async def ask(self, request: bytes) -> Answer:
        if self._transport is None:
            raise PostError("the connection was closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._has_head = self.can_be_reused = False
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the answer is no HTTP")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.can_be_reused = None, False
        if self._has_head and exc is None and not self._has_length:
            # An answer of no announced length ends where the connection does.
            self.on_message_complete()
        else:
            why = f" ({type(exc).__name__})" if exc is not None else ""
            self._fail(f"the connection broke off before the answer was complete{why}")

    # What the parser calls

    def on_message_begin(self) -> None:
        self._has_length = False
        if self._waiting is None:
            # Nobody asked: it would be taken for the next answer.
            self.can_be_reused = False
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        room = MAX_ANSWER_BYTES - len(self._answer.content)
        if room > 0:
            self._answer.content += body[:room]

    def on_message_complete(self) -> None:
        waiting, self._waiting = self._waiting, None
        answer, self._answer = self._answer, Answer()
        if waiting is not None and not waiting.done():
            self.can_be_reused = self._transport is not None and self._parser.should_keep_alive()
            waiting.set_result(answer)

    def _fail(self, why: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(PostError(why))


def _place_of(url: str) -> Place:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as wrong:
        raise PostError(f"the address is wrong: {wrong}") from None
    is_tls = parsed.scheme == "https"
    if not parsed.host or parsed.scheme not in ("http", "https"):
        raise PostError("the address is neither http nor https")
    head = b"POST %s HTTP/1.1\r\nHost: %s\r\n" % (parsed.raw_path, parsed.netloc)
    if parsed.userinfo:
        head += b"Authorization: Basic %s\r\n" % base64.b64encode(parsed.userinfo)
    return Place(
        host=parsed.raw_host.decode("ascii").strip("[]"),
        port=parsed.port or (443 if is_tls else 80),
        is_tls=is_tls,
        head=head,
    )


def _request(place: Place, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return b"%s%sContent-Length: %d\r\n\r\n%s" % (place.head, lines.encode(), len(body), body)
