"""Send List against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

TO: dict[str, Any] = {"phoneNumberId": NUMBER, "to": PERSON}
SECTIONS = [
    {
        "title": "I want it ASAP!",
        "rows": [
            {
                "id": "priority_express",
                "title": "Priority Mail Express",
                "description": "Next Day to 2 Days",
            }
        ],
    },
    {
        "title": "I can wait a bit",
        "rows": [{"id": "first_class", "title": "First-Class Mail", "description": "1-3 Days"}],
    },
]
ASK: dict[str, Any] = {
    **TO,
    "text": "Which shipping option do you prefer?",
    "buttonText": "Shipping Options",
    "sections": SECTIONS,
}


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"title": f"Row {first + each}"} for each in range(count)]


async def test_what_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendList", **ASK, headerText="Choose Shipping Option", footer="Lucky Shrub")

    assert live.sent == [documented("send.interactive.list")]


async def test_one_section_needs_no_heading_and_its_rows_no_ids(live: Live) -> None:
    await live.ready()

    await live.run("SendList", **{**ASK, "sections": [{"rows": [{"title": "First class"}]}]})

    [body] = live.sent
    assert body["interactive"] == {
        "type": "list",
        "body": {"text": "Which shipping option do you prefer?"},
        "action": {
            "button": "Shipping Options",
            "sections": [{"rows": [{"id": "First class", "title": "First class"}]}],
        },
    }


async def test_what_is_just_short_enough_is_sent(live: Live) -> None:
    await live.ready()
    longest = [
        {"title": "ä" * 23 + str(each), "id": str(each) * 200, "description": "ä" * 72}
        for each in range(10)
    ]
    sections = [{"title": "ä" * 24, "rows": [each]} for each in longest]

    await live.run("SendList", **{**ASK, "text": "ä" * 4096, "sections": sections})

    assert len(live.sent) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": "ä" * 4097}, "text"),
    ({"buttonText": "ä" * 21}, "buttonText"),
    ({"buttonText": " "}, "buttonText"),
    ({"headerText": "ä" * 61}, "headerText"),
    ({"headerType": "image"}, "headerType"),
    ({"sections": []}, "sections"),
    ({"sections": [{"rows": []}]}, "sections"),
    ({"sections": [{"rows": rows(11)}]}, "sections"),
    ({"sections": [{"title": str(at), "rows": rows(6, at)} for at in (0, 10)]}, "sections"),
    ({"sections": [{"title": "A", "rows": rows(1)}, {"rows": rows(1, 1)}]}, "sections"),
    ({"sections": [{"title": str(at), "rows": rows(1, at)} for at in range(11)]}, "sections"),
    ({"sections": [{"title": str(at), "rows": rows(1)} for at in range(2)]}, "sections"),
    ({"sections": [{"title": "ä" * 25, "rows": rows(1)}]}, "sections"),
    ({"sections": [{"rows": [{"title": "ä" * 25}]}]}, "sections"),
    ({"sections": [{"rows": [{"title": "A", "description": "ä" * 73}]}]}, "sections"),
    ({"sections": [{"rows": [{"title": "A", "id": "ä" * 201}]}]}, "sections"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
async def test_what_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendList", **{**ASK, **changes}) == field
    assert live.requests == []
