"""A button that calls the business: what it is asked for with, and what Meta is told."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject, Part

from ..fields.texts import MAX_BUTTON_CHARS, BodyText
from ..foreign_json.shapes import as_text
from .direct import DirectSendInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links
MAX_TTL_MINUTES = 43_200
MAX_PAYLOAD_CHARS = 512
DEFAULT_LABEL = "Call Now"


class CallButtonInput(DirectSendInput):
    """What a call button is asked for with."""

    text: BodyText = Field(examples=["You can call us now."])
    display_text: str | None = Field(
        default=None,
        title="Button Label",
        description=f"What stands on the button; {DEFAULT_LABEL} if left empty.",
        max_length=MAX_BUTTON_CHARS,
        examples=["Call on WhatsApp"],
    )
    ttl_minutes: int | None = Field(
        default=None,
        title="Minutes the Button Works",
        description="From 1 to 43200, which is 30 days; 7 days if left empty.",
        ge=1,
        le=MAX_TTL_MINUTES,
        examples=[100],
    )
    payload: str | None = Field(
        default=None,
        description="A text of yours that comes back with the call.",
        max_length=MAX_PAYLOAD_CHARS,
        examples=["campaign-7"],
    )

    @property
    def message(self) -> JsonObject:
        action: dict[str, Json] = {"name": "voice_call"}
        given: dict[str, Json] = {
            "display_text": self.display_text,
            "ttl_minutes": self.ttl_minutes,
            "payload": self.payload,
        }
        if parameters := {name: value for name, value in given.items() if value}:
            action["parameters"] = parameters
        interactive: JsonObject = {
            "type": "voice_call",
            "body": {"text": self.text},
            "action": action,
        }
        return {"type": "interactive", "interactive": interactive}


def button_of(input: Mapping[str, Json]) -> Part:
    return Part("button", as_text(input.get("displayText")) or DEFAULT_LABEL)
