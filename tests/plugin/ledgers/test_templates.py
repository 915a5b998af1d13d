"""What Meta tells of a template forgets its definition and marks the flows that use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WEBHOOKS = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"
WABA = "102290129340398"
ORDER = f"template:{WABA}:order_confirmation:en_us"
WELCOME = f"template:{WABA}:welcome_template:en_us"


def webhook(name: str, **changed: Any) -> bytes:
    content = json.loads((WEBHOOKS / f"fields.{name}.json").read_text())
    content["entry"][0]["changes"][0]["value"] |= changed
    return json.dumps(content).encode()


async def hear(plugin: WhatsApp, name: str, **changed: Any) -> None:
    await plugin.before_routing(plugin.read(webhook(name, **changed)))


STATUS = "message_template_status_update"
COMPONENTS = "message_template_components_update"
QUALITY = "message_template_quality_update"
CATEGORY = "template_category_update"


@pytest.mark.parametrize(
    ("name", "about", "text"),
    [
        (f"{STATUS}.PAUSED", ORDER, "is paused. Your WhatsApp message template has been paused"),
        (f"{STATUS}.REJECTED", ORDER, "was rejected. Your template has parameters placed next to"),
        (f"{STATUS}.DISABLED", ORDER, "is disabled. Your WhatsApp message template has been"),
        (f"{STATUS}.FLAGGED", ORDER, "is rated poorly. Meta will disable it"),
        (f"{STATUS}.ARCHIVED", ORDER, "was archived. It cannot be sent"),
        (f"{STATUS}.PENDING_DELETION", ORDER, "is being deleted. Choose another one."),
        (COMPONENTS, ORDER, "was changed. Look through what it is filled in with"),
        (QUALITY, WELCOME, "is rated yellow by the people who got it."),
        (f"{CATEGORY}.changed", WELCOME, "is MARKETING now, and was UTILITY before."),
        (
            f"{CATEGORY}.impending",
            WELCOME,
            "will be MARKETING in the place of UTILITY on 2026-09-22.",
        ),
    ],
)
async def test_flows_are_marked_with_what_has_become_of_their_template(
    host: RecordingHost, name: str, about: str, text: str
) -> None:
    plugin = WhatsApp(host)

    await hear(plugin, name)

    [(marked, said)] = host.changed
    template = about.split(":")[2]
    assert marked == about
    assert said.startswith(f"The template {template} (en_US) {text}")
    assert said.endswith(".")


@pytest.mark.parametrize(
    "name", [f"{STATUS}.PAUSED", COMPONENTS, f"{STATUS}.APPROVED", f"{CATEGORY}.changed", QUALITY]
)
async def test_a_definition_is_forgotten_when_meta_tells_of_its_template(
    host: RecordingHost, name: str
) -> None:
    plugin = WhatsApp(host)
    for language in ("en_US", "es"):
        for template in ("order_confirmation", "welcome_template"):
            await plugin.templates.keep(WABA, template, language, {"name": template})
    mine = "welcome_template" if name in (QUALITY, f"{CATEGORY}.changed") else "order_confirmation"

    await hear(plugin, name)

    assert await plugin.templates.find(WABA, mine, "en_us") is None
    assert await plugin.templates.find(WABA, mine, "es") is not None


@pytest.mark.parametrize(
    ("heard", "marks"),
    [
        ([f"{STATUS}.PAUSED", f"{STATUS}.APPROVED"], ["paused", ""]),
        ([f"{STATUS}.APPROVED"], []),
        # What it says is another thing now, and somebody has to look at that.
        ([COMPONENTS, f"{STATUS}.APPROVED"], ["changed"]),
        ([f"{STATUS}.PAUSED", COMPONENTS, f"{STATUS}.APPROVED"], ["paused", "changed"]),
    ],
)
async def test_good_news_take_back_the_mark_of_a_state_and_none_of_a_change(
    host: RecordingHost, heard: list[str], marks: list[str]
) -> None:
    plugin = WhatsApp(host)

    for name in heard:
        await hear(plugin, name)

    found = [text for _, text in host.changed]
    assert all(
        mark in text and bool(mark) == bool(text) for mark, text in zip(marks, found, strict=True)
    )


async def test_a_better_rating_takes_back_its_own_mark_alone(host: RecordingHost) -> None:
    plugin = WhatsApp(host)
    name = {"message_template_name": "order_confirmation"}

    await hear(plugin, QUALITY, **name)
    await hear(plugin, QUALITY, **name, new_quality_score="GREEN")
    await hear(plugin, f"{STATUS}.PAUSED")
    await hear(plugin, QUALITY, **name, new_quality_score="UNKNOWN")

    texts = [text for _, text in host.changed]
    assert [bool(text) for text in texts] == [True, False, True]


@pytest.mark.parametrize("field", ["message_template_name", "message_template_language"])
async def test_what_names_no_template_marks_nothing(host: RecordingHost, field: str) -> None:
    plugin = WhatsApp(host)

    await hear(plugin, f"{STATUS}.PAUSED", **{field: None})

    assert host.changed == []


async def test_whatever_meta_says_can_stand_beside_a_flow(host: RecordingHost) -> None:
    plugin = WhatsApp(host)

    await hear(plugin, f"{STATUS}.PAUSED", other_info={"description": "a\0" + "b" * 10_000})

    [(_, text)] = host.changed
    assert "\0" not in text
    assert len(text) <= 2000
