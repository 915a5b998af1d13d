"""Get Conversation Window: whether free text reaches a person now, without asking Meta."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext

from ...plugin.fields.definitions import NumberInput
from ...plugin.sending.conversation import ConversationWindow, conversation_window
from ...plugin.sending.messages import Person


class GetConversationWindow(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages"""

    label = "Get Conversation Window"
    description = "Tells whether a person can be reached with free text now, and until when."
    group = "Messages"
    keywords = ("24 Hours", "Customer Service Window", "Session", "Can Reply")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "window"
    Output = ConversationWindow

    class Input(NumberInput):
        to: Person = Field(json_schema_extra={"x-from": ["replyTo", "recipient"]})

    async def receive(self, context: ActionContext, input: Input) -> ConversationWindow:
        return await conversation_window(context, input, input.to)
