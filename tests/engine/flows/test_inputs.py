"""Whether the quick look at an input ever says yes where the schema says no."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import load_connectors
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.inputs import input_errors, read_at_once

from ...end_to_end.test_wrong_inputs import MISSING, wrong_values
from ...needed import right_input

TYPES = component_types(load_connectors())
# What a lenient reader takes for something else.
ODD: tuple[Any, ...] = (0, 1, 1.0, True, "1", "true", [], {}, ["x"], {"x": 1}, b"x", "x" * 70_000)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_read_at_once_has_no_fault_by_its_schema(name: str) -> None:
    kind = TYPES[name]
    right = right_input(name, kind.schema)
    tried: list[dict[str, Any]] = [right, {}]
    for field, value, _ in wrong_values(kind.schema):
        tried.append({**right, field: value} if value is not MISSING else _without(right, field))
    for field in kind.schema["properties"]:
        tried += [{**right, field: each} for each in (*ODD, None, "")]
    assert kind.model is not None
    tried += [{**right, each: "x"} for each in kind.model.model_fields]

    wrongly = [
        each for each in tried if read_at_once(each, kind) and list(input_errors(each, kind.schema))
    ]

    assert wrongly == []


def test_an_ordinary_input_is_read_at_once() -> None:
    name = "appmixer.whatsapp.SendText"

    assert read_at_once(right_input(name, TYPES[name].schema), TYPES[name])


def _without(values: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != field}
