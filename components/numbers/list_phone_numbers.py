"""List Phone Numbers: the sender numbers of a WhatsApp Business Account."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields, sample_of

from ...plugin.fields.definitions import BusinessAccountId, Count, WabaId
from ...plugin.fields.senders import business_account, graph_of
from ...plugin.setup.numbers import PhoneNumber


class ListPhoneNumbers(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers"""

    label = "List Phone Numbers"
    description = "Lists the sender phone numbers of a WhatsApp Business Account."
    keywords = ("Senders", "Find Phone Numbers")
    group = "Phone Numbers"
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "numbers"

    class Input(Fields):
        business_account_id: BusinessAccountId = None

    class Output(Fields):
        waba_id: WabaId
        phone_numbers: list[PhoneNumber] = Field(
            description="All sender numbers, registered or not.",
            examples=[[sample_of(PhoneNumber)]],
        )
        count: Count

    async def receive(self, context: ActionContext, input: Input) -> Output:
        waba_id = business_account(context, input.business_account_id)
        nodes = graph_of(context).pages(f"{waba_id}/phone_numbers", PhoneNumber.asking())
        numbers = [PhoneNumber.from_meta(node) async for node in nodes]
        return self.Output(waba_id=waba_id, phone_numbers=numbers, count=len(numbers))
