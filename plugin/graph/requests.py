"""What leaves for Graph: an address, and a body with the headers that frame it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import lru_cache
from typing import IO, Any

import httpx

from appmixer.engine.contract import AuthorizationError

BeforeActing = Callable[[], Awaitable[None]]
PIECE_BYTES = 64 * 1024


@lru_cache(maxsize=1_000)
def url_of(text: str) -> httpx.URL:
    # Numbers are sent from again and again; reading an address costs as much as a small query.
    return httpx.URL(text)


def request_of(
    method: str,
    url: httpx.URL,
    headers: httpx.Headers,
    body: Mapping[str, Any],
    extensions: Mapping[str, Any],
) -> httpx.Request:
    given = {name: value for name, value in body.items() if value is not None}
    if "content" in given:
        # https://developers.facebook.com/docs/graph-api/guides/upload
        headers = headers.copy()
        headers["Authorization"] = headers["Authorization"].replace("Bearer", "OAuth", 1)
        headers["Content-Length"] = str(given.pop("size_bytes"))
        headers["file_offset"] = "0"
    if given.keys() != {"json"}:
        return httpx.Request(method, url, headers=headers, extensions=dict(extensions), **given)
    text = json.dumps(given["json"], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    content = text.encode()
    framed = headers.copy()
    framed["Content-Type"] = "application/json"
    framed["Content-Length"] = str(len(content))
    stream = httpx.ByteStream(content)
    return httpx.Request(method, url, headers=framed, stream=stream, extensions=dict(extensions))


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def tracer(before_acting: BeforeActing) -> Callable[..., Awaitable[None]]:
    # Head and body leave one after the other, and a head without its body does nothing.
    # https://www.encode.io/httpcore/extensions/#trace
    async def trace(event: str, _: Any) -> None:
        if event.endswith(".send_request_body.started"):
            await before_acting()

    return trace


def usable(token: str) -> str:
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    raise AuthorizationError(
        "This is no access token of Meta's",
        "It is empty or holds characters that no token has.",
        "Connect the account again.",
    )
