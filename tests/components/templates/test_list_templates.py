"""List Templates against the sandbox: what is filtered, and how far it is listed."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import Live

pytestmark = pytest.mark.anyio


@pytest.fixture
async def full(live: Live) -> Live:
    """The account with some more templates, of which Meta has reviewed the first two."""
    for index, (name, language, category) in enumerate(
        [
            ("one", "en_US", "UTILITY"),
            ("one", "cs", "UTILITY"),
            ("two", "en_US", "MARKETING"),
        ]
    ):
        body = f"Thank you for parcel {index}."
        wanted = {"name": name, "language": language, "category": category, "body": body}
        await live.run("CreateTemplate", **wanted)
        if index == 1:
            async with live.sandbox.controls() as controls:
                (await controls.post("/clock", json={"advanceS": 5})).raise_for_status()
    return live


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "one"}, ["one cs", "one en_US"]),
        ({"name": "one", "language": "cs"}, ["one cs"]),
        ({"text": "parcel 2"}, ["two en_US"]),
        ({"text": "parcel", "category": "MARKETING"}, ["two en_US"]),
        ({"text": "parcel", "status": "PENDING"}, ["two en_US"]),
        ({"text": "parcel", "quality": "UNKNOWN"}, ["one cs", "one en_US", "two en_US"]),
        ({"text": "parcel", "quality": "RED"}, []),
    ],
)
async def test_templates_are_listed_by_what_they_are(
    full: Live, filters: dict[str, Any], found: list[str]
) -> None:
    listed = await full.run("ListTemplates", **filters)

    assert sorted(f"{each.name} {each.language}" for each in listed.templates) == found
    assert (listed.count, listed.has_more) == (len(found), False)


async def test_a_limit_ends_the_list_and_says_that_there_are_more(full: Live) -> None:
    some = await full.run("ListTemplates", text="parcel", limit=2)
    all_of_them = await full.run("ListTemplates", text="parcel", limit=3)

    assert (some.count, some.has_more) == (2, True)
    assert (all_of_them.count, all_of_them.has_more) == (3, False)


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("limit", {"limit": 0}),
        ("status", {"status": "GONE"}),
        ("quality", {"quality": "BLUE"}),
        ("name", {"name": "Order"}),
    ],
)
async def test_what_no_template_can_be_is_refused(
    live: Live, field: str, input: dict[str, Any]
) -> None:
    assert await live.refusal("ListTemplates", **input) == field
    assert live.requests == []
