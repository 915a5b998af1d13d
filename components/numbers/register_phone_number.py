"""Register Sender Phone Number: always asks Meta to register it, and fails on a wrong PIN."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields

from ...plugin.fields.definitions import NumberAction, RegistrationInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import NumberId, register


class RegisterPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Register Sender Phone Number"
    description = (
        "Registers a sender phone number for the Cloud API and fails when the PIN is wrong."
    )
    keywords = ("Activate", "Onboarding", "PIN")
    idempotent = True
    port = "registered"
    Input = RegistrationInput

    class Output(Fields):
        success: bool = Field(description="Whether Meta registered the number.", examples=[True])
        phone_number_id: NumberId = Field(description="The number that was registered.")

    async def receive(self, context: ActionContext, input: RegistrationInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        success = await register(
            graph_of(context), sender.id, pin=input.pin, region=input.data_localization_region
        )
        return self.Output(success=success, phone_number_id=sender.id)
