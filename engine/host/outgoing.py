"""A request as bytes: its head, and a body that ends where the head says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import httpx
from aiohttp.http import StreamWriter

PART_BYTES = 64 * 1024

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = bytes([*range(9), *range(10, 32), 127])


def head_of(request: httpx.Request) -> bytes:
    """Return the head of a request; raise LocalProtocolError for one that would be read as two."""
    headers = request.headers.raw
    _check_framing(request, headers)
    lines = [b"%s: %s" % header for header in headers]
    method = request.method.encode("ascii", "replace")
    text = b"".join(lines)
    if _TOKEN.fullmatch(method) is None or len(text.translate(None, _FORBIDDEN)) < len(text):
        why = "The method or a header holds a control character"
        raise httpx.LocalProtocolError(why, request=request)
    first = b"%s %s HTTP/1.1" % (method, request.url.raw_path)
    return b"\r\n".join((first, *lines, b"", b""))


def _check_framing(request: httpx.Request, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Refuse headers that say another end of the body than it has.

    What is left over would be read as the beginning of somebody else's request on the connection.
    """
    # In bytes, as they leave: as texts they would take longer than all else of a head.
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    coding = [value for name, value in headers if name.lower() == b"transfer-encoding"]
    if isinstance(request.stream, httpx.ByteStream):
        size = sum(map(len, request.stream))
        is_framed = not coding and (lengths == [b"%d" % size] or not (lengths or size))
    else:
        is_length = len(lengths) == 1 and lengths[0].isdigit()
        is_framed = coding == [b"chunked"] if not lengths else is_length and not coding
    if not is_framed:
        text = "Content-Length and Transfer-Encoding do not say how long the body is"
        raise httpx.LocalProtocolError(text, request=request)


async def parts_of(body: bytes) -> AsyncIterator[bytes]:
    """Yield what is long in parts, between which others have their turn."""
    for start in range(0, len(body), PART_BYTES):
        yield body[start : start + PART_BYTES]
        await asyncio.sleep(0)


async def write_body(
    request: httpx.Request, writer: StreamWriter, parts: AsyncIterable[bytes]
) -> None:
    """Write a body in its parts, framed as the head says."""
    length = request.headers.get("content-length")
    if length is None:
        writer.enable_chunking()
    else:
        writer.length = int(length)
    async for part in parts:
        if part:
            await writer.write(part)
    if writer.length:
        text = f"The body ended {writer.length} bytes before its Content-Length"
        raise httpx.LocalProtocolError(text, request=request)
    await writer.write_eof()
