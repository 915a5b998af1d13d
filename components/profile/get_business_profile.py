"""Get Business Profile: what people see in the details of a chat with a number."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.foreign_json.shapes import as_object, as_objects
from ...plugin.numbers.profile import BusinessProfile


class GetBusinessProfile(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/business-profiles"""

    label = "Get Business Profile"
    description = "Returns what people see in the details of a chat with a sender phone number."
    keywords = ("About", "Description", "Profile Picture", "Website")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "profile"
    Input = NumberInput
    Output = BusinessProfile

    async def receive(self, context: ActionContext, input: NumberInput) -> BusinessProfile:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        path = f"{sender.id}/whatsapp_business_profile"
        answer = await graph_of(context).get(path, BusinessProfile.asking())
        told = next(iter(as_objects(answer.get("data"))), None)
        return BusinessProfile.from_meta(as_object(told))
