"""Send Call Button: a button by which a person calls the business on WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appmixer.engine.contract import ActionContext, Json, Part, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.call_buttons import CallButtonInput, button_of
from ...plugin.sending.messages import SentMessage


class SendCallButton(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links"""

    label = "Send Call Button Message"
    description = "Sends a text with a button by which the person calls you on WhatsApp."
    group = "Interactive"
    keywords = ("Voice call", "Calling", "Call us", "Phone")
    shows = (("text", "text"),)
    Input = CallButtonInput

    def bubble(self, input: Mapping[str, Json]) -> Sequence[Part]:
        return [*super().bubble(input), button_of(input)]

    async def receive(self, context: ActionContext, input: CallButtonInput) -> SentMessage | Wait:
        return await send_message(context, input, input.message)
