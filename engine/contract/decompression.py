"""Takes packed answers apart in pieces, so that a small one cannot become a large one at once."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator

import httpx

# What to ask for; httpx would ask for more, and unpack each piece that arrives as a whole.
ACCEPT_ENCODING = "gzip"
PIECE_BYTES = 64 * 1024
GZIP_WINDOW = 31
# httpx's extension in which a host may give a short content that is here with its head: reading it
# through httpx's streams takes ten times as long.
AT_HAND = "appmixer.content"


async def unpacked(response: httpx.Response) -> AsyncGenerator[bytes]:
    """Yield the content of an answer in pieces; whoever takes them counts, and stops when it is
    too much. Raises httpx.DecodingError for what is packed in a way that nobody asked for.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        if (content := response.extensions.get(AT_HAND)) is not None:
            yield content
            return
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"The answer is packed in an unknown way ({encoding[:40]})")
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest and not unpacker.eof:
            try:
                yield unpacker.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError(f"The answer is packed wrongly ({error})") from None
            rest = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise httpx.DecodingError("The packed answer ends too early")
