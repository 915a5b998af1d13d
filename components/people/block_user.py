"""Block User: people and a sender number can no longer write to each other."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.numbers.blocking import Outcome, PeopleInput, change_blocks


class BlockUser(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users"""

    label = "Block User"
    description = (
        "Keeps people from writing to a sender phone number, and from being written to by it."
    )
    keywords = ("Block Contact", "Blocklist", "Spam", "Ban")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "blocked"
    Input = PeopleInput
    Output = Outcome

    async def receive(self, context: ActionContext, input: PeopleInput) -> Outcome:
        return await change_blocks(context, input, "block")
