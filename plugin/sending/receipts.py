"""What tells a person that their message was read: what it is asked for with."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject

from ..fields.definitions import NumberInput
from .messages import MessageId


class ReceiptInput(NumberInput):
    """Which message was read, and whether an answer is on its way."""

    message_id: MessageId = Field(
        description="Meta's id of a message that a person wrote to this number in the last "
        "30 days; what they wrote before it is marked too.",
        json_schema_extra={"x-from": ["id"]},
    )
    show_typing: bool = Field(
        default=False,
        title="Show That You Are Typing",
        description="Shows it until your answer comes, for 25 seconds at most.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle"},
    )

    @property
    def request(self) -> JsonObject:
        body: dict[str, Json] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": self.message_id,
        }
        if self.show_typing:
            body["typing_indicator"] = {"type": "text"}
        return body
