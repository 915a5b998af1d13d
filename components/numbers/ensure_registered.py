"""Ensure Sender Phone Number Registered: registers a number unless it is registered already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, JsonObject, sample_of

from ...plugin.fields.definitions import NumberAction, RegistrationInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import (
    DisplayNumber,
    NumberId,
    PhoneNumber,
    PlatformType,
    get_number,
    register,
)


class EnsureRegistered(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Ensure Sender Phone Number Registered"
    description = (
        "Registers a sender phone number for the Cloud API unless it is registered already."
    )
    keywords = ("Activate", "Onboarding", "PIN")
    idempotent = True
    port = "registered"
    Input = RegistrationInput

    class Output(Fields):
        registered: bool = Field(
            description="Whether it is registered for the Cloud API now.", examples=[True]
        )
        was_already_registered: bool = Field(
            description="Whether it had been registered before, so that nothing was done.",
            examples=[False],
        )
        phone_number_id: NumberId = Field(description="The number that was looked at.")
        display_phone_number: DisplayNumber
        platform_type: PlatformType = Field(description="Where the number lives, by Meta's word.")

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "registered just now": sample_of(Output),
        "registered before": sample_of(Output, was_already_registered=True),
    }

    async def receive(self, context: ActionContext, input: RegistrationInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        graph = graph_of(context)
        number = await get_number(graph, sender.id, PhoneNumber)
        was_registered, is_registered = number.is_registered, number.is_registered
        if not was_registered:
            region = input.data_localization_region
            is_registered = await register(graph, sender.id, pin=input.pin, region=region)
            number = await get_number(graph, sender.id, PhoneNumber)
        return self.Output(
            registered=is_registered or number.is_registered,
            was_already_registered=was_registered,
            phone_number_id=sender.id,
            display_phone_number=number.display_phone_number,
            platform_type=number.platform_type,
        )
