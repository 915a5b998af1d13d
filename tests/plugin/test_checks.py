"""The doctor looks at every link and names the cure."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import respx

from appmixer.engine.contract import Check
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


@pytest.fixture
def account() -> StandInAccount:
    return StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA]})


def failing(checks: Sequence[Check]) -> list[str]:
    return [each.name for each in checks if not each.holds]


async def test_a_setup_that_was_never_begun_says_what_to_set(host: RecordingHost) -> None:
    host.configuration = {}

    checks = await WhatsApp(host).checks(None)

    assert failing(checks) == ["clientId", "clientSecret", "verifyToken"]
    assert all("appmixer config set" in each.cure for each in checks)


async def test_a_complete_setup_holds(host: RecordingHost, respx_mock: respx.MockRouter) -> None:
    row = {
        "object": "whatsapp_business_account",
        "callback_url": "https://example.com/events",
        "fields": [{"name": "messages"}],
    }
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": [row]})

    checks = await WhatsApp(host).checks(None)

    assert failing(checks) == []
    assert checks[-1].finding == "Meta delivers to https://example.com/events."


async def test_an_app_without_a_webhook_says_where_to_enter_it(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})

    checks = await WhatsApp(host).checks(None)

    assert failing(checks) == ["webhook"]
    assert "/plugins/appmixer/whatsapp/events" in checks[-1].cure


async def test_a_working_account_holds(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": True, "scopes": SCOPES, "expires_at": 0}
    app = {"whatsapp_business_api_data": {"id": APP_ID}}
    number = {"id": "1", "platform_type": "CLOUD_API"}
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [app]})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": [number]})

    checks = await WhatsApp(host).checks(account)

    assert checks == [
        Check("token", True, "The token is valid; it expires: never."),
        Check(f"waba {WABA}", True, "It is called 'Lucky Shrub'."),
        Check(f"subscription {WABA}", True, "Its events are delivered."),
        Check(f"numbers {WABA}", True, "Registered numbers: 1."),
    ]


async def test_every_broken_link_is_reported_and_not_only_the_first(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": True, "scopes": SCOPES[:1]}
    other = {"whatsapp_business_api_data": {"id": "1"}}
    number = {"id": "1", "display_phone_number": "+1 555", "platform_type": "NOT_APPLICABLE"}
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [other]})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": [number]})

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token", f"subscription {WABA}", f"numbers {WABA}"]
    assert "whatsapp_business_messaging" in checks[0].finding
    assert "+1 555" in checks[3].finding
    assert "Ensure Sender Phone Number Registered" in checks[3].cure


async def test_a_dead_token_and_a_lost_account_are_findings_and_no_errors(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": False, "error": {"code": 190, "subcode": 460}}
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(
        400, json={"error": {"code": 100, "error_subcode": 33}}
    )

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token", f"waba {WABA}"]
    assert "Connect the account again" in checks[0].cure
