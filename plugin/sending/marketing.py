"""Marketing messages: what may be said of an offer beside its template."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject

from .messages import ADVANCED
from .templates import TemplateInput


class MarketingInput(TemplateInput):
    """Which offer is sent, and what Meta may do with it."""

    product_policy: Literal["CLOUD_API_FALLBACK", "STRICT"] = Field(
        default="CLOUD_API_FALLBACK",
        description="What is done where the business may not send this way yet: send it as any "
        "template, or refuse it.",
        examples=["CLOUD_API_FALLBACK"],
        json_schema_extra={"x-widget": "select", **ADVANCED},
    )
    message_activity_sharing: bool | None = Field(
        default=None,
        description="Whether Meta may use what people do with it to deliver later ones better.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle", **ADVANCED},
    )

    @property
    def beside(self) -> JsonObject:
        """What stands in Meta's request beside the template."""
        asked: dict[str, Json] = {"product_policy": self.product_policy}
        if self.message_activity_sharing is not None:
            asked["message_activity_sharing"] = self.message_activity_sharing
        return asked
