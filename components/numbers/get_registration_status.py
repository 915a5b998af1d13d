"""Get Sender Registration Status: whether a sender number can be used, without touching it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, JsonObject

from ...plugin.fields.definitions import NumberInput
from ...plugin.fields.options import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import get_number


class GetRegistrationStatus(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Get Sender Registration Status"
    description = (
        "Tells whether a sender phone number is registered for the Cloud API, and changes nothing."
    )
    group = "Phone Numbers"
    keywords = ("Registered", "Check Phone Number")
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "status"
    Input = NumberInput

    class Output(Fields):
        registered: bool = Field(
            description="Whether it is registered for the Cloud API, so that it can send.",
            examples=[True],
        )
        phone_number_id: str = Field(
            title="Phone Number ID",
            description="The number asked about.",
            examples=["106540352242922"],
        )
        display_phone_number: str | None = Field(
            description="The number as people see it.", examples=["+1 555-078-3881"]
        )
        verified_name: str | None = Field(
            description="The name shown in the chat.", examples=["Lucky Shrub"]
        )
        platform_type: str | None = Field(
            description="CLOUD_API when registered; NOT_APPLICABLE when only added.",
            examples=["CLOUD_API"],
        )
        code_verified: bool = Field(
            description="Whether its ownership was proven by a code. A number can be verified "
            "and yet not registered.",
            examples=[True],
        )
        quality_rating: str | None = Field(
            description="GREEN, YELLOW or RED by what people reported lately.", examples=["GREEN"]
        )
        status: str | None = Field(
            description="The state of its connection, such as CONNECTED, PENDING or BANNED.",
            examples=["CONNECTED"],
        )
        name_status: str | None = Field(
            description="The review of the shown name.", examples=["APPROVED"]
        )
        account_mode: str | None = Field(
            description="LIVE, or SANDBOX for a test number.", examples=["LIVE"]
        )
        is_on_business_app: bool | None = Field(
            description="Whether it is also used in the WhatsApp Business app; such a number is "
            "registered by the app and must not be registered here.",
            examples=[False],
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "registered": {
            "registered": True,
            "phoneNumberId": "106540352242922",
            "displayPhoneNumber": "+1 555-078-3881",
            "verifiedName": "Lucky Shrub",
            "platformType": "CLOUD_API",
            "codeVerified": True,
            "qualityRating": "GREEN",
            "status": "CONNECTED",
            "nameStatus": "APPROVED",
            "accountMode": "LIVE",
            "isOnBusinessApp": False,
        },
        "not registered": {
            "registered": False,
            "phoneNumberId": "106540352242922",
            "displayPhoneNumber": "+1 555-078-3881",
            "verifiedName": "Lucky Shrub",
            "platformType": "NOT_APPLICABLE",
            "codeVerified": True,
            "qualityRating": "UNKNOWN",
            "status": "PENDING",
            "nameStatus": "APPROVED",
            "accountMode": "LIVE",
            "isOnBusinessApp": False,
        },
    }

    async def receive(self, context: ActionContext, input: NumberInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        number = await get_number(graph_of(context), sender.id)
        return self.Output(
            registered=number.is_registered,
            phone_number_id=sender.id,
            display_phone_number=number.display_phone_number,
            verified_name=number.verified_name,
            platform_type=number.platform_type,
            code_verified=number.code_verification_status == "VERIFIED",
            quality_rating=number.quality_rating,
            status=number.status,
            name_status=number.name_status,
            account_mode=number.account_mode,
            is_on_business_app=number.is_on_business_app,
        )
