"""What is worth knowing of an account: its business accounts and their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import AuthorizationError, Fact
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
WABA = "102290129340398"
NUMBER = {
    "id": "106540352242922",
    "display_phone_number": "+1 555-078-3881",
    "verified_name": "Lucky Shrub",
    "name_status": "APPROVED",
    "platform_type": "CLOUD_API",
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
    "throughput": {"level": "STANDARD"},
}
SHOWN = "+1 555-078-3881"
WEBHOOKS = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"


@pytest.fixture
def account() -> StandInAccount:
    names = {WABA: "Lucky Shrub", "2002": "Second"}
    profile: dict[str, Any] = {"businessAccountId": WABA, "wabaIds": ["2002", WABA]}
    return StandInAccount(profile={**profile, "wabaNames": names})


def meta_lists(router: respx.MockRouter, *numbers: dict[str, Any]) -> None:
    router.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": list(numbers)})
    router.get(f"{ROOT}/2002/phone_numbers").respond(json={"data": []})


async def facts(host: RecordingHost, account: StandInAccount) -> list[Fact]:
    return [*await WhatsApp(host).facts(account)]


async def test_numbers_stand_with_their_business_account_the_default_one_first(
    host: RecordingHost, account: StandInAccount, respx_mock: respx.MockRouter
) -> None:
    meta_lists(respx_mock, NUMBER)

    found = await facts(host, account)

    assert found == [
        Fact("WhatsApp Business Account", f"Lucky Shrub ({WABA})", about="Lucky Shrub"),
        Fact("Phone Number ID", "106540352242922", about=SHOWN),
        Fact("Display Name", "Lucky Shrub (approved)", about=SHOWN),
        Fact("Cloud API", "registered", about=SHOWN),
        Fact("Status", "connected", about=SHOWN),
        Fact("Quality", "green", about=SHOWN),
        Fact("Messaging Limit", "TIER_2K", about=SHOWN),
        Fact("Throughput", "standard", about=SHOWN),
        Fact("WhatsApp Business Account", "Second (2002)", about="Second"),
        Fact("Phone Numbers", "It has none", "advice", "Second"),
    ]


@pytest.mark.parametrize(
    ("changed", "label", "state"),
    [
        ({"platform_type": "NOT_APPLICABLE"}, "Cloud API", "advice"),
        ({"quality_rating": "YELLOW"}, "Quality", "advice"),
        ({"quality_rating": "RED"}, "Quality", "fault"),
        ({"quality_rating": "UNKNOWN"}, "Quality", "fine"),
        ({"status": "BANNED"}, "Status", "fault"),
        ({"name_status": "DECLINED"}, "Display Name", "advice"),
    ],
)
async def test_what_may_want_a_change_is_marked(
    host: RecordingHost,
    account: StandInAccount,
    respx_mock: respx.MockRouter,
    changed: dict[str, str],
    label: str,
    state: str,
) -> None:
    meta_lists(respx_mock, {**NUMBER, **changed})

    found = {each.label: each.state for each in await facts(host, account) if each.about == SHOWN}

    assert found[label] == state


@pytest.mark.parametrize(("status", "code", "state"), [(403, 200, "fault"), (400, 80008, "advice")])
async def test_a_business_account_that_cannot_be_read_costs_the_others_nothing(
    host: RecordingHost,
    account: StandInAccount,
    respx_mock: respx.MockRouter,
    status: int,
    code: int,
    state: str,
) -> None:
    meta_lists(respx_mock, NUMBER)
    error = {"error": {"message": "No", "code": code}}
    respx_mock.get(f"{ROOT}/2002/phone_numbers").respond(status, json=error)

    *_, last = await facts(host, account)

    assert (last.label, last.state, last.about) == ("Phone Numbers", state, "Second")
    assert last.value.startswith("Meta does not list them: ")


async def test_an_account_that_has_to_be_connected_again_tells_nothing(
    host: RecordingHost, account: StandInAccount, respx_mock: respx.MockRouter
) -> None:
    expired = httpx.Response(401, json={"error": {"message": "Expired", "code": 190}})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").mock(return_value=expired)
    respx_mock.get(f"{ROOT}/2002/phone_numbers").mock(return_value=expired)

    with pytest.raises(AuthorizationError):
        await facts(host, account)


async def test_what_meta_has_told_stands_beside_what_it_says_now(
    host: RecordingHost, account: StandInAccount, respx_mock: respx.MockRouter
) -> None:
    meta_lists(respx_mock, NUMBER)
    plugin = WhatsApp(host)
    for name in (
        "account_update.ACCOUNT_RESTRICTION",
        "account_update.ACCOUNT_VIOLATION",
        "phone_number_name_update.REJECTED",
        "phone_number_quality_update.THROUGHPUT_UPGRADE",
    ):
        content = (WEBHOOKS / f"fields.{name}.json").read_bytes()
        await plugin.before_routing(plugin.read(content))

    found = await plugin.facts(account)

    told = [each for each in found if "Told" in each.label or each.label == "Policy Violated"]
    when = "2026-09-21 14:13 UTC"
    assert [(each.label, each.state, each.about) for each in told] == [
        ("Told by Meta", "fault", "Lucky Shrub"),
        ("Told by Meta", "advice", "Lucky Shrub"),
        ("Policy Violated", "advice", "Lucky Shrub"),
        ("Name Review, Last Told", "fine", SHOWN),
        ("Messaging Limit, Last Told", "fine", SHOWN),
        ("Throughput, Last Told", "fine", SHOWN),
    ]
    assert "until 2026-09-24 14:13 UTC" in told[0].value
    assert [each.value for each in told[3:]] == [
        f"REJECTED (Best Shop: NAME_EMPLOYEE_ISSUE), {when}",
        f"TIER_UNLIMITED, {when}",
        f"HIGH, {when}",
    ]
