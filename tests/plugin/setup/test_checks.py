"""The doctor looks at every link and names the cure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import httpx
import pytest
import respx

from appmixer.engine.contract import Check, Event, Listener
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
DIALOG = "https://www.facebook.com/v25.0/dialog/oauth"
HERE = "https://engine.example.com/plugins/appmixer/whatsapp/events"
AWAY = "https://other.example.net/hook"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


@pytest.fixture
def account() -> StandInAccount:
    return StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA]})


def app_delivers_to(router: respx.MockRouter, address: str) -> None:
    row = {
        "object": "whatsapp_business_account",
        "callback_url": address,
        "fields": [{"name": "messages"}],
    }
    router.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": [row]})


def this_engine(request: httpx.Request) -> httpx.Response:
    """Answer a handshake as the webhook does."""
    query = request.url.params
    if query["hub.verify_token"] != "test-verify-token":
        return httpx.Response(403, text="no")
    return httpx.Response(200, text=query["hub.challenge"])


def failing(checks: Sequence[Check]) -> list[str]:
    return [each.name for each in checks if each.state == "fault"]


def advised(checks: Sequence[Check]) -> list[str]:
    return [each.name for each in checks if each.state == "advice"]


def answering(status: int, body: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=body)


def health_is(router: respx.MockRouter, *entities: dict[str, Any], number: str = "1") -> None:
    health = {"can_send_message": "AVAILABLE", "entities": entities}
    node = {"id": number, "health_status": health, "account_mode": "LIVE"}
    # Not every test's number is registered, and of the others nobody asks.
    router.get(f"{ROOT}/{number}").mock(side_effect=answering(200, node))


def listen(host: RecordingHost, route: str) -> None:
    host.listening["flow-1/incoming"] = Listener("flow-1/incoming", route, {}, "account-1")


async def test_a_complete_setup_holds(host: RecordingHost, respx_mock: respx.MockRouter) -> None:
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(DIALOG).respond(302)
    respx_mock.get(HERE).mock(side_effect=this_engine)

    checks = await WhatsApp(host).checks(None)

    assert checks == [
        Check("configId", "fine", "It is set, and the login dialog does not refuse it."),
        Check("webhook", "fine", f"Meta delivers to {HERE}."),
        Check("address", "fine", f"A handshake like Meta's works at {HERE}."),
    ]


async def test_an_app_without_a_webhook_says_where_to_enter_it(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})
    respx_mock.get(DIALOG).respond(302)
    respx_mock.get(HERE).mock(side_effect=this_engine)

    checks = await WhatsApp(host).checks(None)

    assert failing(checks) == ["webhook"]
    assert "/plugins/appmixer/whatsapp/events" in checks[1].cure


async def test_a_missing_login_configuration_is_advice(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    host.configuration, host.public_url = {**host.configuration, "configId": ""}, ""
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

    host.public_url = ""
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": []})
    respx_mock.get(DIALOG).mock(side_effect=dialog)

    checks = await WhatsApp(host).checks(None)

    assert (checks[0].name, checks[0].state) == ("configId", state)


async def test_a_login_dialog_that_cannot_be_reached_says_nothing_of_the_configuration(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    host.public_url = ""
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
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [app]})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": [number]})
    health_is(respx_mock)

    checks = await WhatsApp(host).checks(account)

    assert checks == [
        Check("token", "fine", "The token is valid; it expires: never."),
        Check(f"waba {WABA}", "fine", "It is called 'Lucky Shrub'."),
        Check(f"subscription {WABA}", "fine", "Its events are delivered."),
        Check(f"numbers {WABA}", "fine", "Registered numbers: 1."),
        Check(f"sending {WABA}", "fine", "Meta lets its numbers send."),
    ]


async def test_what_meta_has_told_of_the_account_is_a_finding(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": True, "scopes": SCOPES, "expires_at": 0}
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": []})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": []})
    plugin = WhatsApp(host)
    for waba_id in (WABA, "2002"):
        value = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
        news: dict[str, Any] = {"wabaId": waba_id, "entryTime": 1790000000, "value": value}
        await plugin.before_routing([Event(waba_id, "account_update", news)])

    checks = await plugin.checks(account)

    name = f"WhatsApp Business Account {WABA}"
    told = f"{name} was disabled, as Meta told on 2026-09-21: nothing can be sent from it."
    cure = "Look for the policy notice in WhatsApp Manager, and appeal there if it is wrong."
    assert [each for each in checks if each.name.startswith("health")] == [
        Check(f"health {WABA}", "fault", told, cure)
    ]


async def test_every_broken_link_is_reported_and_not_only_the_first(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": True, "scopes": SCOPES[:1]}
    other = {"whatsapp_business_api_data": {"id": "1"}}
    number = {"id": "1", "display_phone_number": "+1 555", "platform_type": "NOT_APPLICABLE"}
    app_delivers_to(respx_mock, HERE)
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
    assert checks[3].mend == "appmixer.whatsapp.EnsureRegistered"


async def test_a_dead_token_and_a_lost_account_are_findings_and_no_errors(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    facts = {"app_id": APP_ID, "is_valid": False, "error": {"code": 190, "subcode": 460}}
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    respx_mock.get(f"{ROOT}/{WABA}").respond(
        400, json={"error": {"code": 100, "error_subcode": 33}}
    )

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token", f"waba {WABA}"]
    assert "Connect the account again" in checks[0].cure
    assert checks[0].mend == "connect"


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
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(f"{ROOT}/debug_token").respond(401, json={"error": {"code": 190}})
    respx_mock.get(f"{ROOT}/{WABA}").respond(json={"id": WABA})
    respx_mock.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [app]})
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": listed})
    health_is(respx_mock)
    listen(host, route)

    checks = {each.name: each for each in await WhatsApp(host).checks(account)}

    assert checks[f"numbers {WABA}"].state == state


async def test_an_account_that_no_flow_listens_to_need_not_be_subscribed(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    app_delivers_to(respx_mock, HERE)
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
    app_delivers_to(respx_mock, HERE)
    respx_mock.get(f"{ROOT}/debug_token").respond(401, json={"error": {"code": 190}})
    for waba_id in (WABA, "2002"):
        error = {"error": {"code": 100, "error_subcode": 33}}
        respx_mock.get(f"{ROOT}/{waba_id}").respond(400, json=error)

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["token", f"waba {WABA}"]
    assert advised(checks) == ["waba 2002"]


async def setup_checks(host: RecordingHost, router: respx.MockRouter) -> dict[str, Check]:
    router.get(DIALOG).respond(302)
    return {each.name: each for each in await WhatsApp(host).checks(None)}


def account_at_meta(
    router: respx.MockRouter, *, callback: str = "", number_callback: str = "", app: str = ""
) -> None:
    app_delivers_to(router, app or HERE)
    facts = {"app_id": APP_ID, "is_valid": True, "scopes": SCOPES, "expires_at": 0}
    subscribed: dict[str, Any] = {"whatsapp_business_api_data": {"id": APP_ID}}
    if callback:
        subscribed["override_callback_uri"] = callback
    number: dict[str, Any] = {"id": "1", "display_phone_number": "+1 555"}
    number |= {"platform_type": "CLOUD_API", "webhook_configuration": {"application": HERE}}
    if number_callback:
        number["webhook_configuration"]["phone_number"] = number_callback
    router.get(f"{ROOT}/debug_token").respond(json={"data": facts})
    router.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
    router.get(f"{ROOT}/{WABA}/subscribed_apps").respond(json={"data": [subscribed]})
    router.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": [number]})
    health_is(router)


async def test_a_field_that_a_flow_listens_to_and_the_app_does_not_is_a_fault(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    account_at_meta(respx_mock)
    for field in ("user_preferences", "messages"):
        id = f"flow-1/{field}"
        host.listening[id] = Listener(id, f"account:{WABA}:{field}", {}, "account-1")

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["field user_preferences"]
    [check] = [each for each in checks if each.name == "field user_preferences"]
    assert "subscribe the field `user_preferences`" in check.cure


async def test_a_field_that_comes_to_another_address_than_the_accounts_own_is_a_fault(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    account_at_meta(respx_mock, callback=HERE, app=AWAY)
    fields = [{"name": "messages"}, {"name": "account_update"}]
    row = {"object": "whatsapp_business_account", "callback_url": AWAY, "fields": fields}
    respx_mock.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json={"data": [row]})
    listen(host, f"account:{WABA}:account_update")

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == ["field account_update"]


async def test_an_app_whose_callback_is_another_address_is_a_fault_with_both_addresses(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    app_delivers_to(respx_mock, AWAY)
    respx_mock.get(HERE).mock(side_effect=this_engine)

    webhook = (await setup_checks(host, respx_mock))["webhook"]

    assert webhook.state == "fault"
    assert AWAY in webhook.finding
    assert HERE in webhook.finding
    assert "doctor --claim" in webhook.cure


async def test_an_apps_callback_that_no_subscription_needs_is_advice(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    host.accounts["account-1"] = account
    account_at_meta(respx_mock, callback=HERE, app=AWAY)
    respx_mock.get(HERE).mock(side_effect=this_engine)
    await WhatsApp(host).listener_added(
        Listener("flow-1/incoming", f"messages:{WABA}", {}, "account-1"), account
    )
    listen(host, f"messages:{WABA}")

    assert (await setup_checks(host, respx_mock))["webhook"].state == "advice"


async def test_without_a_public_address_it_is_advice_that_nobody_knows_whether_events_come(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    host.public_url = ""
    account_at_meta(respx_mock)

    setup = await setup_checks(host, respx_mock)
    of_account = await WhatsApp(host).checks(account)

    assert (setup["webhook"].state, "address" in setup) == ("advice", False)
    assert "APPMIXER_PUBLIC_URL" in setup["webhook"].cure
    # The same finding, so that it is told once.
    assert setup["webhook"] in of_account


@pytest.mark.parametrize(
    ("diverted", "words"),
    [
        ({"number_callback": AWAY}, "phone number +1 555"),
        ({"callback": AWAY}, f"WhatsApp Business Account {WABA}"),
    ],
)
@pytest.mark.parametrize("is_public_url_known", [True, False])
async def test_an_account_whose_events_go_elsewhere_has_a_fault_with_address_and_setter(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    account: StandInAccount,
    diverted: dict[str, str],
    words: str,
    is_public_url_known: bool,
) -> None:
    if not is_public_url_known:
        # The app's own callback tells that Meta reaches the host at this address.
        host.public_url, host.local_url = "", "https://engine.example.com"
    account_at_meta(respx_mock, **diverted)
    listen(host, f"messages:{WABA}")

    checks = {each.name: each for each in await WhatsApp(host).checks(account)}

    found = checks[f"callback {WABA}"]
    assert found.state == "fault"
    assert f"{AWAY}, the callback address of {words};" in found.finding
    assert "doctor --claim" in found.cure
    assert found.mend == "claim"
    assert f"subscription {WABA}" not in checks


async def test_an_account_that_depends_on_an_app_that_points_elsewhere_tells_it_as_the_setup_does(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    account_at_meta(respx_mock, app=AWAY)
    respx_mock.get(HERE).mock(side_effect=this_engine)

    setup = await setup_checks(host, respx_mock)

    assert setup["webhook"] in await WhatsApp(host).checks(account)


async def test_elsewhere_is_advice_for_an_account_that_nobody_uses(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    account_at_meta(respx_mock, callback=AWAY)
    respx_mock.get(f"{ROOT}/2002").respond(json={"id": "2002"})
    for edge in ("subscribed_apps", "phone_numbers"):
        respx_mock.get(f"{ROOT}/2002/{edge}").respond(json={"data": []})
    account = StandInAccount(profile={"businessAccountId": "2002", "wabaIds": ["2002", WABA]})

    checks = {each.name: each for each in await WhatsApp(host).checks(account)}

    assert checks[f"callback {WABA}"].state == "advice"


def another_engine(request: httpx.Request) -> httpx.Response:
    return httpx.Response(403, text="no")


def anything_goes(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=request.url.params["hub.challenge"])


def a_web_page(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>Welcome</html>")


def a_redirect(request: httpx.Request) -> httpx.Response:
    return httpx.Response(301, headers={"Location": "https://elsewhere.example.com/"})


def nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("answers", "words", "knows_the_token"),
    [
        (another_engine, "knows another verify token", True),
        (anything_goes, "takes any verify token", False),
        (a_web_page, "does not answer the handshake", False),
        (a_redirect, "does not answer the handshake", False),
        (nobody, "cannot be reached from here (ConnectError)", False),
    ],
)
async def test_the_public_address_is_tried_as_meta_would_and_told_the_token_last(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    answers: Callable[[httpx.Request], httpx.Response],
    words: str,
    knows_the_token: bool,
) -> None:
    app_delivers_to(respx_mock, HERE)
    tried = respx_mock.get(HERE).mock(side_effect=answers)

    address = (await setup_checks(host, respx_mock))["address"]

    assert address.state == "fault"
    assert words in address.finding
    assert "APPMIXER_PUBLIC_URL" in address.cure
    calls = cast("list[respx.models.Call]", tried.calls)
    tokens = [each.request.url.params["hub.verify_token"] for each in calls]
    assert ("test-verify-token" in tokens) is knows_the_token


UNPAID = {
    "entity_type": "WABA",
    "id": WABA,
    "can_send_message": "BLOCKED",
    "errors": [{"error_code": 141006, "error_description": "No card.", "possible_solution": "?"}],
}
BANNED = {
    "entity_type": "PHONE_NUMBER",
    "id": "1",
    "can_send_message": "BLOCKED",
    "errors": [{"error_code": 1, "error_description": "Banned.", "possible_solution": "Appeal."}],
}
UNVERIFIED = {
    "entity_type": "BUSINESS",
    "id": "506914307656634",
    "can_send_message": "LIMITED",
    "additional_info": ["Your business has not passed business verification."],
}


@pytest.mark.parametrize(
    ("entity", "name", "state", "finding", "cure"),
    [
        (UNPAID, f"sending {WABA}", "fault", "no payment method that works", "payment method"),
        (BANNED, "sending +1 555", "fault", "may not send. Meta says: Banned.", "Appeal."),
        (
            UNVERIFIED,
            "sending 506914307656634",
            "advice",
            "is limited in sending. Meta says: Your business has not passed",
            "WhatsApp Manager",
        ),
        (
            {**BANNED, "errors": []},
            "sending +1 555",
            "fault",
            "Meta says: no reason is given.",
            "WhatsApp Manager",
        ),
    ],
)
async def test_what_keeps_a_number_from_sending_is_told_in_metas_words(
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    account: StandInAccount,
    entity: dict[str, Any],
    name: str,
    state: str,
    finding: str,
    cure: str,
) -> None:
    account_at_meta(respx_mock)
    available = {"entity_type": "APP", "id": APP_ID, "can_send_message": "AVAILABLE"}
    health_is(respx_mock, available, entity)

    checks = [each for each in await WhatsApp(host).checks(account) if "sending" in each.name]

    assert [(each.name, each.state) for each in checks] == [(name, state)]
    assert finding in checks[0].finding
    assert cure in checks[0].cure


async def test_what_all_numbers_of_an_account_lack_is_told_once(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    account_at_meta(respx_mock)
    numbers = [{"id": each, "platform_type": "CLOUD_API"} for each in ("1", "2")]
    respx_mock.get(f"{ROOT}/{WABA}/phone_numbers").respond(json={"data": numbers})
    for number in ("1", "2"):
        health_is(respx_mock, UNPAID, number=number)

    checks = await WhatsApp(host).checks(account)

    assert [each.name for each in checks if "sending" in each.name] == [f"sending {WABA}"]


async def test_a_health_that_cannot_be_read_is_advice_and_costs_no_other_check(
    host: RecordingHost, respx_mock: respx.MockRouter, account: StandInAccount
) -> None:
    account_at_meta(respx_mock)
    error = {"error": {"code": 10, "message": "Permission denied"}}
    respx_mock.get(f"{ROOT}/1").mock(side_effect=answering(400, error))

    checks = await WhatsApp(host).checks(account)

    assert failing(checks) == []
    [check] = [each for each in checks if "sending" in each.name]
    assert (check.name, check.state) == ("sending +1 555", "advice")
    assert "does not tell whether it may send" in check.finding


async def test_an_account_that_nobody_uses_may_lack_a_payment_method(
    host: RecordingHost, respx_mock: respx.MockRouter
) -> None:
    account = StandInAccount(profile={"businessAccountId": "2002", "wabaIds": ["2002", WABA]})
    account_at_meta(respx_mock)
    respx_mock.get(f"{ROOT}/2002").respond(400, json={"error": {"code": 100}})
    health_is(respx_mock, UNPAID)

    checks = await WhatsApp(host).checks(account)

    assert {each.name: each.state for each in checks}[f"sending {WABA}"] == "advice"
