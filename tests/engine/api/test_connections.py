"""What a stranger may take of the engine's port: bytes, time and connections, over raw sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.connections import Limits
from appmixer.engine.api.server import Running, serving
from appmixer.engine.settings import Settings

from ..built_page import build_page

pytestmark = pytest.mark.anyio

DEADLINE_S = 30
EVENTS = b"POST /plugins/appmixer/whatsapp/events HTTP/1.1\r\nHost: localhost\r\n"
LIMITS = Limits(connections=8, head_s=0.5, body_s=0.5, body_bytes=10)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
async def running(settings: Settings) -> AsyncIterator[Running]:
    async with serving(replace(settings, port=0), LIMITS) as running:
        yield running


class Caller:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Send what the other side still takes."""
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self._writer.write(part)
                await self._writer.drain()

    async def told(self) -> bytes:
        """Return all that is answered until the other side closes the connection."""
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := await asyncio.wait_for(self._reader.read(65_536), DEADLINE_S):
                answer += part
        self._writer.close()
        return answer

    async def hears(self, text: bytes) -> None:
        await asyncio.wait_for(self._reader.readuntil(text), DEADLINE_S)

    def close(self) -> None:
        self._writer.close()


async def call(running: Running) -> Caller:
    url = httpx.URL(running.url)
    return Caller(*await asyncio.open_connection(url.host, url.port))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.parametrize(
    "sent",
    [
        [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"],
        [b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"],
        [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"] + [b"X: " + b"x" * 30_000 + b"\r\n"] * 40,
        [HEALTH + b"GET /healthz HTTP/1.1\r\nX: "] + [b"x" * 30_000] * 40,
    ],
    ids=["one header", "address", "many headers", "second request"],
)
async def test_a_head_of_more_than_64_kilobytes_is_not_taken(
    running: Running, sent: list[bytes]
) -> None:
    caller = await call(running)

    await caller.send(*sent)
    answer = await caller.told()

    # Who goes on sending may lose the answer to the reset of the connection.
    if len(sent) == 1:
        assert status_of(answer) == 431
        assert b"Address and headers may have 65,536 bytes together." in answer
    assert answer.count(b"alive") == sent[0].startswith(HEALTH)


async def test_a_head_of_60_kilobytes_is_taken(running: Running) -> None:
    caller = await call(running)

    await caller.send(HEALTH[:-2] + b"Connection: close\r\nX: " + b"x" * 60_000 + b"\r\n\r\n")

    assert status_of(await caller.told()) == 200


@pytest.mark.parametrize(
    "piece",
    [b"1\r\nx\r\n", b"1;" + b"x" * 1000 + b"\r\nx\r\n", b"X-Trailer: " + b"x" * 1000 + b"\r\n"],
    ids=["tiny pieces", "long extensions", "long trailer"],
)
async def test_a_body_that_is_mostly_something_else_is_not_taken(
    running: Running, piece: bytes
) -> None:
    caller = await call(running)
    head = EVENTS + b"Transfer-Encoding: chunked\r\n\r\n"
    before, after = (b"1\r\nx\r\n0\r\n", b"") if piece.startswith(b"X") else (b"", b"0\r\n")
    pieces = [piece * (30_000 // len(piece))] * 60

    await caller.send(head + before, *pieces, after + b"\r\n")
    answer = await caller.told()

    assert status_of(answer) in (0, 400)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 0),
        (b"GET /healthz HTTP/1.1\r\nHost: local", 408),
        (EVENTS + b"Content-Length: 5\r\n\r\n", 408),
        (EVENTS + b"Content-Length: 100000\r\n\r\n" + b"x" * 90_000, 408),
        (EVENTS + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab", 408),
        (HEALTH + b"GET /healthz HTTP/1.1\r\nHost: local", 200),
        (b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab", 404),
    ],
    ids=["silence", "head", "no body", "body", "chunk", "second head", "body nobody wants"],
)
async def test_who_does_not_finish_is_not_waited_for(
    running: Running, sent: bytes, status: int
) -> None:
    caller = await call(running)

    await caller.send(sent)
    answer = await caller.told()

    assert status_of(answer) == status


async def test_a_slow_body_is_taken_as_long_as_it_goes_on(running: Running) -> None:
    token = read_token(running.engine.settings.data, {})
    caller = await call(running)
    head = (
        f"POST /api/files?name=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    )

    await caller.send(head.encode() + b"Connection: close\r\nContent-Length: 200\r\n\r\n")
    for _ in range(20):
        await asyncio.sleep(0.1)
        await caller.send(b"x" * 10)

    assert status_of(await caller.told()) == 201


async def test_a_connection_may_rest_between_requests_longer_than_a_head_may_take(
    running: Running,
) -> None:
    caller = await call(running)
    await caller.send(HEALTH)
    await caller.hears(b'{"status":"alive"}')

    await asyncio.sleep(6 * LIMITS.head_s)
    await caller.send(HEALTH)

    await caller.hears(b'{"status":"alive"}')
    caller.close()


async def test_a_connection_does_not_rest_for_ever(settings: Settings) -> None:
    async with serving(replace(settings, port=0), replace(LIMITS, rest_s=0.5)) as running:
        caller = await call(running)

        await caller.send(HEALTH)

        assert status_of(await caller.told()) == 200


async def test_silent_connections_make_room_for_those_that_speak(running: Running) -> None:
    silent = [await call(running) for _ in range(50)]
    caller = await call(running)

    await caller.send(HEALTH)

    await caller.hears(b'{"status":"alive"}')
    for each in (*silent, caller):
        each.close()


async def test_more_requests_than_can_be_answered_are_told_so(running: Running) -> None:
    token = read_token(running.engine.settings.data, {})
    head = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    watching = [await call(running) for _ in range(LIMITS.connections)]
    for each in watching:
        await each.send(head.encode())
        await each.hears(b"event: open")

    answer = await (await call(running)).told()

    assert status_of(answer) == 503
    assert b"8 requests are being answered." in answer
    for each in watching:
        each.close()


@pytest.mark.parametrize(
    "head", [b"GET /assets/index-a1.js", b"GET /api/me"], ids=["at once", "after the database"]
)
async def test_who_does_not_read_the_answers_is_not_kept(settings: Settings, head: bytes) -> None:
    settings = replace(settings, built_page=build_page(settings.data.parent / "designer"))
    limits = replace(LIMITS, unread_s=0.5, head_s=60)
    asked = b"Authorization: Bearer nobody-knows-this-token"
    request = head + b" HTTP/1.1\r\nHost: localhost\r\n" + asked + b"\r\n\r\n"
    async with serving(replace(settings, port=0), limits) as running:
        url = httpx.URL(running.url)
        with socket.socket() as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            caller.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(caller, (url.host, url.port))

            async def send_on() -> None:
                while True:
                    await loop.sock_sendall(caller, request * 100)

            with pytest.raises(ConnectionError):
                await asyncio.wait_for(send_on(), DEADLINE_S)
