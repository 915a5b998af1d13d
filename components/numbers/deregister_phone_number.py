"""Deregister Sender Phone Number: takes a number off the Cloud API."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import NumberId


class DeregisterPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Deregister Sender Phone Number"
    description = (
        "Takes a sender phone number off the Cloud API, after which it can no longer send or "
        "receive."
    )
    keywords = ("Deactivate", "Unregister", "Offboarding")
    idempotent = True
    port = "deregistered"
    Input = NumberInput

    class Output(Fields):
        success: bool = Field(description="Whether Meta took the number off.", examples=[True])
        phone_number_id: NumberId = Field(
            description="The number that was taken off; it can be registered again."
        )

    async def receive(self, context: ActionContext, input: NumberInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        answer = await graph_of(context).post(f"{sender.id}/deregister")
        return self.Output(success=answer.get("success") is True, phone_number_id=sender.id)
