"""Media links: what Meta's servers find when they fetch one. Only where a setting asks for it."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from ...protocol.parameters import MAX_UPLOAD_BYTES
from ...world.world import World
from .attachments import unsuitable

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
REMEMBERED_FOR_S = 600.0
TIMEOUT_S = 10.0
MAX_REMEMBERED = 1000


def is_reserved(link: str) -> bool:
    """The reserved top-level name stands for every link that cannot be fetched."""
    try:
        return (urlsplit(link).hostname or "").endswith(".invalid")
    except ValueError:
        return True


async def problem(world: World, kind: str, link: str) -> str | None:
    """Why the file behind a link cannot be sent; the same link is asked once in ten minutes."""
    now = world.clock.now()
    key = f"{kind} {link}"
    known = world.fetched_links.get(key)
    if known is not None and now < known[0]:
        return known[1]
    found = await _fetch(kind, link)
    if len(world.fetched_links) >= MAX_REMEMBERED:
        world.fetched_links.clear()
    world.fetched_links[key] = (now + REMEMBERED_FOR_S, found)
    return found


async def _fetch(kind: str, link: str) -> str | None:
    # Links of a rehearsal lead to test servers, whose certificates nobody vouches for.
    try:
        async with (
            httpx.AsyncClient(
                follow_redirects=True, trust_env=False, timeout=TIMEOUT_S, verify=False
            ) as client,
            client.stream("GET", link) as answer,
        ):
            if answer.status_code != 200:
                return (
                    "Downloading media from weblink failed with http code "
                    f"{answer.status_code}, status message {answer.reason_phrase}"
                )
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MAX_UPLOAD_BYTES:
                    return f"The file behind the link has more than {MAX_UPLOAD_BYTES} bytes."
            return unsuitable(kind, answer.headers.get("content-type", ""), bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as broken:
        return f"Downloading media from weblink failed: {type(broken).__name__}"
