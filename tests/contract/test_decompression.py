"""Packed answers, taken apart in pieces."""

from __future__ import annotations

import gzip

import httpx
import pytest

from appmixer.engine.contract.decompression import AT_HAND, PIECE_BYTES, unpacked


@pytest.mark.anyio
async def test_what_is_at_hand_is_unpacked_in_pieces_all_the_same() -> None:
    content = b"x" * (3 * PIECE_BYTES)
    packed = gzip.compress(content)
    answer = httpx.Response(
        200,
        headers={"content-encoding": "gzip"},
        stream=httpx.ByteStream(packed),
        extensions={AT_HAND: packed},
    )

    pieces = [piece async for piece in unpacked(answer)]

    assert b"".join(pieces) == content
    assert max(map(len, pieces)) == PIECE_BYTES
