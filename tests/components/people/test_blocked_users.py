"""Blocking people at a sender number, and letting them in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import RejectedError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.people.block_user import BlockUser
from appmixer.whatsapp.plugin.numbers.blocking import PeopleInput

from ..conftest import GRAPH
from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[2] / "data" / "responses"
STRANGER = "+16505559876"
BSUID = "US.13491208655302741918"
GROUP = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
BLOCKED = {"input": PERSON, "waId": "16505551234", "userId": None}


def asked(live: Live) -> list[tuple[str, Any]]:
    """What was asked of Meta about blocked people that changes something."""
    found = [each for each in live.requests if each.url.path.endswith("/block_users")]
    return [(each.method, json.loads(each.content)) for each in found if each.method != "GET"]


async def listed(live: Live, **more: Any) -> Any:
    return await live.run("ListBlockedUsers", phoneNumberId=NUMBER, **more)


async def test_who_wrote_lately_is_blocked_listed_and_let_in_again(live: Live) -> None:
    await live.ready()

    blocked = await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON])
    during = await listed(live)
    unblocked = await live.run("UnblockUser", phoneNumberId=NUMBER, people=[PERSON])
    after = await listed(live)

    done = {"phoneNumberId": NUMBER, "done": [BLOCKED], "failed": [], "isComplete": True}
    assert (blocked.model_dump(), unblocked.model_dump()) == (done, done)
    assert asked(live) == [
        ("POST", documented("block_users")),
        ("DELETE", documented("block_users")),
    ]
    assert during.model_dump() == {
        "people": [{"waId": "16505551234", "userId": None}],
        "count": 1,
        "hasMore": False,
    }
    assert (after.count, after.people) == (0, [])


async def test_blocking_twice_is_as_good_as_once(live: Live) -> None:
    await live.ready()

    first = await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON])
    second = await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON])

    assert first == second
    assert (await listed(live)).count == 1


async def test_a_person_who_is_named_twice_is_asked_for_once(live: Live) -> None:
    await live.ready()

    await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON, "+1 (650) 555-1234"])

    assert asked(live) == [("POST", documented("block_users"))]


async def test_a_user_id_names_a_person_too(live: Live) -> None:
    await live.ready()

    output = await live.run("BlockUser", phoneNumberId=NUMBER, people=[BSUID])

    assert asked(live)[0][1]["block_users"] == [{"user_id": BSUID}]
    assert [(each.input, each.user_id) for each in output.done] == [(BSUID, BSUID)]


async def test_of_each_person_it_is_told_whether_it_was_done_and_why_not(live: Live) -> None:
    await live.ready()

    output = await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON, STRANGER])

    assert [each.input for each in output.done] == [PERSON]
    [missed] = output.failed
    assert (missed.input, missed.wa_id, missed.code) == (STRANGER, "16505559876", 131047)
    assert missed.title == "Only who wrote in the last 24 hours can be blocked"
    assert "template" not in missed.cure
    assert output.is_complete is False


async def test_the_documented_answer_to_half_a_success_is_no_error(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    answer = json.loads((RESPONSES / "block_users.partial_failure.json").read_text())
    respx_mock.post(f"{GRAPH}/{NUMBER}/block_users").respond(400, json=answer)
    given = PeopleInput(phone_number_id=NUMBER, people=[PERSON, STRANGER])

    output = await BlockUser().receive(context, given)

    assert [each.wa_id for each in output.done] == ["16505551234"]
    assert [(each.wa_id, each.code) for each in output.failed] == [("16505559876", 131047)]
    assert "last 24 hours" in output.failed[0].cause


async def test_when_it_was_done_of_nobody_the_step_fails_with_the_reason(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("BlockUser", phoneNumberId=NUMBER, people=[STRANGER])

    assert (caught.value.field, caught.value.code) == ("people", 131047)
    assert caught.value.title == "Only who wrote in the last 24 hours can be blocked"


async def test_an_answer_that_names_nobody_is_no_success(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    error = {"error": {"code": 139100, "message": "(#139100) Failed to block some users"}}
    respx_mock.post(f"{GRAPH}/{NUMBER}/block_users").respond(400, json=error)

    with pytest.raises(RejectedError) as caught:
        await BlockUser().receive(context, PeopleInput(phone_number_id=NUMBER, people=[PERSON]))

    assert caught.value.code == 139100


async def test_another_error_is_one_although_the_answer_names_people(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    error = {"error": {"code": 139101, "message": "(#139101) Blocklist limit reached"}}
    respx_mock.post(f"{GRAPH}/{NUMBER}/block_users").mock(httpx.Response(400, json=error))

    with pytest.raises(RejectedError) as caught:
        await BlockUser().receive(context, PeopleInput(phone_number_id=NUMBER, people=[PERSON]))

    assert caught.value.code == 139101


async def test_no_more_people_are_listed_than_asked_for(live: Live) -> None:
    await live.ready()
    async with live.sandbox.controls() as controls:
        said = {"type": "text", "text": {"body": "Hi"}}
        path = f"/people/{STRANGER.removeprefix('+')}/messages"
        (await controls.post(path, json=said)).raise_for_status()
    await live.run("BlockUser", phoneNumberId=NUMBER, people=[PERSON, STRANGER])

    output = await listed(live, atMost=1)

    assert (output.count, output.has_more) == (1, True)
    assert (await listed(live, atMost=2)).has_more is False


@pytest.mark.parametrize(
    ("component", "wrong", "field"),
    [
        ("BlockUser", {"people": []}, "people"),
        ("BlockUser", {"people": ["Sheena"]}, "people"),
        ("BlockUser", {"people": [PERSON, "+1"]}, "people"),
        ("BlockUser", {"people": PERSON}, "people"),
        (
            "BlockUser",
            {"people": [GROUP]},
            "people",
        ),
        ("BlockUser", {"people": [PERSON] * 1001}, "people"),
        ("UnblockUser", {"people": []}, "people"),
        ("UnblockUser", {"people": ["Sheena"]}, "people"),
        ("UnblockUser", {"people": [""]}, "people"),
        ("ListBlockedUsers", {"atMost": 0}, "atMost"),
        ("ListBlockedUsers", {"atMost": 64_001}, "atMost"),
        ("ListBlockedUsers", {"phoneNumberId": "none"}, "phoneNumberId"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_meta_is_asked(
    live: Live, component: str, wrong: dict[str, Any], field: str
) -> None:
    refused = await live.refusal(component, **{"phoneNumberId": NUMBER, **wrong})

    assert refused == field
    assert [each for each in live.requests if each.url.path.endswith("/block_users")] == []
