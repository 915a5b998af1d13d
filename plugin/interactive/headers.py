"""Headers of interactive messages that can be a text, a picture, a video or a document."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from appmixer.engine.contract import ActionContext, Json, RejectedError

from ..ledgers.proven_numbers import SenderNumber
from ..media.references import Media, media_object
from .frame import FRAME, MAX_HEADER_CHARS, FooterInput

HeaderType = Literal["none", "text", "image", "video", "document"]
MAX_FILE_NAME_CHARS = 240


def _for(*kinds: HeaderType) -> dict[str, Any]:
    return {**FRAME, "x-when": {"headerType": list(kinds)}}


class HeaderInput(FooterInput):
    """What an interactive message needs that can have any of Meta's headers."""

    header_type: HeaderType = Field(
        default="none",
        title="Header",
        description="What stands above the text.",
        examples=["image"],
        json_schema_extra={"x-widget": "select", **FRAME},
    )
    header_text: str | None = Field(
        default=None,
        title="Header Text",
        description="A line in bold above the text.",
        max_length=MAX_HEADER_CHARS,
        examples=["Lucky Shrub"],
        json_schema_extra=_for("text"),
    )
    header_media: Media | None = Field(
        default=None,
        title="Header File",
        description="The picture, video or document above the text.",
        examples=[{"link": "https://www.luckyshrub.example/img/1.jpg"}],
        json_schema_extra=_for("image", "video", "document"),
    )
    header_file_name: str | None = Field(
        default=None,
        title="Name of the Document",
        description="The name that the person sees, with its end.",
        max_length=MAX_FILE_NAME_CHARS,
        examples=["catalogue.pdf"],
        json_schema_extra=_for("document"),
    )

    @model_validator(mode="after")
    def _check_header(self) -> Self:
        kind = self.header_type
        has_media = kind in ("image", "video", "document")
        _agree("headerText", "a text", self.header_text, is_needed=kind == "text")
        _agree("headerMedia", "a file", self.header_media, is_needed=has_media)
        if self.header_file_name and kind != "document":
            raise _superfluous("headerFileName", "the name of a document")
        return self

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        framed = await super().frame(context, sender)
        kind, media = self.header_type, self.header_media
        if kind == "text":
            framed["header"] = {"type": kind, "text": self.header_text}
        elif media is not None and (kind == "image" or kind == "video" or kind == "document"):
            file = await media_object(context, sender, media, kind, field="headerMedia")
            if self.header_file_name:
                file["filename"] = self.header_file_name
            framed["header"] = {"type": kind, kind: file}
        return framed


def _agree(field: str, what: str, value: object, *, is_needed: bool) -> None:
    if is_needed and not value:
        raise RejectedError(
            "The header is not complete",
            f"Its type asks for {what}, and there is none.",
            "Fill it in, or choose no header.",
            field,
        )
    if value and not is_needed:
        raise _superfluous(field, what)


def _superfluous(field: str, what: str) -> RejectedError:
    return RejectedError(
        "The header is of another type",
        f"It has {what}, which is not what its type says.",
        "Choose the type that fits, or empty the field.",
        field,
    )
