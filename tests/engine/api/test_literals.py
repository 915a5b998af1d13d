"""What is marked as literal is known before a flow runs, braces and all, and is checked then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import httpx
import pytest
from pydantic import Field, model_validator

from appmixer.engine.contract import Connector, Fields, RejectedError, connectors_of, hookimpl

from ..conftest import Heard, Say, echo_module

pytestmark = pytest.mark.anyio


class Line(Fields):
    text: str = Field(max_length=12)


class Write(Say):
    """https://example.org/write"""

    class Input(Say.Input):
        text: str = Field(max_length=12, examples=["Dear {{1}}"])
        lines: Sequence[Line] = ()

        @model_validator(mode="after")
        def _counts_from_one(self) -> Self:
            if "{{2}}" in self.text and "{{1}}" not in self.text:
                raise RejectedError("Miscounted", "There is no {{1}}.", "Count from 1.", "text")
            return self


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    module.appmixer_components = hookimpl(
        lambda: {"test.echo.Heard": Heard, "test.echo.Say": Write}
    )
    return connectors_of(module)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"text": {"$literal": "Dear {{1}}"}}, []),
        (
            {"text": {"$literal": "Dear {{2}}"}},
            [("text", "There is no {{1}}. Count from 1.")],
        ),
        (
            {"text": {"$literal": "Dear {{2}}"}, "pin": "{{ in1.heard.text }}"},
            [("text", "There is no {{1}}. Count from 1.")],
        ),
        (
            {"text": {"$literal": "Dear Madam {{1}}"}},
            [("text", "Text is too long; it may have 12 characters.")],
        ),
        (
            {"text": "x", "lines": [{"text": "x"}, {"text": {"$literal": "Dear Madam {{1}}"}}]},
            [("lines[1].text", "Text is too long; it may have 12 characters.")],
        ),
        (
            {"text": "x", "lines": {"$literal": [{"text": "Dear Madam {{1}}"}]}},
            [("lines[0].text", "Text is too long; it may have 12 characters.")],
        ),
        ({"text": "Dear {{ in1.heard.text }}, {{ in1.heard.who }}"}, []),
    ],
)
async def test_a_literal_is_checked_when_the_flow_is_stored(
    admin: httpx.AsyncClient, owner: str, written: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    document = {
        "name": "f",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "s": {
                "type": "test.echo.Say",
                "account": "keys",
                "source": {"in": {"in1": ["heard"]}},
                "input": written,
            },
        },
    }

    answer = await admin.put("/api/flows/f", json=document)

    faults = [(each["path"], each["text"]) for each in answer.json().get("errors", [])]
    assert faults == [(f"components.s.input.{path}", text) for path, text in expected]
    assert answer.status_code == (422 if expected else 200)
