"""Buttons that open a web page, below a message or on a card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from appmixer.engine.contract import JsonObject

WebAddress = Annotated[
    str,
    Field(
        title="URL",
        description="What the button opens, with http or https.",
        pattern=r"^https?://[^\s/?#]\S*$",
        examples=["https://www.luckyshrub.example/dates"],
        json_schema_extra={"x-hint": "a web address with http:// or https://"},
    ),
]


def link_button(text: str, url: str) -> JsonObject:
    return {"name": "cta_url", "parameters": {"display_text": text, "url": url}}
