"""Free text inside the customer service window, which a message of the person opens."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import SentMessage
from ...plugin.sending.texts import TextInput


class SendText(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages"""

    label = "Send Text Message"
    description = "Sends free text to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("Reply", "Answer", "Chat")
    shows = (("text", "text"),)
    Input = TextInput

    async def receive(self, context: ActionContext, input: TextInput) -> SentMessage | Wait:
        return await send_message(context, input, input.message)
