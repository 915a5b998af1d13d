"""Get Sender Registration Status: whether a sender number can be used, without touching it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, JsonObject, sample_of

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.foreign_json.meta_fields import At, MetaFields, says
from ...plugin.setup import numbers


class GetRegistrationStatus(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Get Sender Registration Status"
    description = (
        "Tells whether a sender phone number is registered for the Cloud API, and changes nothing."
    )
    keywords = ("Registered", "Check Phone Number")
    effect = "read"
    port = "status"
    Input = NumberInput

    class Output(MetaFields):
        registered: numbers.IsRegistered
        phone_number_id: Annotated[numbers.NumberId, At("id")] = Field(
            description="The number asked about."
        )
        display_phone_number: numbers.DisplayNumber
        verified_name: numbers.VerifiedName
        platform_type: numbers.PlatformType
        code_verified: Annotated[bool, At("code_verification_status"), says("VERIFIED")] = Field(
            description="Whether its ownership was proven by a code. A number can be verified "
            "and yet not registered.",
            examples=[True],
        )
        quality_rating: numbers.QualityRating
        status: numbers.ConnectionStatus
        name_status: numbers.NameStatus
        account_mode: numbers.AccountMode
        is_on_business_app: numbers.IsOnBusinessApp = Field(
            description="Whether it is also used in the WhatsApp Business app; such a number is "
            "registered by the app and must not be registered here.",
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "registered": sample_of(Output),
        "not registered": sample_of(
            Output,
            registered=False,
            platform_type="NOT_APPLICABLE",
            quality_rating="UNKNOWN",
            status="PENDING",
        ),
    }

    async def receive(self, context: ActionContext, input: NumberInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        return await numbers.get_number(graph_of(context), sender.id, self.Output)
