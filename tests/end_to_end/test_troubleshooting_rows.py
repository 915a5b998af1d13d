"""What goes wrong most often is produced at the simulated Meta, and named here with its cure.

Each test is a row of the table by which people look for help; docs/troubleshooting.md has the same
rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from .conftest import BIN, NUMBER, TOKEN, running

if TYPE_CHECKING:
    from .conftest import World

WABA, PERSON, OTHER_PERSON, STRANGER = (
    "102290129340398",
    "16505551234",
    "16505559876",
    "16505557077",
)
APP, CONFIGURATION = "100000000000001", "200000000000002"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]
LISTEN = {
    "name": "Listen",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "status": {"type": "appmixer.whatsapp.MessageStatusUpdated", "account": "acme"},
    },
}


def sends(component: str, **input: Any) -> dict[str, Any]:
    """A flow that sends one message when it is started."""
    send = {
        "type": f"appmixer.whatsapp.{component}",
        "account": "acme",
        "source": {"in": {"begin": ["started"]}},
        "input": {"phoneNumberId": NUMBER, "to": f"+{PERSON}", **input},
    }
    begin = {"type": "appmixer.utilities.OnStart"}
    return {"name": "Send", "components": {"begin": begin, "send": send}}


def failed(world: World, flow_id: str, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the error with which the flow's send fails, and what the command line says of it."""
    world.start(flow_id, document)
    run = world.ended_run(flow_id, "failed")
    error: dict[str, Any] = run["steps"][1]["error"]
    _, said = world.command("run", "show", run["id"])
    assert error["cure"] in said
    return error, said


def lost(world: World, flow_id: str) -> dict[str, Any]:
    """Return what is said of a message that Meta took and did not deliver."""
    run_id = world.ended_run(flow_id, "completed")["id"]

    def found() -> Any:
        fate = world.engine_call("GET", f"/api/runs/{run_id}")["steps"][1]["fate"]
        return fate["error"] if fate and fate["state"] == "failed" else None

    error: dict[str, Any] = world.wait_until(found, "the message has failed")
    _, said = world.command("run", "show", run_id)
    assert error["cure"] in said
    return error


def arrived(world: World) -> list[str]:
    """Return the types of what has come from the business and was not held back by Meta."""
    sent = [each for each in world.phone(PERSON) if each["from"] == "business"]
    told = {each["id"]: [status["status"] for status in each["statuses"]] for each in sent}
    return [each["type"] for each in sent if "failed" not in told[each["id"]]]


def finding(world: World, name: str, state: str) -> dict[str, Any]:
    """Return what the doctor finds under a name, of whatever it looks at."""
    _, said = world.command("doctor", "--json")
    checks = json.loads(said)["checks"]
    found = [each for each in checks if each["name"].endswith(name) and each["state"] == state]
    assert found, said
    check: dict[str, Any] = found[0]
    return check


