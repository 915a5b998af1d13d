"""QR codes of a sender number: what Meta tells of one, and the fields by which one is named."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Literal

from pydantic import Field

from appmixer.engine.contract import (
    Choices,
    ComponentContext,
    JsonObject,
    NothingToChooseError,
    Option,
)

from ..fields.definitions import NumberInput
from ..fields.senders import graph_of, prove_sender
from ..foreign_json.meta_fields import At, MetaFields, Text, Word
from ..foreign_json.shapes import as_text

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes
MAX_MESSAGE_CHARS = 140
LINK = "https://wa.me/message/"

PrefilledMessage = Annotated[
    str,
    Field(
        title="Prefilled Message",
        description="The text that stands in the chat when somebody has scanned the code.",
        min_length=1,
        max_length=MAX_MESSAGE_CHARS,
        pattern=r"\S",
        examples=["Show me Cyber Tuesday deals!"],
        json_schema_extra={"x-widget": "textarea", "x-hint": "a text"},
    ),
]
ImageFormat = Annotated[
    Literal["SVG", "PNG"] | None,
    Field(
        title="Picture",
        description="Have a picture of the code made, too, in this format.",
        examples=["SVG"],
        json_schema_extra={"x-widget": "select"},
    ),
]


async def qr_codes(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the codes of the number that is filled in, the newest first."""
    number = as_text(input.get("phoneNumberId"))
    if not number:
        raise NothingToChooseError(
            "Choose the sender phone number first",
            cure="Fill in the field; the codes of that number can be chosen then.",
            field="phoneNumberId",
        )
    sender = await prove_sender(context, number, as_text(input.get("businessAccountId")) or None)
    has_some = False
    async for node in graph_of(context).pages(f"{sender.id}/message_qrdls", asked(None)):
        has_some, code = True, QrCode.from_meta(node)
        yield Option(code.code, code.prefilled_message)
    if not has_some:
        raise NothingToChooseError(
            "This number has no QR code", cure="Make one with Create QR Code.", field="code"
        )


Code = Annotated[
    str,
    Field(
        title="Code",
        description="The code of 14 characters, or its whole link.",
        pattern=f"^({LINK.replace('.', '[.]')})?[A-Za-z0-9]{{14}}$",
        examples=["5QBPAD2DC6L5A1"],
        json_schema_extra={"x-hint": "a code of 14 characters, or its link", "x-widget": "select"},
    ),
    Choices(qr_codes, depends_on=["businessAccountId", "phoneNumberId"]),
]


class QrCodeInput(NumberInput):
    """What names one code of a number."""

    code: Code


class QrCode(MetaFields, title="QR Code"):
    """A QR code, with its short link."""

    code: Text = Field(description="What it is known by.", examples=["5QBPAD2DC6L5A1"])
    prefilled_message: Text = Field(
        description="The text that stands in the chat.", examples=["Show me Cyber Tuesday deals!"]
    )
    link: Annotated[Word, At("deep_link_url")] = Field(
        description="What it leads to; people can also tap it.",
        examples=["https://wa.me/message/5QBPAD2DC6L5A1"],
    )
    image_url: Annotated[Word, At("qr_image_url")] = Field(
        title="Image URL",
        description="Where its picture can be fetched, if one was asked for.",
        examples=["https://scontent.xx.fbcdn.net/m1/v/t6/qr.svg"],
    )


def code_of(text: str) -> str:
    """Return the code, which may have been given as its link."""
    return text.removeprefix(LINK)


def asked(image_format: str | None) -> dict[str, str]:
    """Return the parameters with which Meta tells of codes what a QrCode holds."""
    fields = "code,prefilled_message,deep_link_url"
    return {"fields": f"{fields},qr_image_url.format({image_format})" if image_format else fields}


def body_of(message: str, image_format: str | None, **code: str) -> dict[str, str]:
    image = {"generate_qr_image": image_format} if image_format else {}
    return {**code, "prefilled_message": message, **image}
