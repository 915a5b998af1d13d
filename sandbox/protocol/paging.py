"""Lists the Graph way: cursors before and after, and addresses of the neighbouring pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from .errors import MetaError
from .shapes import Json

DEFAULT_LIMIT = 25
MAX_LIMIT = 1000

Item = TypeVar("Item")


def page(
    items: Sequence[Item],
    *,
    key: Callable[[Item], str],
    show: Callable[[Item], Json],
    parameters: Mapping[str, object],
    url: str | None = None,
) -> Json:
    """One page of a list. An empty one has no `paging`, and the last one no `next`."""
    limit = _limit(parameters.get("limit"))
    keys = [key(item) for item in items]
    start, end = _slice(keys, parameters, limit)
    shown = items[start:end]
    answer: Json = {"data": [show(item) for item in shown]}
    if not shown:
        return answer
    before, after = _cursor(keys[start]), _cursor(keys[end - 1])
    paging: Json = {"cursors": {"before": before, "after": after}}
    if url is not None:
        if end < len(items):
            paging["next"] = _address(url, parameters, limit, after=after)
        if start > 0:
            paging["previous"] = _address(url, parameters, limit, before=before)
    answer["paging"] = paging
    return answer


def _limit(value: object) -> int:
    if value is None:
        return DEFAULT_LIMIT
    try:
        limit = int(str(value))
    except ValueError:
        limit = -1
    if limit < 0:
        raise MetaError(100, "(#100) Param limit must be a positive integer")
    return min(limit, MAX_LIMIT)


def _slice(keys: Sequence[str], parameters: Mapping[str, object], limit: int) -> tuple[int, int]:
    after, before = parameters.get("after"), parameters.get("before")
    if after:
        start = _position(keys, str(after)) + 1
        return start, min(start + limit, len(keys))
    if before:
        end = _position(keys, str(before))
        return max(end - limit, 0), end
    return 0, min(limit, len(keys))


def _position(keys: Sequence[str], cursor: str) -> int:
    try:
        wanted = base64.urlsafe_b64decode(cursor.encode() + b"==").decode()
        return keys.index(wanted)
    except (binascii.Error, UnicodeError, ValueError):
        raise MetaError(100, "(#100) Invalid cursors values") from None


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _address(url: str, parameters: Mapping[str, object], limit: int, **cursor: str) -> str:
    # The token stays out of the address: whoever follows it has one.
    left_out = {"access_token", "appsecret_proof", "after", "before", "limit"}
    kept = {name: str(value) for name, value in parameters.items() if name not in left_out}
    return f"{url}?{urlencode({**kept, 'limit': str(limit), **cursor})}"
