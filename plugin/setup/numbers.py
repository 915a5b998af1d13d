"""Sender phone numbers: what Meta tells of one, and registering it for the Cloud API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from appmixer.engine.contract import Fields, JsonObject

from ..foreign_json.shapes import as_object, word
from ..graph.account import AccountGraph
from ..graph.ids import graph_id

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,quality_rating,status,code_verification_status,"
    "name_status,platform_type,account_mode,throughput,is_official_business_account,"
    "is_pin_enabled,is_on_biz_app,whatsapp_business_manager_messaging_limit"
)
# A number can be verified and yet not registered: only its platform tells.
REGISTERED_PLATFORM = "CLOUD_API"
PIN_PATTERN = "^[0-9]{6}$"

Pin = Annotated[
    str,
    Field(
        title="PIN",
        description=(
            "The six digits of the number's two-step verification. The first registration sets "
            "them; test numbers of Meta mostly have 000000."
        ),
        pattern=PIN_PATTERN,
        examples=["000000"],
        repr=False,
        json_schema_extra={"x-widget": "password", "writeOnly": True, "x-hint": "six digits"},
    ),
]

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration
Region = Annotated[
    Literal["AE", "AU", "BH", "BR", "CA", "CH", "DE", "GB", "ID", "IN", "JP", "KR", "SG", "ZA"]
    | None,
    Field(
        title="Data Localization Region",
        description="Leave it empty unless Meta has agreed to keep your messages in one country.",
        examples=["DE"],
        json_schema_extra={"x-widget": "select", "x-group": "Options"},
    ),
]


class PhoneNumber(Fields):
    """A sender phone number, as Meta tells it."""

    id: str = Field(
        title="Phone Number ID",
        description="Meta's id of the number.",
        examples=["106540352242922"],
    )
    display_phone_number: str | None = Field(
        description="The number as people see it.", examples=["+1 555-078-3881"]
    )
    verified_name: str | None = Field(
        description="The name shown in the chat.", examples=["Lucky Shrub"]
    )
    is_registered: bool = Field(
        description="Whether it is registered for the Cloud API, so that it can send.",
        examples=[True],
    )
    platform_type: str | None = Field(
        description="CLOUD_API when registered; NOT_APPLICABLE when only added.",
        examples=["CLOUD_API"],
    )
    status: str | None = Field(
        description="The state of its connection, such as CONNECTED, PENDING or BANNED.",
        examples=["CONNECTED"],
    )
    code_verification_status: str | None = Field(
        description="Whether its ownership was proven by a code; not the same as registered.",
        examples=["VERIFIED"],
    )
    name_status: str | None = Field(
        description="The review of the shown name.", examples=["APPROVED"]
    )
    quality_rating: str | None = Field(
        description="GREEN, YELLOW or RED by what people reported lately.", examples=["GREEN"]
    )
    account_mode: str | None = Field(
        description="LIVE, or SANDBOX for a test number.", examples=["LIVE"]
    )
    throughput_level: str | None = Field(
        description="STANDARD for 80 messages a second, HIGH for 1,000.", examples=["STANDARD"]
    )
    messaging_limit: str | None = Field(
        description="How many people may be written to first in 24 hours.", examples=["TIER_2K"]
    )
    is_official_business_account: bool | None = Field(
        description="Whether it carries the badge of a verified business.", examples=[False]
    )
    is_pin_enabled: bool | None = Field(
        title="Is PIN Enabled", description="Whether a PIN has been set.", examples=[True]
    )
    is_on_business_app: bool | None = Field(
        description="Whether it is also used in the WhatsApp Business app on a phone.",
        examples=[False],
    )


NUMBER_SAMPLE: JsonObject = {
    "id": "106540352242922",
    "displayPhoneNumber": "+1 555-078-3881",
    "verifiedName": "Lucky Shrub",
    "isRegistered": True,
    "platformType": "CLOUD_API",
    "status": "CONNECTED",
    "codeVerificationStatus": "VERIFIED",
    "nameStatus": "APPROVED",
    "qualityRating": "GREEN",
    "accountMode": "LIVE",
    "throughputLevel": "STANDARD",
    "messagingLimit": "TIER_2K",
    "isOfficialBusinessAccount": False,
    "isPinEnabled": True,
    "isOnBusinessApp": False,
}


def read_number(node: Mapping[str, Any]) -> PhoneNumber:
    """Turn Meta's node into ours; what Meta leaves out, or writes otherwise, is None."""
    throughput = as_object(node.get("throughput"))
    return PhoneNumber(
        id=str(node.get("id", "")),
        display_phone_number=word(node, "display_phone_number"),
        verified_name=word(node, "verified_name"),
        is_registered=node.get("platform_type") == REGISTERED_PLATFORM,
        platform_type=word(node, "platform_type"),
        status=word(node, "status"),
        code_verification_status=word(node, "code_verification_status"),
        name_status=word(node, "name_status"),
        quality_rating=word(node, "quality_rating"),
        account_mode=word(node, "account_mode"),
        throughput_level=word(throughput, "level"),
        messaging_limit=word(node, "whatsapp_business_manager_messaging_limit"),
        is_official_business_account=_flag(node.get("is_official_business_account")),
        is_pin_enabled=_flag(node.get("is_pin_enabled")),
        is_on_business_app=_flag(node.get("is_on_biz_app")),
    )


async def get_number(graph: AccountGraph, phone_number_id: str) -> PhoneNumber:
    path = graph_id(phone_number_id, field="phoneNumberId")
    return read_number(await graph.get(path, {"fields": NUMBER_FIELDS}))


async def register(
    graph: AccountGraph, phone_number_id: str, *, pin: str, region: str | None
) -> bool:
    """Register the number and return whether Meta says that it worked.

    Never repeated by itself: ten attempts in 72 hours, or a few wrong PINs, lock the number.
    """
    body: dict[str, str] = {"messaging_product": "whatsapp", "pin": pin}
    if region:
        body["data_localization_region"] = region
    path = f"{graph_id(phone_number_id, field='phoneNumberId')}/register"
    return (await graph.post(path, json=body)).get("success") is True


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
