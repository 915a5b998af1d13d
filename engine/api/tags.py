"""ETag and If-Match: what an answer shows, and what a change is meant for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header
from starlette.responses import Response

from ..flows.tags import WHATEVER, Expected


def _expected(
    if_match: Annotated[
        str | None,
        Header(
            description="The ETag of what the change was made from. If something else is there"
            " now, nothing is changed, and the answer is 412.",
        ),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(
            pattern=r"^\*$",
            description="With `*` nothing may be there yet; else nothing is changed: 412.",
        ),
    ] = None,
) -> Expected:
    if not if_match:
        return Expected(nothing=True) if if_none_match else WHATEVER
    tags = (each.strip().removeprefix("W/").strip('"') for each in if_match.split(","))
    return Expected(tuple(tags))


Meant = Annotated[Expected, Depends(_expected)]
"""What a change is meant for."""


def tagged(response: Response, found: dict[str, Any]) -> dict[str, Any]:
    """Give an answer the tag of what it shows."""
    response.headers["ETag"] = f'"{found["etag"]}"'
    return found
