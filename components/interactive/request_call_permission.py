"""Request Call Permission: asks a person whether the business may call them on WhatsApp."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, JsonObject, Wait

from ...plugin.fields.texts import BodyText
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class RequestCallPermission(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions"""

    label = "Request Call Permission"
    description = "Asks a person whether you may call them on WhatsApp."
    group = "Interactive"
    keywords = ("Calling", "Voice call", "Callback", "Consent")
    shows = (("text", "text"),)

    class Input(FreeFormInput):
        text: BodyText = Field(examples=["May we call you about order ON-12853?"])

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        name = "call_permission_request"
        interactive: JsonObject = {
            "type": name,
            "body": {"text": input.text},
            "action": {"name": name},
        }
        message: JsonObject = {"type": "interactive", "interactive": interactive}
        return await send_message(context, input, message)
