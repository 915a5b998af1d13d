"""Mark as Read: the blue ticks on what a person wrote, and that an answer is being typed."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields

from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.sending.messages import MessageId
from ...plugin.sending.receipts import ReceiptInput


class MarkAsRead(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read"""

    label = "Mark Message as Read"
    description = "Marks what a person wrote as read, and can show them that an answer is typed."
    group = "Messages"
    keywords = ("Read receipt", "Blue ticks", "Typing indicator", "Seen")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "marked"
    Input = ReceiptInput

    class Output(Fields):
        success: bool = Field(description="Whether Meta marked the message.", examples=[True])
        message_id: MessageId = Field(description="The message that was marked.")

    async def receive(self, context: ActionContext, input: ReceiptInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        path = f"{sender.id}/messages"
        answer = await graph_of(context).post(path, json=input.request, repeats=True)
        return self.Output(success=answer.get("success") is True, message_id=input.message_id)
