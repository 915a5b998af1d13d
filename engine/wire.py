"""Connections whose bytes leave in the moment in which they are written.

Both asyncio's streams on uvloop and anyio's let other work go first when something is written. For
an effect that must not happen twice, that time is a hole: what is marked as leaving may stay.
"""

# ruff: noqa: ASYNC109 - httpcore asks for these parameters

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import anyio
import httpcore
from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] - bare tuples in its hints
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute, TLSStream

# https://www.rfc-editor.org/rfc/rfc8305#section-5
HAPPY_EYEBALLS_DELAY_S = 0.25
READ_BYTES = 65536


class Wires(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _failing_as(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(
                    host, port, type=socket.SOCK_STREAM
                )
                connected = await start_connection(
                    found, happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S
                )
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Wire(_Socket(connected))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("Only TCP is spoken here.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Wire(httpcore.AsyncNetworkStream):
    """One connection, with or without TLS."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _failing_as(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                try:
                    return await self._stream.receive(max_bytes)
                except anyio.EndOfStream:
                    return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        with _failing_as(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._stream.send(buffer)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with _failing_as(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    return _Wire(
                        await TLSStream.wrap(
                            self._stream,
                            hostname=server_hostname,
                            ssl_context=ssl_context,
                            standard_compatible=False,
                            server_side=False,
                        )
                    )
        except httpcore.ConnectError:
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        connection: socket.socket | None = self._stream.extra(SocketAttribute.raw_socket, None)
        if info == "ssl_object":
            return self._stream.extra(TLSAttribute.ssl_object, None)
        if info == "socket":
            return connection
        if info == "is_readable":
            return connection is None or _is_readable(connection)
        return None


class _Socket(ByteStream):
    """A connected socket as anyio's TLS wants it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    async def receive(self, max_bytes: int = READ_BYTES) -> bytes:
        loop = asyncio.get_running_loop()
        received = await loop.sock_recv(self._connection, max_bytes)
        if not received:
            raise anyio.EndOfStream
        return received

    async def send(self, item: bytes) -> None:
        try:
            sent = self._connection.send(item)
        except BlockingIOError:
            sent = 0
        if sent < len(item):
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(self._connection, memoryview(item)[sent:])

    async def send_eof(self) -> None:
        self._connection.shutdown(socket.SHUT_WR)

    async def aclose(self) -> None:
        self._connection.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.raw_socket: lambda: self._connection}


def _is_readable(connection: socket.socket) -> bool:
    """Say whether something has come, be it the end, while nothing is expected."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _failing_as(late: type[Exception], broken: type[Exception]) -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    # UnicodeError: a name that no resolver can be asked for.
    except (OSError, UnicodeError, anyio.BrokenResourceError, anyio.EndOfStream) as error:
        raise broken(str(error)) from error
