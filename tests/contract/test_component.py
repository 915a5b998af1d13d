"""Inputs of components: what they refuse they do not repeat, because errors are logged."""

from __future__ import annotations

import re

import pytest
from pydantic import Field, ValidationError

from appmixer.engine.contract import Action, Fields, component_schema, load_connectors

CONNECTORS = load_connectors()


class Secretive(Fields):
    pin: str = Field(pattern="^[0-9]{6}$")


@pytest.mark.parametrize("pin", ["73190", "731905\n", 731905])
def test_a_refused_input_is_not_in_the_error(pin: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Secretive.model_validate({"pin": pin})

    assert "73190" not in str(caught.value)


def test_a_model_may_be_input_and_output_at_once() -> None:
    class Given(Fields):
        text: str

    class Pass(Action):
        """https://example.org/pass"""

        label = "Pass"
        Input = Given
        Output = Given

    document = component_schema("test.Pass", Pass)

    assert document["x-ports"]["out"] == {"$ref": "#/$defs/Given"}
    assert document["$defs"]["Given"]["properties"] == document["properties"]


@pytest.mark.parametrize("connector_id", CONNECTORS)
def test_what_a_model_is_called_on_a_page_is_no_name_of_a_class(connector_id: str) -> None:
    shapes = {
        name: shape["title"]
        for component in CONNECTORS[connector_id].components().values()
        for name, shape in component_schema("test", component)["$defs"].items()
        if "title" in shape
    }

    joined = {name: title for name, title in shapes.items() if re.search("[a-z][A-Z]", title)}

    assert joined == {}
