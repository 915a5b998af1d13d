"""A webhook endpoint that answers 200 at once and counts the statuses it was told."""

from __future__ import annotations

import asyncio
import json
from typing import cast

import uvloop

from .serving import free_socket, tell_port, until_asked_to_end

COUNTED = "/counted"
STATUS = b'"status":"'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Counter:
    """How many statuses have come so far; Meta writes them without spaces."""

    def __init__(self) -> None:
        self.statuses = 0


class Connection(asyncio.Protocol):
    """Just enough of HTTP/1.1 for one request at a time."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._received = b""
        self._counter.statuses += body.count(STATUS)
        assert self._transport is not None
        self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        target = head.split(b" ", 2)[1].decode()
        if target == COUNTED:
            return _answered(json.dumps({"statuses": self._counter.statuses}).encode())
        if head.startswith(b"GET "):
            challenge = target.partition("hub.challenge=")[2].partition("&")[0]
            return _answered(challenge.encode())
        return OK


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _answered(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


async def main() -> None:
    counter, listening = Counter(), free_socket()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counter), sock=listening)
    tell_port(listening.getsockname()[1])
    await until_asked_to_end()
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
