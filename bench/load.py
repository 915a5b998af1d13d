"""A load generator: many keep-alive connections, one request under way on each of them.

It writes ready-made bytes to sockets and looks for the end of each answer, nothing more, because
on two cores whatever it did would be taken from the server that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

TIMEOUT_S = 120.0
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Round:
    """What came of sending some requests; latencies are in the order of the answers.

    `started_at` is a moment of perf_counter.
    """

    started_at: float
    duration_s: float
    own_cpu_s: float
    latencies_s: Sequence[float]
    statuses: Counter[int]

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.duration_s


def send(
    requests: Sequence[bytes], *, port: int, connections: int, warm_up: Sequence[bytes] = ()
) -> Round:
    """Send every request once to a port of this machine, as fast as it answers.

    What is sent for warming up goes first, over the same connections, and does not count.
    """
    return uvloop.run(_send(requests, port, connections, warm_up))


async def _send(
    requests: Sequence[bytes], port: int, connections: int, warm_up: Sequence[bytes]
) -> Round:
    loop = asyncio.get_running_loop()
    opened: list[_Connection] = []
    for _ in range(min(connections, len(requests))):
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
        opened.append(connection)
    if warm_up:
        await _share(warm_up, opened)
    cpu_s, started = time.process_time(), time.perf_counter()
    work = await _share(requests, opened)
    duration_s = time.perf_counter() - started
    own_cpu_s = time.process_time() - cpu_s
    for connection in opened:
        connection.close()
    return Round(started, duration_s, own_cpu_s, work.latencies_s, work.statuses)


async def _share(requests: Sequence[bytes], connections: Sequence[_Connection]) -> _Work:
    work = _Work(requests, asyncio.get_running_loop().create_future())
    for connection in connections:
        connection.begin(work)
    async with asyncio.timeout(TIMEOUT_S):
        await work.done
    return work


@dataclass
class _Work:
    requests: Sequence[bytes]
    done: asyncio.Future[None]
    next: int = 0
    latencies_s: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])

    def fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(reason))

    def note(self, status: int, latency_s: float) -> None:
        self.statuses[status] += 1
        self.latencies_s.append(latency_s)
        if len(self.latencies_s) == len(self.requests):
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._work: _Work | None = None
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def begin(self, work: _Work) -> None:
        """Take requests from this work until none is left."""
        self._work = work
        self._send_next(work)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._work is not None and self._transport is not None:
            self._work.fail(f"the server closed a connection ({exc})")

    def data_received(self, data: bytes) -> None:
        work = self._work
        assert work is not None, "an answer came before any request"
        self._received += data
        try:
            end = _end_of_answer(self._received)
        except ValueError as error:
            work.fail(str(error))
            return
        if end is None or len(self._received) < end:
            return
        latency_s = time.perf_counter() - self._sent_at
        # "HTTP/1.1 200 ..."
        status = int(self._received[9:12])
        self._received = b""
        work.note(status, latency_s)
        self._send_next(work)

    def _send_next(self, work: _Work) -> None:
        if work.next < len(work.requests) and self._transport is not None:
            request = work.requests[work.next]
            work.next += 1
            self._sent_at = time.perf_counter()
            self._transport.write(request)

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


def _end_of_answer(received: bytes) -> int | None:
    """Return where the answer ends, None while that is not known."""
    body = received.find(b"\r\n\r\n") + 4
    if body == 3:
        return None
    head = received[:body].lower()
    at = head.find(_LENGTH)
    if at < 0:
        raise ValueError("an answer came without Content-Length")
    return body + int(head[at + len(_LENGTH) : head.index(b"\r", at)])
