"""Something that answers every call of gRPC with one status, for what no real server says here.

The development server speaks no TLS and knows no keys.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from .certificates import LOOPBACK, Certificate

# RFC 9113: how a client begins; kinds of frames; what marks an acknowledgement, and an end.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
ACKNOWLEDGED = ENDED = 0x1
STATUS_200 = b"\x88"
UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE = 16, 7, 14


@asynccontextmanager
async def answering(
    status: int, tls: ssl.SSLContext | None = None, seen: list[bytes] | None = None
) -> AsyncGenerator[str]:
    """Answer until the context ends; gives HOST:PORT. What was said by then is in `seen`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            speaks_http = await reader.readexactly(len(PREFACE)) == PREFACE
            writer.write(_frame(SETTINGS, 0, 0, b""))
            while speaks_http:
                head = await reader.readexactly(9)
                body = await reader.readexactly(int.from_bytes(head[:3], "big"))
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
                if seen is not None:
                    seen.append(body)
                if kind == SETTINGS and not flags & ACKNOWLEDGED:
                    writer.write(_frame(SETTINGS, ACKNOWLEDGED, 0, b""))
                if kind == DATA and flags & ENDED:
                    told = STATUS_200 + _header("content-type", "application/grpc")
                    told += _header("grpc-status", str(status))
                    writer.write(_frame(HEADERS, 0x4 | ENDED, stream, told))
        writer.close()

    server = await asyncio.start_server(talk, LOOPBACK, 0, ssl=tls)
    try:
        yield f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def server_side(own: Certificate) -> ssl.SSLContext:
    """Return what a server with this certificate listens with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.set_alpn_protocols(["h2"])
    return context


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _header(name: str, value: str) -> bytes:
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
