"""Each trigger of Meta's webhooks on a whole engine: the webhook comes, and its flow has run."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import pytest

from appmixer.engine.contract import load_connectors
from appmixer.sandbox.world.seed import PHONE_NUMBER_ID
from appmixer.whatsapp.plugin.ledgers.closings import CLOSINGS
from appmixer.whatsapp.plugin.triggers.listening import ListeningTrigger

from .conftest import Stage

pytestmark = pytest.mark.anyio

OF_NUMBER = {"phoneNumberId": PHONE_NUMBER_ID}
# The webhook that each is played with, and what its flow asks for beside the test events.
PLAYED: dict[str, tuple[str, dict[str, Any]]] = {
    "NewMessage": ("messages.text", {**OF_NUMBER, "messageTypes": ["text"]}),
    "MessageStatusUpdated": ("statuses.failed.131047", {**OF_NUMBER, "onlyFailed": True}),
    "MessageEchoed": ("fields.smb_message_echoes.text", {**OF_NUMBER, "messageTypes": ["text"]}),
    "FlowCompleted": ("messages.interactive.nfm_reply.flow", OF_NUMBER),
    "NewOrder": ("messages.order", OF_NUMBER),
    "UserPreferenceChanged": ("fields.user_preferences.stop", {"choices": ["stop"]}),
    "TemplateStatusUpdated": (
        "fields.message_template_status_update.REJECTED",
        {"statuses": ["REJECTED"]},
    ),
    "TemplateQualityUpdated": ("fields.message_template_quality_update", {}),
    "TemplateCategoryUpdated": ("fields.template_category_update.changed", {}),
    "PhoneNumberQualityUpdated": ("fields.phone_number_quality_update.THROUGHPUT_UPGRADE", {}),
    "AccountUpdated": ("fields.account_update.ACCOUNT_VIOLATION", {"fields": ["account_update"]}),
    "NewEvent": ("fields.security.PIN_CHANGED", {"fields": ["security"]}),
}


def test_every_trigger_that_hears_of_meta_is_played() -> None:
    heard = {
        name.rpartition(".")[2]
        for name, found in load_connectors()["appmixer:whatsapp"].components().items()
        # The others wake by the clock.
        if issubclass(found, ListeningTrigger) and CLOSINGS not in found.events
    }

    assert {*PLAYED} == heard


async def test_a_webhook_runs_its_flow_and_so_does_the_test_button_of_the_dashboard(
    stage: Stage,
) -> None:
    await anyio.to_thread.run_sync(stage.sandbox.register_number)
    for name, (_, asked) in PLAYED.items():
        heard = {
            "type": f"appmixer.whatsapp.{name}",
            "account": "acme",
            "input": {"includeTests": True, **asked},
        }
        await stage.call("PUT", f"/api/flows/{name}", {"name": name, "components": {"on": heard}})
        await stage.call("POST", f"/api/flows/{name}/start")

    for event, _ in PLAYED.values():
        for changes in ({}, {"entry[0].id": "0"}):
            wanted = {"event": event, "set": changes}
            await anyio.to_thread.run_sync(stage.sandbox.control, "POST", "/trigger", wanted)

    for name in PLAYED:
        runs = await stage.runs(name, 2)
        given = [value for run in runs for [value] in run["steps"][0]["output"].values()]
        assert [each["status"] for each in runs] == ["completed", "completed"]
        assert sorted(each["isTest"] for each in given) == [False, True]
