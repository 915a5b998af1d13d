"""A configuration key says what its values look like, and is held to it itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from appmixer.engine.contract.manifest import ConfigurationKey

KEY = {"name": "level", "label": "Level", "description": "How loud.", "environment": "LEVEL"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"pattern": "[0-9]+"}, "level has a pattern and no example"),
        ({"pattern": "[0-9]+", "example": "11a"}, "level does not take its own '11a'"),
        ({"pattern": "[0-9]+", "example": "11", "default": "x"}, "does not take its own 'x'"),
        ({"pattern": "[0-9", "example": "11"}, "the pattern of level is none"),
    ],
)
def test_a_key_whose_own_values_do_not_fit_is_no_key(form: dict[str, str], words: str) -> None:
    content: dict[str, Any] = {**KEY, **form}

    with pytest.raises(ValidationError, match=words):
        ConfigurationKey.model_validate(content)


def test_a_value_fits_as_a_whole_or_not_at_all() -> None:
    key = ConfigurationKey.model_validate({**KEY, "pattern": "[0-9]|1[01]", "example": "11"})

    assert [value for value in ("7", "11", "110", "a1", "11\n", "") if key.takes(value)] == [
        "7",
        "11",
    ]


def test_a_key_without_a_form_takes_everything() -> None:
    assert ConfigurationKey.model_validate(KEY).takes("whatever you like")
