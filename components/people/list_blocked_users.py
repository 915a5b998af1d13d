"""List Blocked Users: who cannot write to a sender number."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, sample_of

from ...plugin.fields.definitions import Count, NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.numbers.blocking import MAX_BLOCKED, BlockedPerson


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

    class Output(Fields):
        people: list[BlockedPerson] = Field(
            description="Those who are blocked.",
            examples=[[sample_of(BlockedPerson, user_id=None)]],
        )
        count: Count
        has_more: bool = Field(description="Whether there are more than these.", examples=[False])

    async def receive(self, context: ActionContext, input: Input) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        people = list[BlockedPerson]()
        async for node in graph_of(context).pages(f"{sender.id}/block_users", {"limit": "100"}):
            if len(people) == input.at_most:
                return self.Output(people=people, count=len(people), has_more=True)
            people.append(BlockedPerson.from_meta(node))
        return self.Output(people=people, count=len(people), has_more=False)
