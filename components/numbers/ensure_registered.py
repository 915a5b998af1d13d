"""Ensure Sender Phone Number Registered: registers a number unless it is registered already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, JsonObject

from ...plugin.fields.definitions import NumberInput
from ...plugin.fields.options import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import Pin, Region, get_number, register


class EnsureRegistered(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Ensure Sender Phone Number Registered"
    description = (
        "Registers a sender phone number for the Cloud API unless it is registered already."
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
        registered: bool = Field(
            description="Whether it is registered for the Cloud API now.", examples=[True]
        )
        was_already_registered: bool = Field(
            description="Whether it had been registered before, so that nothing was done.",
            examples=[False],
        )
        phone_number_id: str = Field(
            title="Phone Number ID",
            description="The number that was looked at.",
            examples=["106540352242922"],
        )
        display_phone_number: str | None = Field(
            description="The number as people see it.", examples=["+1 555-078-3881"]
        )
        platform_type: str | None = Field(
            description="Where the number lives, by Meta's word.", examples=["CLOUD_API"]
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "registered just now": {
            "registered": True,
            "wasAlreadyRegistered": False,
            "phoneNumberId": "106540352242922",
            "displayPhoneNumber": "+1 555-078-3881",
            "platformType": "CLOUD_API",
        },
        "registered before": {
            "registered": True,
            "wasAlreadyRegistered": True,
            "phoneNumberId": "106540352242922",
            "displayPhoneNumber": "+1 555-078-3881",
            "platformType": "CLOUD_API",
        },
    }

    async def receive(self, context: ActionContext, input: Input) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        graph = graph_of(context)
        number = await get_number(graph, sender.id)
        was_registered, is_registered = number.is_registered, number.is_registered
        if not was_registered:
            region = input.data_localization_region
            is_registered = await register(graph, sender.id, pin=input.pin, region=region)
            number = await get_number(graph, sender.id)
        return self.Output(
            registered=is_registered or number.is_registered,
            was_already_registered=was_registered,
            phone_number_id=sender.id,
            display_phone_number=number.display_phone_number,
            platform_type=number.platform_type,
        )
