"""The values that the form of a template takes: what they are, and what is no such value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StrictFloat,
    Tag,
    WithJsonSchema,
)

from appmixer.engine.contract import Fields

from .components import flattened

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_CODE_CHARS = 15
MAX_PAYLOAD_CHARS = 256
MAX_URL_CHARS = 2000
MAX_ID_CHARS = 100
MAX_SECTIONS = 10
MAX_PRODUCTS = 30
MAX_SECTION_TITLE_CHARS = 24
MAX_REFERENCE_CHARS = 60
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links
MAX_CALL_MINUTES = 43_200
WRITTEN: dict[str, JsonValue] = {"pattern": r"\S", "x-hint": "more than blanks"}


class Amount(Fields):
    """An amount of money, which phones write as their country does."""

    currency: str = Field(
        description="The code of the currency.",
        pattern="^[A-Z]{3}$",
        examples=["USD"],
        json_schema_extra={"x-hint": "a code of three capital letters"},
    )
    amount: Decimal = Field(description="How much it is.", ge=0, le=10**12, examples=[100.99])
    text: str = Field(
        description="How it is written where the phone cannot do that.",
        pattern=r"\S",
        examples=["$100.99"],
    )


class Day(Fields):
    """A date, as people will read it."""

    date: str = Field(
        description="The date as it is written.", pattern=r"\S", examples=["October 2, 2026"]
    )


# As text they stay as they are written: Meta's own examples have them so.
Degrees: TypeAlias = (
    StrictFloat | Annotated[str, Field(pattern=r"^ *-?[0-9]{1,3}(\.[0-9]{1,20})? *$")]
)


class Place(Fields):
    """A place on the map."""

    latitude: Degrees = Field(
        description="Degrees north, from -90 to 90; also as text.",
        examples=[37.4421],
    )
    longitude: Degrees = Field(
        description="Degrees east, from -180 to 180; also as text.",
        examples=[-122.1615],
    )
    name: str = Field(description="What it is called.", pattern=r"\S", examples=["Philz Coffee"])
    address: str = Field(description="Its address.", pattern=r"\S", examples=["101 Forest Ave"])


ProductId = Annotated[str, Field(pattern=r"\S", max_length=MAX_ID_CHARS)]


class Section(Fields):
    """Products under a heading."""

    title: str = Field(
        default="",
        description="The heading; one section alone may go without.",
        max_length=MAX_SECTION_TITLE_CHARS,
        examples=["Popular"],
    )
    products: list[ProductId] = Field(
        description="The ids that the products have in the catalog.",
        min_length=1,
        max_length=MAX_PRODUCTS,
        examples=[["di9ozbzfi4"]],
    )


def _fits_a_list(sections: list[Section]) -> list[Section]:
    if sum(len(each.products) for each in sections) > MAX_PRODUCTS:
        raise ValueError(f"All sections together may have {MAX_PRODUCTS} products.")
    if len(sections) > 1 and not all(each.title.strip() for each in sections):
        raise ValueError("Where there are several sections, each needs a title.")
    return sections


Sections = Annotated[
    list[Section], Field(min_length=1, max_length=MAX_SECTIONS), AfterValidator(_fits_a_list)
]


class _Total(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, title="Total")

    value: int = Field(ge=0)
    offset: int = Field(ge=0)


class Order(BaseModel):
    """What is to be paid, by Meta's own names."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    reference_id: str = Field(pattern=r"\S", max_length=MAX_REFERENCE_CHARS)
    type: Literal["digital-goods", "physical-goods"]
    currency: str = Field(pattern="^[A-Z]{3}$")
    total_amount: _Total
    order: dict[str, Any]


def line_of(most: int) -> Any:
    """Return the type of a text of one line with at most so many code points.

    Numbers count as text, and what Meta takes in no variable becomes a space.
    """

    def read(value: object) -> str:
        return _fitting(flattened(_written(value)), most)

    return Annotated[str, BeforeValidator(read), WithJsonSchema(_text(most))]


def variable_of(most: int) -> Any:
    """Return the type of what a body has in the place of a variable: text, money or a date."""
    line: Any = Annotated[line_of(most), Tag("text")]
    kinds: Any = line | Annotated[Amount, Tag("amount")] | Annotated[Day, Tag("date")]
    schema = _text(most)
    choices = [{"title": "Text", "type": schema.pop("type")}, *_ALTERNATIVES]
    schema["anyOf"] = [*choices]
    return Annotated[kinds, Discriminator(_kind_of), WithJsonSchema(schema)]


def text_of(most: int) -> Any:
    """Return the type of a text that Meta takes as it is, of at most so many code points."""

    def read(value: object) -> str:
        return _fitting(_written(value), most)

    return Annotated[str, BeforeValidator(read), WithJsonSchema(_text(most))]


def suffix_of(url: str, most: int) -> Any:
    """Return the type of the end of an address that the template begins."""

    def read(value: object) -> str:
        found = _fitting(_written(value).strip(), most)
        if any(each.isspace() for each in found):
            raise ValueError("An address has no blanks in it.")
        if url and found.startswith(url):
            raise ValueError(f"Give only what comes after {url}, and not the whole address.")
        return found

    schema: dict[str, Any] = {
        "type": ["string", "number"],
        "maxLength": most,
        "pattern": r"^\s*\S+\s*$",
        "x-hint": "the end of an address, without blanks",
    }
    return Annotated[str, BeforeValidator(read), WithJsonSchema(schema)]


def _text(most: int) -> dict[str, Any]:
    return {"type": ["string", "number"], "maxLength": most, **WRITTEN}


def _written(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("It has to be a text or a number.")
    return str(value)


def _fitting(text: str, most: int) -> str:
    if not text.strip():
        raise ValueError("It is empty, and Meta takes no empty ones.")
    if len(text) > most:
        raise ValueError(f"It has {len(text):,} characters, and there is room for {most:,}.")
    return text


def _kind_of(value: object) -> str:
    if isinstance(value, Amount) or (isinstance(value, Mapping) and "date" not in value):
        return "amount"
    return "date" if isinstance(value, Day | Mapping) else "text"


_ALTERNATIVES = [
    {**Amount.model_json_schema(by_alias=True), "title": "Amount of Money"},
    {**Day.model_json_schema(by_alias=True), "title": "Date"},
]
