"""Unblock User: people who were blocked can write to a sender number again."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.numbers.blocking import Outcome, PeopleInput, change_blocks


class UnblockUser(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users"""

    label = "Unblock User"
    description = "Lets people who were blocked write to a sender phone number again."
    keywords = ("Unblock Contact", "Blocklist", "Allow")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "unblocked"
    Input = PeopleInput
    Output = Outcome

    async def receive(self, context: ActionContext, input: PeopleInput) -> Outcome:
        return await change_blocks(context, input, "unblock")