def dialog(world: World, name: str = "newcomer") -> tuple[httpx.Client, str]:
    """Begin to connect an account in a browser; return it with the address of Meta's dialog."""
    browser = httpx.Client(timeout=60)
    answer = browser.get(
        f"{world.engine.url}/auth/whatsapp/start",
        params={"name": name},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert answer.status_code == 302, answer.text
    return browser, answer.headers["location"]


def log_in(world: World, **choice: Any) -> str:
    """Connect an account through Meta's dialog and return the page at the end."""
    browser, address = dialog(world)
    with closing(browser):
        back = browser.post(address, data={"decision": "approve", "scopes": SCOPES, **choice})
        assert back.status_code == 302, back.text
        return browser.get(back.headers["location"]).text


def test_invalid_scopes_business_management(ready: World) -> None:
    ready.sandbox_call("POST", "/_sandbox/settings", {"refusedScopes": ["business_management"]})
    browser, address = dialog(ready)
    with closing(browser):
        state = parse_qs(urlsplit(address).query)["state"][0]
        refused = {
            "state": state,
            "error": "invalid_scope",
            "error_description": "Invalid Scopes: business_management.",
        }
        back = browser.get(f"{ready.engine.url}/auth/whatsapp/callback", params=refused)

    page = log_in(ready, waba_ids=[WABA])

    assert "Meta does not let this app ask for a permission" in back.text
    assert "Invalid Scopes: business_management." in back.text
    assert f"add {' and '.join(reversed(SCOPES))} to the Meta app, and no other" in back.text
    # The connector itself asks for no more than it needs.
    assert "newcomer" in page
    accounts = ready.engine_call("GET", "/api/accounts")["accounts"]
    assert sorted(each["name"] for each in accounts) == ["acme", "newcomer"]


def test_a_login_configuration_that_asks_for_business_management(ready: World) -> None:
    asks = {
        "id": CONFIGURATION,
        "name": "Asks for more",
        "scopes": [*SCOPES, "business_management"],
    }
    change = {"configurations": {CONFIGURATION: {**asks, "tokenLifeS": None}}}
    ready.sandbox_call("PATCH", f"/_sandbox/apps/{APP}", change)
    ready.sandbox_call("POST", "/_sandbox/settings", {"refusedScopes": ["business_management"]})

    check = finding(ready, "configId", "fault")

    assert CONFIGURATION in check["finding"]
    assert "business_management" in check["cure"]


def test_a_login_configuration_that_was_deleted_shows_no_list_of_accounts(ready: World) -> None:
    app = ready.sandbox_call("GET", f"/_sandbox/apps/{APP}")
    others = {key: each for key, each in app["configurations"].items() if key != CONFIGURATION}
    ready.sandbox_call("PATCH", f"/_sandbox/apps/{APP}", {"configurations": others})
    check = finding(ready, "configId", "fault")
    ready.sandbox_call("PATCH", f"/_sandbox/apps/{APP}", {"configurations": app["configurations"]})
    ready.sandbox_call("POST", "/_sandbox/settings", {"login": "plain"})

    page = log_in(ready)

    assert f"refuses the configuration {CONFIGURATION}" in check["finding"]
    assert "Facebook Login for Business, Configurations" in check["cure"]
    # Without a list to tick in, all that the login reaches is connected.
    assert "<title>Connected</title>" in page


def test_a_missing_login_configuration_shows_a_plain_consent(bare: World) -> None:
    check = finding(bare, "configId", "advice")

    assert "plain consent screen without a choice of accounts" in check["finding"]
    assert "config set appmixer:whatsapp configId" in check["cure"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose engine knows no login configuration."""
    folder = tmp_path_factory.mktemp("bare")
    command = ["env", "--unset=APPMIXER_WHATSAPP_CONFIG_ID", str(BIN / "appmixer")]
    with running(folder, command) as world:
        yield world


def test_the_list_of_accounts_is_empty(ready: World) -> None:
    made: dict[str, Any] = {"name": "Nobody", "businessIds": []}
    nobody = ready.sandbox_call("POST", "/_sandbox/users", made)["id"]

    page = log_in(ready, user_id=nobody)

    assert "No WhatsApp Business Account selected during authentication" in page
    assert "If none is offered, add one with a verified phone number" in page


def test_no_business_account_was_selected(ready: World) -> None:
    page = log_in(ready)

    assert "No WhatsApp Business Account selected during authentication" in page
    assert "tick" in page


def test_133010_account_not_registered(ready: World) -> None:
    ready.set_webhook()
    assert ready.try_out("DeregisterPhoneNumber", phoneNumberId=NUMBER).status_code == 200

    error, _ = failed(ready, "unregistered", sends("SendText", text="Hi"))
    ready.engine_call("PUT", "/api/flows/listen", LISTEN)
    started = ready.engine_call("POST", "/api/flows/listen/start")

    cure = "Run Ensure Sender Phone Number Registered once"
    assert error["code"] == 133010
    assert error["cure"].startswith(cure)
    assert [cure in each for each in started["warnings"]] == [True]
    assert finding(ready, f"numbers {WABA}", "fault")["cure"].startswith(cure)


def test_security_pin_mismatch(ready: World) -> None:
    answer = ready.try_out("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="123456").json()

    error = answer["error"]
    assert (error["code"], error["field"]) == (133005, "pin")
    assert "WhatsApp Manager, phone number, Two-step verification PIN" in error["cure"]


def test_the_flow_succeeds_and_the_person_never_gets_the_message(ready: World) -> None:
    ready.set_webhook()
    ready.start("listen", LISTEN)
    ready.start("outside", sends("SendText", text="Hi"))

    error = lost(ready, "outside")

    assert error["code"] == 131047
    assert "24 h" in error["cause"]
    assert "Use Send Template Message for the first contact" in error["cure"]
    assert arrived(ready) == []


def test_the_flow_is_kept_from_sending_into_a_window_that_is_known_to_be_closed(
    ready: World,
) -> None:
    silent = "16505558001"
    ready.sandbox_call("POST", "/_sandbox/people", {"waId": silent, "name": "Long Silent"})
    ready.set_webhook()
    ready.start("listen", LISTEN)
    long_ago = {"messages[0].timestamp": "1790000000"}
    wrote = {"event": "messages.text", "person": silent, "set": long_ago}
    ready.sandbox_call("POST", "/_sandbox/trigger", wrote)
    ready.ended_run("listen", "completed")

    error, _ = failed(ready, "closed", sends("SendText", text="Hi", to=f"+{silent}"))

    assert (error["title"], error["code"]) == ("The 24-hour window is closed", 131047)
    assert "Send an approved template" in error["cure"]
    assert "POST messages 200" not in ready.asked()


def test_131030_recipient_not_in_the_allowed_list(ready: World) -> None:
    person = {"waId": STRANGER, "name": "Stranger", "allowed": False}
    ready.sandbox_call("POST", "/_sandbox/people", person)
    hello = {"templateName": "hello_world", "languageCode": "en_US", "to": f"+{STRANGER}"}

    error, _ = failed(ready, "stranger", sends("SendTemplate", **hello))

    assert (error["code"], error["field"]) == (131030, "to")
    assert "WhatsApp, API Setup, Manage phone number list" in error["cure"]
    assert "take the app Live" in error["cure"]


def test_the_dashboards_message_arrives_and_that_of_the_flow_does_not(ready: World) -> None:
    ready.set_webhook()
    ready.start("listen", LISTEN)
    ready.start(
        "dashboard", sends("SendTemplate", templateName="hello_world", languageCode="en_US")
    )
    run_id = ready.ended_run("dashboard", "completed")["id"]
    ready.start("text", sends("SendText", text="Hi"))

    error = lost(ready, "text")

    def fate() -> Any:
        return ready.engine_call("GET", f"/api/runs/{run_id}")["steps"][1]["fate"]["state"]

    ready.wait_until(lambda: fate() in ("delivered", "read"), "the template has arrived")
    assert error["code"] == 131047
    assert "Use Send Template Message for the first contact" in error["cure"]
    assert arrived(ready) == ["template"]


def test_132000_number_of_parameters_does_not_match(ready: World) -> None:
    name = {"templateName": "order_confirmation", "languageCode": "en_US"}

    error, _ = failed(ready, "parameters", sends("SendTemplate", **name, bodyParameters=["Ann"]))

    assert error["code"] == 132000
    assert "order_confirmation" in error["title"] + error["cause"]
    assert error["cure"]
    assert "POST messages 200" not in ready.asked()


def test_new_message_never_fires_and_message_status_updated_does(bare: World) -> None:
    bare.set_webhook()
    bare.register()
    bare.connect("acme", "EAAsandbox")
    bare.start("listen", LISTEN)
    unheard = finding(bare, f"messages {WABA}", "advice")
    bare.start("dashboard", sends("SendTemplate", templateName="hello_world", languageCode="en_US"))
    bare.wait_until(
        lambda: bare.engine_call("GET", "/api/runs?flowId=listen")["runs"], "a status has come"
    )

    nobody = finding(bare, f"messages {WABA}", "advice")
    bare.says(PERSON)

    bare.wait_until(
        lambda: "People write to it" in bare.command("doctor", "--json")[1], "it is known"
    )
    assert "No status has come either" in unheard["finding"]
    assert "Statuses of what was sent do come, so nobody has written yet" in nobody["finding"]
    assert nobody["cure"].startswith("Write to the number from a phone")


def test_both_triggers_are_silent(ready: World) -> None:
    ready.set_webhook()
    ready.start("listen", LISTEN)
    callback = f"{ready.engine.url}/plugins/appmixer/whatsapp/events"
    without = {"callbackUrl": callback, "fields": ["account_update"]}

    ready.sandbox_call("POST", "/_sandbox/webhook", without)
    running_deaf = finding(ready, "webhook", "fault")
    ready.engine_call("POST", "/api/flows/listen/stop")
    refused = ready.ask("POST", "/api/flows/listen/start")

    for cause, cure in (
        (running_deaf["finding"], running_deaf["cure"]),
        (refused.json()["error"]["cause"], refused.json()["error"]["cure"]),
    ):
        assert "not subscribed to the webhook field `messages`" in cause
        assert "WhatsApp, Configuration" in cure
    assert refused.status_code == 409


def test_the_callback_url_could_not_be_validated(ready: World) -> None:
    callback = f"{ready.engine.url}/plugins/appmixer/whatsapp/events"
    choice = {"callbackUrl": callback, "verifyToken": "mistyped"}

    answer = ready.http.post(f"{ready.sandbox.url}/_sandbox/webhook", json=choice)

    assert answer.status_code == 400
    check = finding(ready, "webhook", "fault")
    assert "no callback URL" in check["finding"]
    assert "/plugins/appmixer/whatsapp/events" in check["cure"]
    assert "verifyToken" in check["cure"]


def test_the_token_expires_after_sixty_days(ready: World) -> None:
    ready.set_webhook()
    log_in(ready, waba_ids=[WABA])
    document = json.loads(json.dumps(ready.auto_reply))
    for step in document["components"].values():
        step["account"] = "newcomer"
    ready.start("expired", document)

    ready.sandbox_call("POST", "/_sandbox/clock", {"advanceS": 61 * 24 * 3600})
    ready.says(PERSON)
    run = ready.ended_run("expired", "paused")
    doctor = finding(ready, "Account newcomer", "fault")
    refused = ready.ask("PUT", "/api/flows/again", {**document, "name": "Again"})
    refused = ready.ask("POST", "/api/flows/again/start") if refused.is_success else refused
    log_in(ready, waba_ids=[WABA])

    ready.ended_run("expired", "completed")
    assert "expired" in run["error"]["cause"]
    assert "Connect the account again" in run["error"]["cure"]
    assert "expired" in doctor["finding"]
    assert doctor["cure"] == "Run `appmixer connect newcomer`."
    assert not refused.is_success
    assert "onnect" in refused.text
    assert arrived(ready) == ["text"]
