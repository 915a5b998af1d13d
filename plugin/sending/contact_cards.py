"""Contact cards as Meta has them: each field is named as Meta names it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Fields, RejectedError

from ..fields.filled import filled
from .messages import FreeFormInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages
MAX_CONTACTS = 257
NAME_PARTS = ("first_name", "middle_name", "last_name", "prefix", "suffix")
FULL: dict[str, JsonValue] = {"x-group": "Full Contact Cards"}

# How long these may be is on no page of Meta's.
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Words = Annotated[str, Field(max_length=1000)] | None
Kind = Annotated[
    Words, Field(description="HOME or WORK; of a phone also CELL, MAIN, IPHONE.", examples=["WORK"])
]


class ContactName(Fields):
    """The name on a contact card."""

    formatted_name: Text = Field(
        title="Full Name",
        description="The name as it stands on the card. Where none of its parts is filled in, it "
        "is the first name too, since Meta wants one of them.",
        examples=["Barbara J. Johnson"],
    )
    first_name: Words = Field(None, description="The first name.", examples=["Barbara"])
    last_name: Words = Field(None, description="The last name.", examples=["Johnson"])
    middle_name: Words = Field(None, description="The middle name.", examples=["Joana"])
    prefix: Words = Field(None, description="What stands before the name.", examples=["Dr."])
    suffix: Words = Field(None, description="What stands behind the name.", examples=["Esq."])

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not any(getattr(self, part) for part in NAME_PARTS):
            self.first_name = self.formatted_name
        return self


class ContactPhone(Fields):
    """A phone number on a contact card."""

    phone: Text = Field(description="The number as people read it.", examples=["+16505559999"])
    type: Kind = None
    wa_id: str | None = Field(
        default=None,
        title="WhatsApp ID",
        description="The number in digits, with its country code: gives the card a button to "
        "write to it.",
        pattern="^([0-9]{4,20})?$",
        examples=["16505559999"],
        json_schema_extra={"x-hint": "a number of digits alone"},
    )


class ContactEmail(Fields):
    """An email address on a contact card."""

    email: Text = Field(description="The address.", examples=["bj@luckyshrub.example"])
    type: Kind = None


class ContactUrl(Fields, title="Contact URL"):
    """A website on a contact card."""

    url: Text = Field(
        title="URL", description="The address.", examples=["https://www.luckyshrub.example"]
    )
    type: Kind = None


class ContactAddress(Fields):
    """A postal address on a contact card."""

    street: Words = Field(None, description="Street and number.", examples=["1 Lucky Shrub Way"])
    city: Words = Field(None, description="The city.", examples=["Menlo Park"])
    state: Words = Field(None, description="The state or region.", examples=["CA"])
    zip: Words = Field(None, title="ZIP Code", description="The postal code.", examples=["94025"])
    country: Words = Field(None, description="The country's name.", examples=["United States"])
    country_code: Words = Field(
        None, description="The country in two letters of ISO 3166.", examples=["US"]
    )
    type: Kind = None


class ContactOrg(Fields):
    """The company on a contact card."""

    company: Words = Field(None, description="The company's name.", examples=["Lucky Shrub"])
    department: Words = Field(None, description="The department.", examples=["Legal"])
    title: Words = Field(None, description="What the person is there.", examples=["Counsel"])


class ContactCard(Fields):
    """A contact card."""

    name: ContactName = Field(description="The name on the card.")
    phones: list[ContactPhone] = Field([], description="Phone numbers.")
    emails: list[ContactEmail] = Field([], description="Email addresses.")
    urls: list[ContactUrl] = Field([], title="URLs", description="Websites.")
    addresses: list[ContactAddress] = Field([], description="Postal addresses.")
    org: ContactOrg | None = Field(None, title="Company", description="Where the person works.")
    birthday: date | None = Field(
        None, description="The day of birth, as 1999-01-23.", examples=["1999-01-23"]
    )


class ContactsInput(FreeFormInput):
    """One person by name and number, or full cards of many."""

    full_name: Words = Field(
        None,
        title="Name",
        description="The name on the card, for a card with a name and a phone number.",
        examples=["Barbara J. Johnson"],
    )
    phone: Words = Field(
        None,
        title="Phone Number",
        description="The number on the card, as people read it.",
        examples=["+16505559999"],
    )
    contacts: list[ContactCard] = Field(
        [],
        title="Contact Cards",
        description="Cards with everything that a card can have, in the place of the two fields "
        f"above; up to {MAX_CONTACTS} in one message.",
        max_length=MAX_CONTACTS,
        json_schema_extra=FULL,
    )

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        simple = {"fullName": self.full_name, "phone": self.phone}
        missing = [name for name, value in simple.items() if not value]
        if self.contacts and len(missing) < len(simple):
            raise RejectedError(
                "The contact is given twice",
                "Both a name or number and full contact cards are filled in.",
                "Use one of the two.",
                "contacts",
            )
        if not self.contacts and missing:
            raise RejectedError(
                "The contact is not complete",
                "A card needs a name and a phone number.",
                "Fill in both, or use full contact cards.",
                missing[0],
            )
        return self

    def cards(self) -> list[dict[str, Any]]:
        if self.contacts:
            return [filled(each) for each in self.contacts]
        simple = {"name": {"formatted_name": self.full_name}, "phones": [{"phone": self.phone}]}
        return [filled(ContactCard.model_validate(simple))]
