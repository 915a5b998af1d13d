"""Get Phone Number: what Meta tells of one sender number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from appmixer.engine.contract import ActionContext, JsonObject, sample_of

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import PhoneNumber, get_number


class GetPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers"""

    label = "Get Phone Number"
    description = "Returns what is known of one sender phone number."
    keywords = ("Sender", "Quality Rating", "Messaging Limit")
    effect = "read"
    port = "number"
    Input = NumberInput
    Output = PhoneNumber
    samples: ClassVar[Mapping[str, JsonObject]] = {"registered": sample_of(PhoneNumber)}

    async def receive(self, context: ActionContext, input: NumberInput) -> PhoneNumber:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        return await get_number(graph_of(context), sender.id, PhoneNumber)
