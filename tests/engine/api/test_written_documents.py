"""A document comes back as it was written: its numbers, its order, and what people draw in it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

PATH = "/api/flows/echo"
# In an order of its own, with whole numbers and others.
DRAWN: dict[str, Any] = {
    "components": {
        "reply": {
            "position": {"y": 120, "x": 64.5},
            "label": "Answer",
            "folded": True,
            "input": {"then": "say", "text": "hi"},
            "source": {"in": {"incoming": ["heard"]}},
            "account": "keys",
            "type": "test.echo.Say",
        },
        "incoming": {"account": "keys", "type": "test.echo.Heard"},
    },
    "notes": {
        "why": {
            "color": "yellow",
            "text": "Greets who comes in.",
            "size": {"height": 96, "width": 200.25},
            "position": {"y": -40, "x": 0},
        },
        "later": {"text": "", "folded": False},
    },
    "description": "",
    "name": "Echo",
}


@pytest.mark.parametrize("path", [PATH, f"{PATH}/draft"])
async def test_a_document_comes_back_letter_by_letter(
    admin: httpx.AsyncClient, owner: str, path: str
) -> None:
    stored = await admin.put(path, json=DRAWN)
    found = await admin.get(path)

    written = [json.dumps(each.json()["document"]) for each in (stored, found)]
    assert written == [json.dumps(DRAWN)] * 2


async def test_an_earlier_version_and_a_restored_one_are_as_they_were_written(
    admin: httpx.AsyncClient, owner: str
) -> None:
    await admin.put(PATH, json=DRAWN)
    await admin.put(PATH, json={**DRAWN, "notes": {}})

    earlier = await admin.get(f"{PATH}/versions/1?compare=2")
    restored = await admin.post(f"{PATH}/versions/1/restore")

    written = [json.dumps(each.json()["document"]) for each in (earlier, restored)]
    assert written == [json.dumps(DRAWN)] * 2
    assert [each["path"] for each in earlier.json()["changes"]["flow"]] == [
        "notes.why",
        "notes.later",
    ]


@pytest.mark.parametrize(
    ("where", "value", "path", "text"),
    [
        ("position", {"x": "1", "y": 2}, "position.x", "It has to be a number."),
        ("position", {"x": True, "y": 2}, "position.x", "It has to be a number."),
        ("position", {"x": 1, "y": 1e7}, "position.y", "It has to be 1000000 or less."),
        ("text", "x" * 10_001, "text", "It is too long; it may have 10000 characters."),
        ("color", "y" * 21, "color", "It is too long; it may have 20 characters."),
        ("size", {"width": 0, "height": 2}, "size.width", "It has to be 1 or more."),
    ],
)
async def test_what_cannot_be_drawn_is_a_fault_at_its_field(
    admin: httpx.AsyncClient, owner: str, where: str, value: Any, path: str, text: str
) -> None:
    notes = {"why": {**DRAWN["notes"]["why"], where: value}}

    refused = await admin.put(PATH, json={**DRAWN, "notes": notes})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"path": f"notes.why.{path}", "text": text}]


async def test_more_notes_than_anybody_reads_are_refused(
    admin: httpx.AsyncClient, owner: str
) -> None:
    notes = {f"n{number}": {"text": "x"} for number in range(501)}

    refused = await admin.put(PATH, json={**DRAWN, "notes": notes})

    assert (refused.status_code, [each["path"] for each in refused.json()["errors"]]) == (
        422,
        ["notes"],
    )
