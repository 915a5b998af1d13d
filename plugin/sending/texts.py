"""A text as a message: what it is asked for with, and what Meta is told."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from appmixer.engine.contract import Json, JsonObject, RejectedError

from ..fields.texts import MAX_BODY_CHARS
from .direct import DirectSendInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
MAX_TEXT_CHARS = 4096


class TextInput(DirectSendInput):
    """What a text is asked for with."""

    text: str = Field(
        title="Message Text",
        description="What the person reads. WhatsApp's marks for *bold* and _italic_ work.",
        min_length=1,
        max_length=MAX_TEXT_CHARS,
        examples=["Thanks, we are on it."],
        json_schema_extra={"x-widget": "textarea"},
    )
    preview_url: bool | None = Field(
        default=None,
        title="Preview First Link",
        description="Shows a preview of the first link, which must be a whole http(s) URL.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle"},
    )

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        if self.category is not None and len(self.text) > MAX_BODY_CHARS:
            raise RejectedError(
                "The text is too long to be sent without a template",
                f"It has {len(self.text)} characters; with a category it may have "
                f"{MAX_BODY_CHARS}.",
                "Shorten it, or leave the category empty inside the 24-hour window.",
                "text",
            )
        return self

    @property
    def message(self) -> JsonObject:
        text: dict[str, Json] = {"body": self.text}
        if self.preview_url is not None:
            text["preview_url"] = self.preview_url
        return {"type": "text", "text": text}
