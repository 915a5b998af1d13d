"""Choices as a component says them at its fields, and what no host could make of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from appmixer.engine.contract import (
    Action,
    Choices,
    ComponentContext,
    ComponentEntry,
    Fields,
    JsonObject,
    Option,
    choices_of,
    component_schema,
)
from appmixer.engine.contract.conformance import component_complaints
from appmixer.engine.contract.testing import RecordingContext

pytestmark = pytest.mark.anyio

ENTRY = ComponentEntry(
    name="test.choices.Pick",
    kind="action",
    label="Pick",
    description="For tests.",
    group="Tests",
    keywords=[],
    module=__name__,
    schema="schemas/Pick.json",
    effect="read",
    idempotent=True,
)
closed: list[str] = []


async def fruits(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    try:
        for name in ("apple", "pear", "plum"):
            yield Option(name, f"{name} of {input.get('basketName', 'any')}")
    finally:
        closed.append("fruits")


class Picked(Fields):
    fruit: str = Field(description="What it was.", examples=["apple"])


def told(example: str) -> Any:
    return Field(title="Fruit", description="Which one.", examples=[example])


class Pick(Action):
    """https://example.org/pick"""

    label = "Pick"
    description = "For tests."
    group = "Tests"
    effect = "read"
    Output = Picked
    samples = {"picked": {"fruit": "apple"}}  # noqa: RUF012

    class Input(Fields):
        basket_name: str | None = Field(None, description="Whose.", examples=["a"])
        fruit: Annotated[str, Choices(fruits, depends_on=["basketName"])] = told("apple")
        more: Annotated[list[str], told("pear"), Choices(fruits)]


def complaints(input: type[BaseModel]) -> list[str]:
    component: Any = type("Pick", (Pick,), {"Input": input, "__doc__": Pick.__doc__})
    document = component_schema(ENTRY.name, component)
    found = component_complaints(ENTRY, component, document)
    return [each.removeprefix("test.choices.Pick: ") for each in found if "another one" not in each]


def test_a_field_with_choices_is_marked_in_the_schema_with_what_decides() -> None:
    fields = component_schema(ENTRY.name, Pick)["properties"]

    assert {name: field.get("x-source") for name, field in fields.items()} == {
        "basketName": None,
        "fruit": {"dependsOn": ["basketName"]},
        "more": True,
    }
    assert complaints(Pick.Input) == []


async def test_choices_get_of_a_form_what_they_depend_on_and_are_read_as_far_as_asked() -> None:
    choices, form = choices_of(Pick.Input), {"basketName": "Ann's", "fruit": "", "pin": "1"}
    closed.clear()

    mine = await choices["fruit"].first(RecordingContext(), form, at_most=2)
    others = await choices["more"].first(RecordingContext(), form)

    assert [each.label for each in mine] == ["apple of Ann's", "pear of Ann's"]
    assert [each.label for each in others] == ["apple of any", "pear of any", "plum of any"]
    assert closed == ["fruits"] * 2


class Inner(Fields):
    fruit: Annotated[str, Choices(fruits)] = told("apple")


class Deep(Fields):
    inner: Inner = told("apple")


class InList(Fields):
    several: list[Annotated[str, Choices(fruits)]] = told("apple")


class ByHand(Fields):
    fruit: str = Field(
        title="Fruit", description="d", examples=["a"], json_schema_extra={"x-source": True}
    )


class Lost(Fields):
    fruit: Annotated[str, Choices(fruits, depends_on=["basket"])] = told("apple")


@pytest.mark.parametrize(
    ("input", "complaint"),
    [
        (Deep, "it has Choices inside a field, where no host finds them"),
        (InList, "it has Choices inside a field, where no host finds them"),
        (ByHand, "input.fruit has x-source without Choices to ask"),
        (Lost, "the choices of fruit depend on 'basket', which is no other field"),
    ],
)
def test_choices_that_no_host_can_ask_for_are_named(input: type[BaseModel], complaint: str) -> None:
    assert complaint in complaints(input)
