"""New Event gives whatever Meta tells, as it came."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from appmixer.engine.contract import component_schema
from appmixer.engine.contract.testing import RecordingContext

from .heard import TRIGGERS, body, outputs

pytestmark = pytest.mark.anyio


async def test_a_field_without_a_trigger_of_its_own_comes_whole(quiet: RecordingContext) -> None:
    [event] = await outputs(quiet, "NewEvent", "fields.group_settings_update")

    [change] = body("fields.group_settings_update")["entry"][0]["changes"]
    assert (event["field"], event["kind"]) == ("group_settings_update", "value")
    assert (event["value"], event["phoneNumberId"]) == (change["value"], "106540352242922")


async def test_a_field_that_nobody_knows_yet_comes_too(quiet: RecordingContext) -> None:
    parsed = copy.deepcopy(body("fields.account_review_update"))
    parsed["entry"][0]["changes"][0] = {"field": "novelty_v2", "value": ["odd", 7]}

    for properties in ({}, {"fields": ["novelty_v2"]}):
        [event] = await outputs(quiet, "NewEvent", parsed, **properties)

        assert (event["field"], event["value"]) == ("novelty_v2", ["odd", 7])


@pytest.mark.parametrize(
    ("webhook", "kind"),
    [
        ("messages.text", "message"),
        ("statuses.read", "status"),
        ("messages.errors_only", "error"),
        ("messages.user_actions.link_click", "userAction"),
        ("fields.smb_message_echoes.text", "echo"),
        ("fields.user_preferences.stop", "userPreference"),
    ],
)
async def test_items_of_lists_come_one_by_one_with_what_stood_around_them(
    quiet: RecordingContext, webhook: str, kind: str
) -> None:
    [event] = await outputs(quiet, "NewEvent", webhook)

    assert event["kind"] == kind
    assert event["raw"][kind] == event["value"]
    assert event["raw"]["wabaId"] == event["wabaId"] == "102290129340398"


@pytest.mark.parametrize(
    ("webhook", "properties", "expected"),
    [
        ("messages.text", {"fields": ["messages"]}, 1),
        ("statuses.read", {"fields": ["messages"]}, 1),
        ("messages.errors_only", {"fields": ["messages"]}, 1),
        ("fields.flows.FLOW_STATUS_CHANGE", {"fields": ["flows", "calls"]}, 1),
        ("fields.calls.status", {"fields": ["flows", "calls"]}, 1),
        ("fields.security.PIN_CHANGED", {"fields": ["flows", "calls"]}, 0),
        ("fields.standby.message", {}, 0),
        ("fields.standby.message", {"fields": ["standby"]}, 1),
        ("fields.calls.status", {"phoneNumberId": "106540352242922"}, 1),
        ("fields.calls.status", {"businessAccountId": "2002", "phoneNumberId": "3003"}, 0),
        # It is of the account, and no number's.
        ("fields.security.PIN_CHANGED", {"phoneNumberId": "106540352242922"}, 0),
    ],
)
async def test_fields_and_numbers_can_be_chosen(
    quiet: RecordingContext, webhook: str, properties: dict[str, Any], expected: int
) -> None:
    assert len(await outputs(quiet, "NewEvent", webhook, **properties)) == expected


async def test_errors_of_conversations_that_another_app_leads_are_not_those_of_messages(
    quiet: RecordingContext,
) -> None:
    parsed = copy.deepcopy(body("fields.standby.message"))
    parsed["entry"][0]["changes"][0]["value"]["standby"] = {"errors": [{"code": 131000}]}

    assert not await outputs(quiet, "NewEvent", parsed, fields=["messages"])
    assert await outputs(quiet, "NewEvent", parsed)


@pytest.mark.parametrize("wrong", ["", "Messages", "two words", "account:1"])
def test_what_is_no_name_of_a_field_is_refused_while_it_is_filled_in(wrong: str) -> None:
    schema = component_schema("appmixer.whatsapp.NewEvent", type(TRIGGERS["NewEvent"]))

    [error] = Draft202012Validator(schema).iter_errors({"fields": [wrong]})  # pyright: ignore[reportUnknownMemberType]

    assert error.absolute_path[0] == "fields"
