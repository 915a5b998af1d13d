"""Parts of messages as outputs have them: files, answers of forms, and Meta's own objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue

from appmixer.engine.contract import ComponentContext

from ..foreign_json.meta_fields import At, MetaFields, Text, Word, read_time
from ..foreign_json.reading import read_foreign_json
from ..foreign_json.shapes import as_object, as_text
from ..media.fetching import FetchError, fetched

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
INBOUND_MEDIA_KEPT = timedelta(days=7)
# Meta's pages know no type "voice"; it is what others have passed on for a voice message.
VOICE = "voice"
MEDIA_TYPES = ("image", "video", "audio", VOICE, "document", "sticker")


def meta_object(description: str, example: JsonValue, **properties: str) -> Any:
    """A field that holds one of Meta's objects as it came, with the keys that are known of it."""
    known: dict[str, JsonValue] = {
        name: {"title": name, "description": said} for name, said in properties.items()
    }
    return Field(
        default=None,
        description=description,
        examples=[example],
        json_schema_extra={"properties": known} if known else None,
    )


def _values(text: object) -> dict[str, Any]:
    # The Flow's author decides what stands there; what is no object is still to be read in `raw`.
    try:
        return dict(as_object(read_foreign_json(as_text(text))))
    except ValueError:
        return {}


class ReceivedMedia(MetaFields):
    """A file that a person sent."""

    id: Text = Field(
        title="Media ID",
        description="By which the file can be downloaded for seven days.",
        examples=["1003383421387256"],
    )
    mime_type: Word = Field(title="Media Type", description="Its type.", examples=["image/jpeg"])
    sha256: Word = Field(
        title="SHA-256",
        description="The hash of its content, in Base64.",
        examples=["YQXWzHavQAMl6U1YjOURvlv9u3O0N9xR7KQ5F9ekPj0="],
    )
    file_name: Annotated[Word, At("filename")] = Field(
        description="The name of a document.", examples=["receipt.pdf"]
    )
    caption: Word = Field(description="The text below it.", examples=["Taj Mahal"])
    url: Word = Field(
        title="URL",
        description="Where it can be fetched with the account's token for five minutes.",
        examples=["https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"],
    )
    is_voice: bool = Field(description="Whether it is a voice message.", examples=[False])
    expires_at: datetime | None = Field(
        description="When Meta forgets the id.", examples=["2026-09-28T14:13:20Z"]
    )
    file_id: str | None = Field(
        default=None,
        title="File ID",
        description="The file kept here, if the trigger fetches files.",
        examples=["file-1"],
    )
    error: FetchError | None = Field(
        default=None, description="Why it was not fetched, if the trigger fetches files."
    )

    async def fetch(self, context: ComponentContext) -> None:
        """Take the file into the files here, or say why that was not possible."""
        found = await fetched(context, self.id, name=self.file_name or "")
        self.file_id, self.error = found.file_id, found.error


class FlowReply(MetaFields):
    """What a person filled in: the answer of a Flow or of an address form."""

    name: Word = Field(description="flow, or address_message.", examples=["flow"])
    body: Word = Field(description="The text shown in the chat.", examples=["Sent"])
    values: Annotated[dict[str, Any], At("response_json"), BeforeValidator(_values)] = Field(
        description="What was filled in, by name.",
        examples=[{"flow_token": "order-7781", "preferred_day": "2026-10-02"}],
    )


def read_media(message: Mapping[str, Any], kind: str) -> ReceivedMedia | None:
    file = as_object(message.get(kind) if kind in MEDIA_TYPES else None)
    if not as_text(file.get("id")):
        return None
    sent_at = read_time(message.get("timestamp"))
    return ReceivedMedia.from_meta(
        file,
        is_voice=kind == VOICE or file.get("voice") is True,
        expires_at=sent_at + INBOUND_MEDIA_KEPT if sent_at else None,
    )


def read_flow_reply(message: Mapping[str, Any]) -> FlowReply | None:
    reply = as_object(as_object(message.get("interactive")).get("nfm_reply"))
    return FlowReply.from_meta(reply) if reply else None
