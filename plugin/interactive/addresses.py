"""Forms for an address inside a chat: what each country's form has, and what it is filled with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from appmixer.engine.contract import Fields, Json, JsonObject, RejectedError

from .frame import TextHeaderInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/address-messages
Country = Literal["IN", "SG"]
FILLED_IN: dict[str, Any] = {"x-group": "Filled In Already"}


def _for(country: Country) -> dict[str, Any]:
    return {"x-when": {"country": [country]}, **FILLED_IN}


def _part(title: str, example: str, *, pattern: str | None = None, hint: str = "") -> Any:
    return Field(
        default=None,
        title=title,
        description=f"{title}, as it stands in the form.",
        pattern=pattern,
        examples=[example],
        json_schema_extra={"x-hint": hint} if hint else None,
    )


class Address(Fields):
    """What the forms of all countries have; in Python, the fields are named as Meta names them."""

    name: str | None = _part("Name", "Sheena Nelson")
    phone_number: str | None = _part("Phone number", "+919876543210")
    address: str | None = _part("Address", "Wing A, Cyber Nagar")
    city: str | None = _part("City", "Gurgaon")

    @property
    def asked(self) -> dict[str, Json]:
        given: dict[str, Json] = self.model_dump(by_alias=False, exclude_none=True)
        return {name: value for name, value in given.items() if value}


class IndianAddress(Address):
    """What the Indian form has."""

    in_pin_code: str | None = _part(
        "PIN code", "400063", pattern="^([0-9]{6})?$", hint="a PIN code of six digits"
    )
    house_number: str | None = _part("House number", "12")
    floor_number: str | None = _part("Floor", "8")
    tower_number: str | None = _part("Tower", "2")
    building_name: str | None = _part("Building", "Nirlon Knowledge Park")
    landmark_area: str | None = _part("Landmark", "Near the metro station")
    state: str | None = _part("State", "Haryana")


class SingaporeanAddress(Address):
    """What the form of Singapore has."""

    sg_post_code: str | None = _part(
        "Postal code", "018956", pattern="^([0-9]{6})?$", hint="a postal code of six digits"
    )
    unit_number: str | None = _part("Unit", "#07-12")


class SavedIndianAddress(IndianAddress):
    """An Indian address that the person can choose in place of writing it."""

    id: str = Field(title="ID", description="An id of your own.", min_length=1, examples=["home"])


class SavedSingaporeanAddress(SingaporeanAddress):
    """An address in Singapore that the person can choose in place of writing it."""

    id: str = Field(title="ID", description="An id of your own.", min_length=1, examples=["home"])


class AddressFault(Fields):
    """What is wrong with a part of the address that came back."""

    part: str = Field(description="Which one, such as inPinCode.", examples=["inPinCode"])
    message: str = Field(
        description="What the person is told.",
        min_length=1,
        examples=["We do not deliver there."],
    )


class AddressInput(TextHeaderInput):
    """What a request for an address needs."""

    country: Country = Field(
        title="Country",
        description="Whose form it is; people with numbers of that country can fill it in.",
        examples=["IN"],
        json_schema_extra={"x-widget": "select"},
    )
    indian_values: IndianAddress | None = Field(
        default=None,
        title="Values",
        description="What the form is filled in with.",
        examples=[{"name": "Sheena Nelson", "phoneNumber": "+919876543210"}],
        json_schema_extra=_for("IN"),
    )
    singaporean_values: SingaporeanAddress | None = Field(
        default=None,
        title="Values",
        description="What the form is filled in with.",
        examples=[{"name": "Sheena Nelson", "sgPostCode": "018956"}],
        json_schema_extra=_for("SG"),
    )
    indian_saved: list[SavedIndianAddress] = Field(
        default_factory=list[SavedIndianAddress],
        title="Saved Addresses",
        description="Addresses that the person can choose from.",
        json_schema_extra=_for("IN"),
    )
    singaporean_saved: list[SavedSingaporeanAddress] = Field(
        default_factory=list[SavedSingaporeanAddress],
        title="Saved Addresses",
        description="Addresses that the person can choose from.",
        json_schema_extra=_for("SG"),
    )
    faults: list[AddressFault] = Field(
        default_factory=list[AddressFault],
        title="Faults",
        description="What was wrong with the address that came back, when you ask again.",
        examples=[[{"part": "inPinCode", "message": "We do not deliver there."}]],
        json_schema_extra={"x-group": "Options"},
    )

    @model_validator(mode="after")
    def _check_country(self) -> Self:
        others: dict[str, object] = (
            {
                "singaporeanValues": self.singaporean_values,
                "singaporeanSaved": self.singaporean_saved,
            }
            if self.country == "IN"
            else {"indianValues": self.indian_values, "indianSaved": self.indian_saved}
        )
        for field, value in others.items():
            if value:
                raise RejectedError(
                    "The address is of another country",
                    f"The country is {self.country}, and this belongs to the other one's form.",
                    "Choose the country that fits, or empty the field.",
                    field,
                )
        _check_parts(self.faults, self.country)
        return self

    @property
    def asked(self) -> JsonObject:
        values = self.indian_values or self.singaporean_values
        parameters: dict[str, Json] = {"country": self.country}
        if values is not None and values.asked:
            parameters["values"] = values.asked
        saved = [*map(_saved, self.indian_saved), *map(_saved, self.singaporean_saved)]
        if saved:
            parameters["saved_addresses"] = saved
        if self.faults:
            names = _parts(self.country)
            faults = {names[each.part]: each.message for each in self.faults}
            parameters["validation_errors"] = faults
        return {"name": "address_message", "parameters": parameters}


def _saved(saved: SavedIndianAddress | SavedSingaporeanAddress) -> Json:
    value = saved.asked
    return {"id": value.pop("id"), "value": value}


def _parts(country: Country) -> dict[str, str]:
    """Return what Meta calls the parts of a country's form, by our names."""
    form = IndianAddress if country == "IN" else SingaporeanAddress
    return {str(field.alias): name for name, field in form.model_fields.items()}


def _check_parts(faults: Sequence[AddressFault], country: Country) -> None:
    names = _parts(country)
    for each in faults:
        if each.part not in names:
            raise RejectedError(
                "The form has no such part",
                f"{each.part!r} is none of the parts of this country's form.",
                f"Name one of these: {', '.join(names)}.",
                "faults",
            )
