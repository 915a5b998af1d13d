"""Each of Meta's webhooks comes out of the trigger that is for it, typed and whole."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import TRIGGERS, WEBHOOKS, body, leaves, outputs

pytestmark = pytest.mark.anyio

NAMES = sorted(path.stem for path in WEBHOOKS.glob("*.json"))
WABAS = ("102290129340398", "419561257915477")
# What asks for more than a trigger hears by itself.
ALL = {"includeTests": True}
STANDBY = {**ALL, "includeStandby": True}
PROPERTIES: dict[str, dict[str, Any]] = dict.fromkeys(TRIGGERS, ALL) | {
    "NewMessage": STANDBY,
    "MessageStatusUpdated": STANDBY,
    "MessageEchoed": STANDBY,
}
# The typed trigger of each webhook, by how its name begins: the longest beginning counts.
TYPED = {
    "dashboard_test.messages": "NewMessage",
    "messages.": "NewMessage",
    "messages.errors_only": "",
    "messages.user_actions": "",
    "statuses.": "MessageStatusUpdated",
    "fields.account_update": "AccountUpdated",
    "fields.account_alerts": "AccountUpdated",
    "fields.account_review_update": "AccountUpdated",
    "fields.business_capability_update": "AccountUpdated",
    "fields.message_template_status_update": "TemplateStatusUpdated",
    "fields.message_template_quality_update": "TemplateQualityUpdated",
    "fields.template_category_update": "TemplateCategoryUpdated",
    "fields.phone_number_quality_update": "PhoneNumberQualityUpdated",
    "fields.user_preferences": "UserPreferenceChanged",
    "fields.smb_message_echoes": "MessageEchoed",
    "fields.standby.message": "NewMessage",
    "fields.standby.message_echo": "MessageEchoed",
    "fields.standby.status": "MessageStatusUpdated",
}
# Beside the typed one: what is a kind of message comes out of the trigger of that kind as well.
BESIDE = {
    "messages.order": {"NewOrder"},
    "messages.interactive.nfm_reply.flow": {"FlowCompleted"},
    "messages.batch": {"MessageStatusUpdated"},
}
CONSTANTS = {'"whatsapp"'}


def typed(name: str) -> str:
    beginnings = [each for each in TYPED if name.startswith(each)]
    return TYPED[max(beginnings, key=len)] if beginnings else ""


@pytest.mark.parametrize("name", NAMES)
async def test_a_webhook_comes_out_of_its_triggers_and_nothing_of_its_value_is_lost(
    quiet: RecordingContext, name: str
) -> None:
    parsed = body(name)
    assert quiet.connected is not None
    quiet.connected.profile = {"wabaIds": [*WABAS, "506914307656634"]}
    given: dict[str, list[dict[str, Any]]] = {}
    for trigger in TRIGGERS:
        for waba_id in {entry["id"] for entry in parsed["entry"]} & {*WABAS} or {WABAS[0]}:
            properties = {"businessAccountId": waba_id, **PROPERTIES[trigger]}
            found = await outputs(quiet, trigger, parsed, **properties)
            given.setdefault(trigger, []).extend(found)
    by_trigger = {trigger: each for trigger, each in given.items() if each}

    raw = by_trigger.pop("NewEvent", [])
    assert {*by_trigger} == ({typed(name)} - {""}) | BESIDE.get(name, set())
    kept = Counter[str]()
    for found in by_trigger.values() if typed(name) else [raw]:
        # Two triggers that give the same event have kept it once.
        kept |= Counter(leaves(found))
    values = [change["value"] for entry in parsed["entry"] for change in entry["changes"]]
    lost = {*(Counter(leaves(values)) - kept)} - CONSTANTS
    # A portfolio's solution is of no WABA, so it starts nobody's flow.
    assert bool(lost) == (name == "fields.partner_solutions"), lost


@pytest.mark.parametrize("name", NAMES)
async def test_the_dashboards_test_button_starts_the_same_triggers_and_marks_a_test(
    quiet: RecordingContext, name: str
) -> None:
    pressed = body(name)
    for entry in pressed["entry"]:
        entry["id"] = "0"

    given = {each: await outputs(quiet, each, pressed, **PROPERTIES[each]) for each in TRIGGERS}
    unasked = {each: await outputs(quiet, each, pressed) for each in TRIGGERS}

    started = {trigger for trigger, found in given.items() if found} - {"NewEvent"}
    assert started == ({typed(name)} - {""}) | BESIDE.get(name, set())
    assert started or given["NewEvent"]
    assert all(each["isTest"] is True for found in given.values() for each in found)
    assert not any(unasked.values())
