"""Send Marketing Template: an approved offer, by the way that Meta delivers offers best."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.sending.messages import ADVANCED, SentMessage
from ...plugin.sending.templates import TemplateAction, TemplateInput, send_template


class SendMarketingTemplate(TemplateAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages"""

    label = "Send Marketing Template Message"
    description = "Sends an approved marketing template by Meta's way for marketing messages."
    group = "Templates"
    keywords = ("MM Lite", "Marketing Messages", "Broadcast", "Campaign", "Newsletter", "Offer")

    class Input(TemplateInput):
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

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        shared = input.message_activity_sharing
        return await send_template(
            context,
            input,
            edge="marketing_messages",
            category="MARKETING",
            beside={
                "product_policy": input.product_policy,
                **({} if shared is None else {"message_activity_sharing": shared}),
            },
        )
