"""What a chat with a number offers before anything is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..live import NUMBER, Live

pytestmark = pytest.mark.anyio

ORDER = {"name": "order", "description": "Ask for your last order"}
METAS = {"command_name": "order", "command_description": "Ask for your last order"}


def posted(live: Live) -> list[dict[str, Any]]:
    return [json.loads(each.content) for each in live.requests if each.method == "POST"]


async def set_starters(live: Live, **given: Any) -> Any:
    return await live.run("SetConversationStarters", phoneNumberId=NUMBER, **given)


async def offered(live: Live) -> dict[str, Any]:
    """What the chat offers, asked of Meta."""
    path = f"{NUMBER}/conversational_automation"
    answer = await live.run("MakeApiCall", path=path)
    found: dict[str, Any] = answer.body["conversational_automation"]
    return {name: found[name] for name in ("prompts", "commands")}


async def test_prompts_and_commands_are_set_and_replace_those_there_are(live: Live) -> None:
    await set_starters(live, prompts=["Plan a trip"])
    output = await set_starters(live, prompts=["Book a flight", "Where is it?"], commands=[ORDER])

    assert output.model_dump() == {"success": True, "phoneNumberId": NUMBER}
    assert posted(live)[1] == {"prompts": ["Book a flight", "Where is it?"], "commands": [METAS]}
    assert await offered(live) == posted(live)[1]


async def test_what_is_left_empty_stays_and_what_is_cleared_goes(live: Live) -> None:
    await set_starters(live, prompts=["Plan a trip"], commands=[ORDER])
    await set_starters(live, clear=["prompts"], commands=[])

    assert posted(live)[1] == {"prompts": []}
    assert await offered(live) == {"prompts": [], "commands": [METAS]}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "prompts"),
        ({"prompts": ["a", "b", "c", "d", "e"]}, "prompts"),
        ({"prompts": ["x" * 81]}, "prompts"),
        ({"prompts": [" "]}, "prompts"),
        ({"commands": [{**ORDER, "name": "my order"}]}, "commands"),
        ({"commands": [{**ORDER, "name": "x" * 33}]}, "commands"),
        ({"commands": [{**ORDER, "description": "x" * 257}]}, "commands"),
        ({"commands": [{"name": "order"}]}, "commands"),
        ({"commands": [ORDER, {**ORDER, "description": "Another"}]}, "commands"),
        ({"commands": [{**ORDER, "name": f"c{each}"} for each in range(31)]}, "commands"),
        ({"prompts": ["a"], "clear": ["prompts"]}, "clear"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_meta_is_asked(
    live: Live, wrong: dict[str, Any], field: str
) -> None:
    refused = await live.refusal("SetConversationStarters", **{"phoneNumberId": NUMBER, **wrong})

    assert refused == field
    assert live.requests == []
