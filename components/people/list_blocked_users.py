"""List Blocked Users: who cannot write to a sender number."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.numbers.blocking import MAX_BLOCKED, BlockedPeople, blocked_people


class ListBlockedUsers(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users"""

    label = "List Blocked Users"
    description = "Lists the people who are blocked at a sender phone number."
    keywords = ("Blocklist", "Find Blocked Contacts")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "blocked"

    class Input(NumberInput):
        at_most: int = Field(
            default=1000,
            description="How many are listed.",
            ge=1,
            le=MAX_BLOCKED,
            examples=[100],
            json_schema_extra={"x-group": "Options"},
        )

    Output = BlockedPeople

    async def receive(self, context: ActionContext, input: Input) -> BlockedPeople:
        return await blocked_people(context, input, at_most=input.at_most)
