"""The functions that are described are those that there are, and do what their examples say."""

from __future__ import annotations

import httpx
import pytest

from appmixer.engine.flows.expressions import ExpressionError, fill
from appmixer.engine.flows.functions import FUNCTIONS, MACROS, TABLE, Function

pytestmark = pytest.mark.anyio

# `has` asks for something of an earlier step.
SCOPE = {"order": {"out": {"id": 7}}}


@pytest.mark.parametrize("function", TABLE, ids=lambda each: each.name)
def test_an_example_has_the_value_that_stands_beside_it(function: Function) -> None:
    assert fill(f"{{{{ {function.example} }}}}", SCOPE) == function.result
    assert function.name in function.example
    assert function.signature.startswith((function.name, "text.", "time.", "list."))


def test_every_function_that_can_be_used_is_described_once() -> None:
    names = [each.name for each in TABLE]

    assert sorted(names) == sorted({*FUNCTIONS, *MACROS, "has"})
    with pytest.raises(ExpressionError, match="There is no function 'upper'"):
        fill("{{ upper('a') }}", {})


async def test_the_functions_can_be_asked_for(admin: httpx.AsyncClient) -> None:
    found = (await admin.get("/api/functions")).json()["functions"]

    assert [each["name"] for each in found] == [each.name for each in TABLE]
    assert found[2] == {
        "name": "contains",
        "kind": "method",
        "signature": "text.contains(part)",
        "description": "Whether the part is in it.",
        "example": "'Hello'.contains('ell')",
        "result": True,
    }
