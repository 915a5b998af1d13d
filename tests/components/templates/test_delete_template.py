"""Delete Template: all languages of a name, or one, and what a second time says."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import Live

pytestmark = pytest.mark.anyio


async def new(live: Live, language: str) -> str:
    wanted = {"name": "t", "language": language, "category": "UTILITY", "body": "Thank you."}
    return str((await live.run("CreateTemplate", **wanted)).id)


async def languages(live: Live) -> list[str]:
    listed = await live.run("ListTemplates", name="t")
    return sorted(each.language for each in listed.templates)


async def test_all_languages_are_deleted_and_a_second_time_says_so(live: Live) -> None:
    await new(live, "en_US")
    await new(live, "cs")

    first = await live.run("DeleteTemplate", name="t")
    second = await live.run("DeleteTemplate", name="t")

    assert await languages(live) == []
    assert first.model_dump() == {"name": "t", "deleted": True, "wasThere": True}
    assert second.model_dump() == {"name": "t", "deleted": True, "wasThere": False}


async def test_one_language_is_deleted_alone(live: Live) -> None:
    english, _ = await new(live, "en_US"), await new(live, "cs")

    first = await live.run("DeleteTemplate", name="t", templateId=english)
    second = await live.run("DeleteTemplate", name="t", templateId=english)

    assert await languages(live) == ["cs"]
    assert (first.was_there, second.was_there) == (True, False)


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("name", {}),
        ("name", {"name": "Hello World"}),
        ("templateId", {"name": "hello_world", "templateId": "en_US"}),
        ("businessAccountId", {"name": "hello_world", "businessAccountId": "4711"}),
    ],
)
async def test_what_is_meant_by_nothing_is_refused(
    live: Live, field: str, input: dict[str, Any]
) -> None:
    assert await live.refusal("DeleteTemplate", **input) == field
    assert live.requests == []
