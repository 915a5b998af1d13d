"""Follows Graph's cursors to the last page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from appmixer.engine.contract import RejectedError

from ..foreign_json.shapes import as_object, as_objects, as_text

# 100 items are a usual page, so this is far beyond any list of Meta's.
MAX_PAGES = 1000
POSITION = frozenset({"after", "offset", "until", "since", "__paging_token", "page"})


async def follow(
    get: Callable[[Mapping[str, str]], Awaitable[dict[str, Any]]],
    params: Mapping[str, str],
    *,
    host: str,
) -> AsyncIterator[dict[str, Any]]:
    """Yield the items of every page; raise RejectedError when the pages make no sense."""
    async for page in pages(get, params, host=host):
        for item in as_objects(page["data"]):
            yield item


async def pages(
    get: Callable[[Mapping[str, str]], Awaitable[dict[str, Any]]],
    params: Mapping[str, str],
    *,
    host: str,
) -> AsyncIterator[dict[str, Any]]:
    """Yield every page, each with its list `data`."""
    position: Mapping[str, str] = {}
    seen: list[Mapping[str, str]] = []
    while True:
        page = await get({**params, **position})
        if not isinstance(page.get("data"), list):
            raise _broken("Meta's list cannot be read", "A page has no `data`.")
        yield page
        position = _next_position(page, host)
        if not position:
            return
        if position in seen or len(seen) == MAX_PAGES:
            raise _broken("Meta's list has no end", "Its pages lead back to themselves.")
        seen.append(position)


def _next_position(page: Mapping[str, Any], host: str) -> Mapping[str, str]:
    # The last page still names a cursor; only `next` says that there is more.
    # https://developers.facebook.com/docs/graph-api/results
    paging = as_object(page.get("paging"))
    address = as_text(paging.get("next"))
    if not address:
        return {}
    after = as_text(as_object(paging.get("cursors")).get("after"))
    if after:
        return {"after": after}
    try:
        link = urlsplit(address)
    except ValueError:
        raise _broken("Meta's list leads nowhere", "The next page has no address.") from None
    if link.netloc != host:
        raise _broken("Meta's list leads elsewhere", "The next page is on another host.")
    return {name: value for name, value in parse_qsl(link.query) if name in POSITION}


def _broken(title: str, cause: str) -> RejectedError:
    cure = "Ask the administrator to check `graphUrl`; if it is right, try again later."
    return RejectedError(title, cause, cure)
