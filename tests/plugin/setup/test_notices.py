"""What becomes of a template is told to the owners of the account, through the host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WEBHOOKS = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"


def webhook(status: str, field: str = "message_template_status_update") -> bytes:
    return (WEBHOOKS / f"fields.{field}.{status}.json").read_bytes()


@pytest.mark.parametrize(
    ("status", "title", "cause"),
    [
        ("PAUSED", "is paused", "Your WhatsApp message template has been paused for 3 hours"),
        ("DISABLED", "is disabled", ""),
        ("REJECTED", "was rejected", "Meta gives the reason "),
    ],
)
async def test_a_template_that_cannot_be_sent_now_is_told_to_owners_with_cause_and_cure(
    host: RecordingHost, status: str, title: str, cause: str
) -> None:
    plugin = WhatsApp(host)

    await plugin.before_routing(plugin.read(webhook(status)))

    [(topics, notice)] = host.told
    assert "account:102290129340398" in topics
    assert notice.title == f"The template order_confirmation (en_US) {title}"
    assert notice.cause.startswith(cause)
    assert notice.cure.endswith(".")
    assert notice.details == {
        "wabaId": "102290129340398",
        "templateName": "order_confirmation",
        "language": "en_US",
        "status": status,
    }


async def test_the_same_webhook_tells_the_same_and_good_news_tell_nothing(
    host: RecordingHost,
) -> None:
    plugin = WhatsApp(host)
    for each in (webhook("PAUSED"), webhook("PAUSED"), webhook("APPROVED")):
        await plugin.before_routing(plugin.read(each))

    (_, first), (_, second) = host.told
    assert first.id == second.id


async def test_metas_test_button_tells_nobody_that_a_template_is_paused(
    host: RecordingHost,
) -> None:
    plugin = WhatsApp(host)
    content = json.loads(webhook("PAUSED"))
    content["entry"][0]["id"] = "0"

    await plugin.before_routing(plugin.read(json.dumps(content).encode()))

    assert host.told == []


async def test_a_status_that_says_hardly_anything_harms_nothing(host: RecordingHost) -> None:
    content = json.loads(webhook("PAUSED"))
    content["entry"][0]["changes"][0]["value"] = {"event": "PAUSED"}
    plugin = WhatsApp(host)

    await plugin.before_routing(plugin.read(json.dumps(content).encode()))

    assert len(host.told) == 1


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (
            "ACCOUNT_RESTRICTION",
            {
                "is restricted": "until 2026-09-24 14:13 UTC, as it told on 2026-09-21. It may "
                "write to nobody whose 24-hour window is not open.",
                "is restricted ": "It may not add phone numbers.",
            },
        ),
        ("DISABLED_UPDATE", {"will be disabled": "on October 17, 2026, as it told on 2026-09-21."}),
        ("ACCOUNT_DELETED", {"was deleted": "nothing can be sent from it."}),
        ("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", {}),
    ],
)
async def test_an_account_in_trouble_is_told_to_its_owners(
    host: RecordingHost, happened: str, told: dict[str, str]
) -> None:
    plugin = WhatsApp(host)

    await plugin.before_routing(plugin.read(webhook(happened, "account_update")))

    name = "WhatsApp Business Account 102290129340398"
    titles = [f"{name} {each.strip()}" for each in told]
    assert [notice.title for _, notice in host.told] == titles
    for (topics, notice), cause in zip(host.told, told.values(), strict=True):
        assert "account:102290129340398" in topics
        assert notice.cause.endswith(cause)
        assert "appeal" in notice.cure
        assert notice.details["status"] == happened
    assert len({notice.id for _, notice in host.told}) == len(told)
