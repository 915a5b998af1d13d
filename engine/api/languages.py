"""The language that a reader of an answer asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Header, Response

if TYPE_CHECKING:
    from ..host.engine import Engine

Languages = Annotated[str, Header(max_length=1_000, examples=["de-AT, de;q=0.9"])]


async def chosen_language(engine: Engine, response: Response, wanted: str) -> str:
    """Return the language that fits an Accept-Language header best, and say so in the answer."""
    language = await engine.offers.language(wanted)
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return language
