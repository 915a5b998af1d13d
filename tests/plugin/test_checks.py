"""The doctor looks at every link and names the cure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx
import pytest
import respx

from appmixer.engine.contract import Check, Listener
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
DIALOG = "https://www.facebook.com/v25.0/dialog/oauth"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


@pytest.fixture
def account() -> StandInAccount:
    return StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA]})


def failing(checks: Sequence[Check]) -> list[str]:
    return [each.name for each in checks if each.state == "fault"]


def advised(checks: Sequence[Check]) -> list[str]:
    return [each.name for each in checks if each.state == "advice"]


def listen(host: RecordingHost, route: str) -> None:
    host.listening["flow-1/incoming"] = Listener("flow-1/incoming", route, {}, "account-1")


async def test_a_complete_setup_holds(host: RecordingHost, respx_mock: respx.MockRouter) -> None:
    row = {
        "object": "whatsapp_business_account",
        "callback_url": "https://example.com/events",
        "fields": [{"name": "messages"}],
    }
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": [row]})
    respx_mock.get(DIALOG).respond(302)

    checks = await WhatsApp(host).checks(None)

    assert [each.state for each in checks] == ["fine", "fine"]
    assert checks[-1].finding == "Meta delivers to https://example.com/events."


async def test_an_app_without_a_webhook_says_where_to_enter_it(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})
    respx_mock.get(DIALOG).respond(302)

    checks = await WhatsApp(host).checks(None)

    assert failing(checks) == ["webhook"]
    assert "/plugins/appmixer/whatsapp/events" in checks[-1].cure


async def test_a_missing_login_configuration_is_advice(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    host.configuration = {**host.configuration, "configId": ""}
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})

    checks = await WhatsApp(host).checks(None)

    assert advised(checks) == ["configId"]
    assert "plain consent screen" in checks[0].finding
    assert "config set appmixer:whatsapp configId" in checks[0].cure


@pytest.mark.parametrize(
    ("refused", "state"),
    [
        # Only with the configuration: it is the configuration that is refused.
        ("config_id", "fault"),
        # In any case: something else is wrong, and other findings tell what.
        ("client_id", "fine"),
    ],
)
async def test_a_login_configuration_that_the_dialog_refuses_is_a_fault(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    refused: str,
    state: str,
) -> None:
    def dialog(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400 if refused in request.url.params else 302)

    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})
    respx_mock.get(DIALOG).mock(side_effect=dialog)

    checks = await WhatsApp(host).checks(None)

    assert (checks[0].name, checks[0].state) == ("configId", state)


async def test_a_login_dialog_that_cannot_be_reached_says_nothing_of_the_configuration(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})
    respx_mock.get(DIALOG).mock(side_effect=httpx.ConnectTimeout("slow"))

    checks = await WhatsApp(host).checks(None)

    assert (checks[0].name, checks[0].state) == ("configId", "fine")


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
        Check("token", "fine", "The token is valid; it expires: never."),
        Check(f"waba {WABA}", "fine", "It is called 'Lucky Shrub'."),
        Check(f"subscription {WABA}", "fine", "Its events are delivered."),
        Check(f"numbers {WABA}", "fine", "Registered numbers: 1."),
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
    listen(host, f"messages:{WABA}")

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


@pytest.mark.parametrize(
    ("route", "numbers", "state"),
    [
        # A spare number beside one that works.
        (f"messages:{WABA}", {"1": "CLOUD_API", "2": "NOT_APPLICABLE"}, "advice"),
        (f"messages:{WABA}:1", {"1": "CLOUD_API", "2": "NOT_APPLICABLE"}, "advice"),
        # The very number that a flow listens to.
        (f"messages:{WABA}:2", {"1": "CLOUD_API", "2": "NOT_APPLICABLE"}, "fault"),
        # No number at all that could hear.
        (f"statuses:{WABA}", {"1": "NOT_APPLICABLE", "2": "NOT_APPLICABLE"}, "fault"),
        (f"messages:{WABA}", {}, "fault"),
        # Nobody listens to this account, only to one whose id begins alike.
        (f"messages:{WABA}9", {"1": "NOT_APPLICABLE"}, "advice"),
        (f"messages:{WABA}9", {}, "advice"),
        (f"messages:{WABA}", {"1": "CLOUD_API"}, "fine"),
    ],
)
async def test_an_unregistered_number_is_a_fault_only_where_a_flow_misses_it(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    account: StandInAccount,
    route: str,
    numbers: dict[str, str],
    state: str,
) -> None:
    app = {"whatsapp_business_api_data": {"id": APP_ID}}
    listed = [{"id": id, "platform_type": platform} for id, platform in numbers.items()]
    respx_mock.get(f"{ROOT}/debug_token").respond(401, json={"error": {"code": 190}})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [app]})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": listed})
    listen(host, route)

    checks = {each.name: each for each in await WhatsApp(host).checks(account)}

    assert checks[f"numbers {WABA}"].state == state


async def test_an_account_that_no_flow_listens_to_need_not_be_subscribed(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    respx_mock.get(f"{ROOT}/debug_token").respond(401, json={"error": {"code": 190}})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": []})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": []})

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token"]
    assert advised(checks) == [f"subscription {WABA}", f"numbers {WABA}"]


async def test_a_lost_account_that_nobody_uses_is_advice(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    account = StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA, "2002"]})
    respx_mock.get(f"{ROOT}/debug_token").respond(401, json={"error": {"code": 190}})
    for waba_id in (WABA, "2002"):
        error = {"error": {"code": 100, "error_subcode": 33}}
        respx_mock.get(f"{ROOT}/{waba_id}").respond(400, json=error)

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token", f"waba {WABA}"]
    assert advised(checks) == ["waba 2002"]
