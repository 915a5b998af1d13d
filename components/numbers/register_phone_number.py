"""Register Sender Phone Number: always asks Meta to register it, and fails on a wrong PIN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, JsonObject

from ...plugin.fields.definitions import NumberInput
from ...plugin.fields.options import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import Pin, Region, register


class RegisterPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Register Sender Phone Number"
    description = (
        "Registers a sender phone number for the Cloud API and fails when the PIN is wrong."
    )
    group = "Phone Numbers"
    keywords = ("Activate", "Onboarding", "PIN")
    scopes = ("whatsapp_business_management",)
    idempotent = True
    port = "registered"

    class Input(NumberInput):
        pin: Pin
        data_localization_region: Region = None

    class Output(Fields):
        success: bool = Field(description="Whether Meta registered the number.", examples=[True])
        phone_number_id: str = Field(
            title="Phone Number ID",
            description="The number that was registered.",
            examples=["106540352242922"],
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "registered": {"success": True, "phoneNumberId": "106540352242922"}
    }

    async def receive(self, context: ActionContext, input: Input) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        success = await register(
            graph_of(context),
            sender.id,
            pin=input.pin,
            region=input.data_localization_region,
        )
        return self.Output(success=success, phone_number_id=sender.id)
