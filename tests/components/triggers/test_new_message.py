"""New Message starts a run for those messages that its filters ask for."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from appmixer.engine.contract import component_schema
from appmixer.engine.contract.testing import RecordingContext

from .heard import TRIGGERS, body, outputs

pytestmark = pytest.mark.anyio

PERSON, BSUID = "16505551234", "US.13491208655302741918"


def said(text: str, **changes: Any) -> dict[str, Any]:
    """Meta's example of a text, with another text."""
    parsed = copy.deepcopy(body("messages.text.bsuid"))
    value = parsed["entry"][0]["changes"][0]["value"]
    value["messages"][0] |= {"text": {"body": text}, **changes}
    return parsed


async def is_heard(
    quiet: RecordingContext, webhook: str | dict[str, Any], **properties: Any
) -> bool:
    return bool(await outputs(quiet, "NewMessage", webhook, **properties))


@pytest.mark.parametrize(
    ("webhook", "words", "expected"),
    [
        (said("Please STOP it"), ["stop", "ende"], True),
        (said("Schluss. Ende!"), ["stop", "ende"], True),
        (said("unstoppable"), ["stop", "ende"], False),
        ("messages.image", ["mahal"], True),
        ("messages.document", ["receipt"], True),
        ("messages.button", ["unsubscribe"], True),
        ("messages.interactive.button_reply", ["cancel"], True),
        ("messages.interactive.list_reply", ["express"], True),
        ("messages.location", ["philz"], False),
    ],
)
async def test_a_word_may_be_written_below_a_file_or_tapped(
    quiet: RecordingContext, webhook: Any, words: list[str], expected: bool
) -> None:
    assert await is_heard(quiet, webhook, keywords=words) == expected


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (["+1 (650) 555-1234"], True),
        ([PERSON], True),
        ([BSUID], True),
        (["US.ENT.11815799212886844830"], True),
        (["+16505559876", "+16505551234"], True),
        (["+16505559876"], False),
        (["US.1"], False),
    ],
)
async def test_people_are_named_by_number_or_user_id(
    quiet: RecordingContext, people: list[str], expected: bool
) -> None:
    assert await is_heard(quiet, "messages.text.bsuid", people=people) == expected


async def test_a_person_goes_by_both_forms_of_a_number(quiet: RecordingContext) -> None:
    parsed = said("Hola", **{"from": "5215512345678"})
    parsed["entry"][0]["changes"][0]["value"]["contacts"] = []

    assert await is_heard(quiet, parsed, people=["+52 55 1234 5678"])


@pytest.mark.parametrize(
    ("webhook", "ids", "expected"),
    [
        ("messages.interactive.button_reply", ["cancel-button"], True),
        ("messages.interactive.list_reply", ["x", "priority_express"], True),
        ("messages.button", ["Unsubscribe"], True),
        ("messages.interactive.button_reply", ["Cancel"], False),
        ("messages.text", ["cancel-button"], False),
    ],
)
async def test_replies_are_named_by_their_ids(
    quiet: RecordingContext, webhook: str, ids: list[str], expected: bool
) -> None:
    assert await is_heard(quiet, webhook, replyIds=ids) == expected


@pytest.mark.parametrize(
    ("webhook", "expected"),
    [
        ("messages.text.referral_ad", True),
        ("messages.text.referral_post_video", True),
        ("messages.text", False),
    ],
)
async def test_what_came_from_an_ad_can_be_asked_for(
    quiet: RecordingContext, webhook: str, expected: bool
) -> None:
    assert await is_heard(quiet, webhook, fromAd=True) == expected


@pytest.mark.parametrize(
    ("chats", "in_group", "alone"),
    [("all", True, True), ("groups", True, False), ("people", False, True)],
)
async def test_groups_can_be_left_out_or_asked_for_alone(
    quiet: RecordingContext, chats: str, in_group: bool, alone: bool
) -> None:
    assert await is_heard(quiet, "messages.text.group", chats=chats) == in_group
    assert await is_heard(quiet, "messages.text", chats=chats) == alone


async def test_every_filter_has_to_fit(quiet: RecordingContext) -> None:
    wanted: dict[str, Any] = {"people": [PERSON], "keywords": ["color"], "messageTypes": ["text"]}

    assert await is_heard(quiet, "messages.text", **wanted)
    assert not await is_heard(quiet, "messages.text", **wanted, fromAd=True)


async def test_metas_test_button_starts_only_those_that_asked_for_it_and_is_marked(
    quiet: RecordingContext,
) -> None:
    assert not await is_heard(quiet, "dashboard_test.messages")

    # Its sample came to a number that nobody has.
    asked = {"includeTests": True, "phoneNumberId": "106540352242922"}
    [test] = await outputs(quiet, "NewMessage", "dashboard_test.messages", **asked)

    assert (test["isTest"], test["text"]) == (True, {"body": "this is a text message"})
    assert not await is_heard(quiet, "dashboard_test.messages", **asked, keywords=["stop"])
    [real] = await outputs(quiet, "NewMessage", "messages.text", **asked)
    assert real["isTest"] is False


async def test_what_meta_tells_beside_a_message_is_kept(quiet: RecordingContext) -> None:
    [output] = await outputs(quiet, "NewMessage", "messages.text.conversation_context")

    summary = {"text": "Customer asked about order 12345 and wants a human."}
    assert output["beside"] == {"conversation_context": {"type": "summary", "summary": summary}}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("people", ["somebody"]),
        ("people", ["0"]),
        ("keywords", [" "]),
        ("keywords", "stop"),
        ("replyIds", [""]),
        ("chats", "nobody"),
        ("messageTypes", ["voice"]),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused_while_it_is_filled_in(
    field: str, wrong: Any
) -> None:
    component = TRIGGERS["NewMessage"]
    schema = component_schema("appmixer.whatsapp.NewMessage", type(component))

    [error] = Draft202012Validator(schema).iter_errors({field: wrong})  # pyright: ignore[reportUnknownMemberType]

    assert error.absolute_path[0] == field
    with pytest.raises(ValidationError):
        component.Input.model_validate({field: wrong})


def test_filters_stand_under_a_heading_of_their_own() -> None:
    schema = component_schema("appmixer.whatsapp.NewMessage", type(TRIGGERS["NewMessage"]))

    groups = {name: each.get("x-group") for name, each in schema["properties"].items()}
    under = {name for name, group in groups.items() if group == "Only When"}
    assert under == {"people", "keywords", "replyIds", "fromAd", "chats", "messageTypes"}
