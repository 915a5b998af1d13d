"""Samples are made of the examples that fields have anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import Action, Fields, JsonObject, component_schema, sample_of


class Stamp(Fields):
    price: int = Field(description="What it costs.", examples=[85, 95])


class Letter(Fields):
    from_: str = Field(serialization_alias="from", description="Who.", examples=["Ann"])
    stamp: Stamp | None = Field(description="Its stamp.")
    spare_stamps: list[Stamp] = Field(description="More of them.")
    answer_to: Letter | None = Field(description="What it answers.")
    note: str | None = Field(None, description="More.")


class Send(Action):
    """https://mail.example/letters"""

    label = "Send"
    description = "Sends."
    group = "Letters"
    port = "sent"
    Output = Letter


class SendTwice(Send):
    samples: ClassVar[Mapping[str, JsonObject]] = {"one": {"from": "Bob"}}


WHOLE = {
    "from": "Ann",
    "stamp": {"price": 85},
    "spareStamps": [{"price": 85}],
    "answerTo": None,
    "note": None,
}


def test_a_sample_has_the_first_example_of_each_field_and_of_the_models_inside() -> None:
    assert sample_of(Letter) == WHOLE


def test_what_is_given_goes_before_the_examples() -> None:
    assert sample_of(Letter, from_="Eve", stamp=None) == {**WHOLE, "from": "Eve", "stamp": None}


def test_a_component_without_samples_has_one_that_is_named_like_its_port() -> None:
    assert component_schema("acme.mail.Send", Send)["x-samples"] == {"sent": WHOLE}


def test_a_components_own_samples_stay_as_they_are() -> None:
    assert component_schema("acme.mail.SendTwice", SendTwice)["x-samples"] == {
        "one": {"from": "Bob"}
    }
