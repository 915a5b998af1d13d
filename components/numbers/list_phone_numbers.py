"""List Phone Numbers: the sender numbers of a WhatsApp Business Account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    ComponentContext,
    Fields,
    Json,
    JsonObject,
    Option,
)

from ...plugin.fields.definitions import BusinessAccountId
from ...plugin.fields.options import sender_options
from ...plugin.fields.senders import business_account, graph_of
from ...plugin.setup.numbers import NUMBER_FIELDS, NUMBER_SAMPLE, PhoneNumber, read_number


class ListPhoneNumbers(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers"""

    label = "List Phone Numbers"
    description = "Lists the sender phone numbers of a WhatsApp Business Account."
    group = "Phone Numbers"
    keywords = ("Senders", "Find Phone Numbers")
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "numbers"

    class Input(Fields):
        business_account_id: BusinessAccountId = None

    class Output(Fields):
        waba_id: str = Field(
            title="WABA ID",
            description="The WhatsApp Business Account they belong to.",
            examples=["102290129340398"],
        )
        phone_numbers: list[PhoneNumber] = Field(
            description="All sender numbers, registered or not.", examples=[[NUMBER_SAMPLE]]
        )
        count: int = Field(description="How many there are.", examples=[1])

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "one number": {
            "wabaId": "102290129340398",
            "phoneNumbers": [NUMBER_SAMPLE],
            "count": 1,
        }
    }

    async def receive(self, context: ActionContext, input: Input) -> Output:
        waba_id = business_account(context, input.business_account_id)
        nodes = graph_of(context).pages(f"{waba_id}/phone_numbers", {"fields": NUMBER_FIELDS})
        numbers = [read_number(node) async for node in nodes]
        return self.Output(waba_id=waba_id, phone_numbers=numbers, count=len(numbers))

    async def options(
        self, context: ComponentContext, field: str, input: Mapping[str, Json]
    ) -> Sequence[Option]:
        return await sender_options(context, field, input)
