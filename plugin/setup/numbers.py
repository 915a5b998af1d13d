"""Sender phone numbers: what Meta tells of one, and registering it for the Cloud API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from appmixer.engine.contract import Fields

from ..foreign_json.meta_fields import At, Flag, Id, MetaFields, Word, says
from ..graph.account import AccountGraph
from ..graph.ids import graph_id

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

NewPin = Annotated[
    Pin,
    Field(description="Six digits. Whoever registers the number again needs them: note them down."),
]
# https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/registering-phone-numbers
CodeMethod = Annotated[
    Literal["SMS", "VOICE"],
    Field(
        title="How",
        description="By a text message, or by a call in which the code is spoken.",
        examples=["SMS"],
        json_schema_extra={"x-widget": "select"},
    ),
]
CodeLanguage = Annotated[
    str,
    Field(
        title="Language",
        description="The language it is written or spoken in.",
        pattern="^[a-z]{2,3}(_[A-Za-z]{2,4})?$",
        examples=["en_US"],
        json_schema_extra={"x-hint": "the code of a language, such as en_US", "x-group": "Options"},
    ),
]
VerificationCode = Annotated[
    str,
    Field(
        title="Code",
        description="The six digits that were sent or spoken.",
        # Meta's message shows a hyphen in the middle.
        pattern="^[0-9]{3}[- ]?[0-9]{3}$",
        examples=["123830"],
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


# What several outputs tell of a number.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
NumberId = Annotated[Id, Field(title="Phone Number ID", examples=["106540352242922"])]
IsRegistered = Annotated[
    bool,
    At("platform_type"),
    says(REGISTERED_PLATFORM),
    Field(
        description="Whether it is registered for the Cloud API, so that it can send.",
        examples=[True],
    ),
]
DisplayNumber = Annotated[
    Word, Field(description="The number as people see it.", examples=["+1 555-078-3881"])
]
VerifiedName = Annotated[
    Word, Field(description="The name shown in the chat.", examples=["Lucky Shrub"])
]
PlatformType = Annotated[
    Word,
    Field(
        description="CLOUD_API when registered; NOT_APPLICABLE when only added.",
        examples=["CLOUD_API"],
    ),
]
ConnectionStatus = Annotated[
    Word,
    Field(
        description="The state of its connection, such as CONNECTED, PENDING or BANNED.",
        examples=["CONNECTED"],
    ),
]
NameStatus = Annotated[
    Word, Field(description="The review of the shown name.", examples=["APPROVED"])
]
QualityRating = Annotated[
    Word,
    Field(description="GREEN, YELLOW or RED by what people reported lately.", examples=["GREEN"]),
]
AccountMode = Annotated[
    Word, Field(description="LIVE, or SANDBOX for a test number.", examples=["LIVE"])
]
IsOnBusinessApp = Annotated[
    Flag,
    At("is_on_biz_app"),
    Field(
        description="Whether it is also used in the WhatsApp Business app on a phone.",
        examples=[False],
    ),
]


class PhoneNumber(MetaFields):
    """A sender phone number, as Meta tells it."""

    id: NumberId = Field(description="Meta's id of the number.")
    display_phone_number: DisplayNumber
    verified_name: VerifiedName
    is_registered: IsRegistered
    platform_type: PlatformType
    status: ConnectionStatus
    code_verification_status: Word = Field(
        description="Whether its ownership was proven by a code; not the same as registered.",
        examples=["VERIFIED"],
    )
    name_status: NameStatus
    quality_rating: QualityRating
    account_mode: AccountMode
    throughput_level: Annotated[Word, At("throughput.level")] = Field(
        description="STANDARD for 80 messages a second, HIGH for 1,000.", examples=["STANDARD"]
    )
    messaging_limit: Annotated[Word, At("whatsapp_business_manager_messaging_limit")] = Field(
        description="How many people may be written to first in 24 hours.", examples=["TIER_2K"]
    )
    is_official_business_account: Flag = Field(
        description="Whether it carries the badge of a verified business.", examples=[False]
    )
    is_pin_enabled: Flag = Field(
        title="Is PIN Enabled", description="Whether a PIN has been set.", examples=[True]
    )
    is_on_business_app: IsOnBusinessApp


Told = TypeVar("Told", bound=MetaFields)


class NumberDone(Fields):
    """What there is to say when Meta has done something with a number."""

    success: bool = Field(description="Whether Meta did it.", examples=[True])
    phone_number_id: NumberId = Field(description="The number that it was done with.")


async def get_number(
    graph: AccountGraph, phone_number_id: str, model: type[Told], **ours: Any
) -> Told:
    """Ask Meta for what the model tells of a number; what is given besides is ours to tell."""
    path = graph_id(phone_number_id, field="phoneNumberId")
    return model.from_meta({"id": path, **await graph.get(path, model.asking())}, **ours)


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
