"""Fields that many inputs have: which sender, and which business account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from appmixer.engine.contract import Action, Choices, Fields

from ..setup.numbers import Pin, Region
from .choices import business_accounts, sender_numbers

# Meta's ids are decimal and longer than 2^53 in places, so they stay text.
OPTIONAL_ID_PATTERN = "^([0-9]{1,32})?$"

PhoneNumberId = Annotated[
    str,
    Field(
        title="Sender Phone Number",
        description="The id of the number you send from. Pick it, or type or map its id.",
        min_length=1,
        # Room for a phone number: who writes one here is told the id that belongs to it.
        max_length=40,
        examples=["106540352242922"],
        json_schema_extra={
            "x-hint": "an id of digits",
            "x-widget": "select",
            "x-from": ["phoneNumberId"],
        },
    ),
    Choices(sender_numbers, depends_on=["businessAccountId"]),
]
_WABA_WIDGET: dict[str, JsonValue] = {
    "x-hint": "an id of digits",
    "x-widget": "select",
    "x-group": "Options",
}
BusinessAccountId = Annotated[
    str | None,
    Field(
        title="WhatsApp Business Account ID",
        description="Leave it empty to use the one found when the account was connected.",
        pattern=OPTIONAL_ID_PATTERN,
        examples=["102290129340398"],
        json_schema_extra=_WABA_WIDGET,
    ),
    Choices(business_accounts),
]
SendersBusinessAccountId = Annotated[
    str | None,
    Field(
        title="WhatsApp Business Account ID",
        description="Leave it empty to use any of your numbers. If you fill it in, the sender has "
        "to belong to it.",
        pattern=OPTIONAL_ID_PATTERN,
        examples=["102290129340398"],
        json_schema_extra=_WABA_WIDGET,
    ),
    Choices(business_accounts),
]
OptionalPhoneNumberId = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True)] | None,
    Field(
        title="Only This Phone Number",
        description="The id of one of your numbers; leave it empty to listen to all of them.",
        # Room for a phone number: who writes one here is told the id that belongs to it.
        max_length=40,
        examples=["106540352242922"],
        json_schema_extra={"x-hint": "an id of digits", "x-widget": "select"},
    ),
    Choices(sender_numbers, depends_on=["businessAccountId"]),
]


class NumberInput(Fields):
    """What every component about one sender number needs."""

    business_account_id: SendersBusinessAccountId = None
    phone_number_id: PhoneNumberId


class NumberAction(Action):
    """Base of the components about one sender number."""

    group = "Phone Numbers"
    scopes = ("whatsapp_business_management",)


class RegistrationInput(NumberInput):
    """What it takes to register a sender number."""

    pin: Pin
    data_localization_region: Region = None


# What outputs that list something tell of it.
WabaId = Annotated[
    str,
    Field(
        title="WABA ID",
        description="The WhatsApp Business Account they belong to.",
        examples=["102290129340398"],
    ),
]
Count = Annotated[int, Field(description="How many there are.", examples=[1])]
