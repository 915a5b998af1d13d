"""News about an order that was sent: what it is asked for with, and what Meta is told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject

from ..fields.texts import BodyText
from ..sending.messages import FreeFormInput
from .references import ReferenceId

MAX_DESCRIPTION_CHARS = 120


class OrderStatusInput(FreeFormInput):
    """What news about an order are asked for with."""

    text: BodyText = Field(examples=["Your order has shipped"])
    reference_id: ReferenceId
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
    status: Literal[
        "pending", "processing", "partially_shipped", "shipped", "completed", "canceled"
    ] = Field(
        description="How the order stands. After completed or canceled no news are expected.",
        examples=["shipped"],
        json_schema_extra={"x-widget": "select"},
    )
    description: str | None = Field(
        default=None,
        title="More About It",
        description="What the person reads beside the status.",
        max_length=MAX_DESCRIPTION_CHARS,
        examples=["On its way"],
    )

    @property
    def message(self) -> JsonObject:
        order: dict[str, Json] = {"status": self.status}
        if self.description:
            order["description"] = self.description
        parameters: JsonObject = {"reference_id": self.reference_id, "order": order}
        interactive: JsonObject = {
            "type": "order_status",
            "body": {"text": self.text},
            "action": {"name": "review_order", "parameters": parameters},
        }
        return {"type": "interactive", "interactive": interactive}
