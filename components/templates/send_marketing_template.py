"""Send Marketing Template: an approved offer, by the way that Meta delivers offers best."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.sending.marketing import MarketingInput
from ...plugin.sending.messages import SentMessage
from ...plugin.sending.templates import TemplateAction, send_template


class SendMarketingTemplate(TemplateAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages"""

    label = "Send Marketing Template Message"
    description = "Sends an approved marketing template by Meta's way for marketing messages."
    group = "Templates"
    keywords = ("MM Lite", "Marketing Messages", "Broadcast", "Campaign", "Newsletter", "Offer")

    Input = MarketingInput

    async def receive(self, context: ActionContext, input: MarketingInput) -> SentMessage | Wait:
        return await send_template(
            context, input, edge="marketing_messages", category="MARKETING", beside=input.beside
        )
