"""Inputs of components: what they refuse they do not repeat, because errors are logged."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from appmixer.engine.contract import Fields


class Secretive(Fields):
    pin: str = Field(pattern="^[0-9]{6}$")


@pytest.mark.parametrize("pin", ["73190", "731905\n", 731905])
def test_a_refused_input_is_not_in_the_error(pin: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Secretive.model_validate({"pin": pin})

    assert "73190" not in str(caught.value)
