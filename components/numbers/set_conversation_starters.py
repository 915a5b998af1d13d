"""Set Conversation Starters: what a chat offers to people before they have written anything."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.numbers.conversation import ConversationInput
from ...plugin.setup.numbers import NumberDone


class SetConversationStarters(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components"""

    label = "Set Conversation Starters"
    description = "Sets the questions and commands that a chat with a sender offers to people."
    keywords = ("Ice Breakers", "Commands", "Prompts", "Welcome", "Slash")
    idempotent = True
    port = "set"
    Input = ConversationInput
    Output = NumberDone

    async def receive(self, context: ActionContext, input: ConversationInput) -> NumberDone:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        path = f"{sender.id}/conversational_automation"
        await graph_of(context).post(path, json=input.change, repeats=True)
        return NumberDone(success=True, phone_number_id=sender.id)
