"""Whether the events of an account come to this engine, and what is said where they do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import BIN, NUMBER, World, running

WABA = "102290129340398"
LISTEN: dict[str, Any] = {
    "name": "Listen",
    "components": {"incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"}},
}


class SomebodyElse(BaseHTTPRequestHandler):
    """Another system at another address: it shakes hands with Meta and takes what comes."""

    def do_GET(self) -> None:
        challenge = parse_qs(urlsplit(self.path).query)["hub.challenge"][0]
        self.send_response(200)
        self.send_header("Content-Length", str(len(challenge)))
        self.end_headers()
        self.wfile.write(challenge.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed between the tests."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SomebodyElse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/other"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose engine was told its public address."""
    folder = tmp_path_factory.mktemp("known")
    with running(folder, [str(BIN / "appmixer")], knows_its_address=True) as world:
        yield world


@pytest.fixture
def listening(known: World) -> Iterator[World]:
    """The same, freshly reset, with an account connected and a flow that is not started."""
    known.sandbox_call("POST", "/_sandbox/reset")
    known.set_webhook()
    known.register()
    known.connect("acme", "EAAsandbox")
    known.engine_call("PUT", "/api/flows/listen", LISTEN)
    yield known
    known.engine_call("DELETE", "/api/flows/listen")


def graph(world: World, method: str, path: str, body: Any = None) -> Any:
    answer = world.http.request(
        method,
        f"{world.sandbox.url}/v25.0/{path}",
        json=body,
        headers={"Authorization": "Bearer EAAsandbox"},
    )
    assert answer.is_success, answer.text
    return answer.json()


def divert_the_number(world: World, address: str) -> None:
    override = {"override_callback_uri": address, "verify_token": "v"}
    graph(world, "POST", NUMBER, {"webhook_configuration": override})


def divert_the_account(world: World, address: str) -> None:
    override = {"override_callback_uri": address, "verify_token": "v"}
    graph(world, "POST", f"{WABA}/subscribed_apps", override)


def divert_the_app(world: World, address: str) -> None:
    saved = {"callbackUrl": address, "verifyToken": "sandbox-verify-token"}
    assert world.sandbox_call("POST", "/_sandbox/webhook", saved)["verified"] is True


LEVELS = [divert_the_number, divert_the_account, divert_the_app]


def subscriptions(world: World) -> list[Any]:
    return [
        each.get("override_callback_uri")
        for each in graph(world, "GET", f"{WABA}/subscribed_apps")["data"]
    ]


def findings(world: World) -> list[dict[str, Any]]:
    [account] = world.engine_call("GET", "/api/accounts")["accounts"]
    paths = ("/api/checks", f"/api/accounts/{account['id']}/checks")
    return [check for path in paths for check in world.engine_call("GET", path)["checks"]]


def completed(world: World) -> list[Any]:
    runs = world.engine_call("GET", "/api/runs?flowId=listen")["runs"]
    return [run for run in runs if run["status"] == "completed"]


@pytest.mark.parametrize("divert", LEVELS)
def test_a_flow_whose_events_go_elsewhere_does_not_start_until_they_are_claimed(
    listening: World, elsewhere: str, divert: Any
) -> None:
    divert(listening, elsewhere)
    runs = len(completed(listening))

    refused = listening.ask("POST", "/api/flows/listen/start")
    claimed, told = listening.command("doctor", "--claim")
    listening.engine_call("POST", "/api/flows/listen/start")
    listening.says("16505551234")

    listening.wait_until(lambda: len(completed(listening)) > runs, "the message came")
    assert refused.status_code in (409, 422)
    assert elsewhere in refused.json()["error"]["cause"]
    assert "appmixer doctor --claim" in refused.json()["error"]["cure"]
    assert f"claim {WABA}: Its events come here now; before, they went to {elsewhere}." in told
    # Even before a flow has started, the app's own address does not matter any more.
    assert "✗ appmixer:whatsapp: webhook" not in told
    # That the flow could not start is still a fault; its next start ends it.
    assert (claimed, told.count("✗ Flow listen: ")) == (1, 1)
    assert listening.command("doctor")[0] == 0


@pytest.mark.parametrize("divert", LEVELS)
def test_a_running_flow_whose_events_are_diverted_is_a_fault_that_names_the_address(
    listening: World, elsewhere: str, divert: Any
) -> None:
    listening.engine_call("POST", "/api/flows/listen/start")
    healthy = {each["state"] for each in findings(listening)}
    divert(listening, elsewhere)

    faults = [each for each in findings(listening) if each["state"] == "fault"]

    # A spare number of the account is not registered.
    assert healthy == {"fine", "advice"}
    assert faults
    assert all(elsewhere in each["finding"] and each["cure"] for each in faults)
    assert listening.command("doctor")[0] == 1


@pytest.mark.parametrize("divert", LEVELS)
def test_neither_doctor_nor_stop_touches_what_leads_elsewhere(
    listening: World, elsewhere: str, divert: Any
) -> None:
    listening.engine_call("POST", "/api/flows/listen/start")
    divert(listening, elsewhere)
    before = subscriptions(listening)

    findings(listening)
    stopped = listening.engine_call("POST", "/api/flows/listen/stop")

    assert subscriptions(listening) == before
    [warning] = stopped["warnings"]
    assert "It stays subscribed." in warning
    assert elsewhere in warning


def test_a_stop_says_how_many_flows_are_left_and_the_last_that_nothing_comes_any_more(
    listening: World,
) -> None:
    both = {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "status": {"type": "appmixer.whatsapp.MessageStatusUpdated", "account": "acme"},
    }
    listening.start("both", {"name": "Both", "components": both})
    listening.engine_call("POST", "/api/flows/listen/start")

    first, told_first = listening.command("flow", "stop", "both")
    subscribed = subscriptions(listening)
    last, told_last = listening.command("flow", "stop", "listen")
    again = listening.engine_call("POST", "/api/flows/listen/stop")
    listening.engine_call("DELETE", "/api/flows/both")

    account = f"WhatsApp Business Account {WABA}"
    assert (first, last) == (0, 0)
    assert told_first == (
        f"both is stopped.\n! 1 other flow listens to {account}, so it stays subscribed.\n"
    )
    assert f"! No other flow listens to {account}, so it is unsubscribed: " in told_last
    assert "appmixer account set acme keepSubscribed true" in told_last
    assert (subscribed, subscriptions(listening)) == ([None], [])
    assert again["warnings"] == []


def sending(**input: Any) -> dict[str, Any]:
    """Return a flow that sends a template, and listens to nothing of WhatsApp."""
    wish = {"to": "+16505551234", "templateName": "hello_world", "languageCode": "en_US"}
    send = {
        "type": "appmixer.whatsapp.SendTemplate",
        "account": "acme",
        "source": {"in": {"begin": ["started"]}},
        "input": {"phoneNumberId": NUMBER, **wish, **input},
    }
    begin = {"type": "appmixer.utilities.OnStart"}
    return {"name": "Sends", "components": {"begin": begin, "send": send}}


def waiting(**input: Any) -> dict[str, Any]:
    """Return the same flow with a step that waits for what becomes of the message."""
    document = sending()
    document["components"]["wait"] = {
        "type": "appmixer.whatsapp.WaitForStatus",
        "account": "acme",
        "source": {"in": {"send": ["sent"]}},
        "input": {"phoneNumberId": NUMBER, "messageId": "{{ send.sent.messageId }}", **input},
    }
    return document


@pytest.mark.parametrize(
    "document",
    [sending(), waiting(), sending(phoneNumberId="{{ '1' }}")],
    ids=["a send", "a wait", "from a sender yet to be given"],
)
def test_a_flow_that_sends_is_heard_of_as_long_as_it_runs(
    listening: World, document: dict[str, Any]
) -> None:
    started = listening.start("sends", document)
    while_it_runs = subscriptions(listening)
    listening.engine_call("DELETE", "/api/flows/sends")

    assert started["warnings"] == []
    assert (while_it_runs, subscriptions(listening)) == ([None], [])


@pytest.mark.parametrize("divert", [divert_the_number, divert_the_app])
def test_a_flow_that_sends_starts_and_says_where_its_statuses_go_until_they_come_here(
    listening: World, elsewhere: str, divert: Any
) -> None:
    divert(listening, elsewhere)
    listening.engine_call("PUT", "/api/flows/sends", sending())

    code, told = listening.command("flow", "start", "sends")
    deaf = subscriptions(listening)
    listening.command("doctor", "--claim")
    listening.command("doctor")
    heard = subscriptions(listening)
    again = listening.engine_call("POST", "/api/flows/sends/start")
    listening.engine_call("DELETE", "/api/flows/sends")

    account = f"WhatsApp Business Account {WABA}"
    assert code == 0
    assert f"! What becomes of messages from {account} is not heard here. " in told
    assert elsewhere in told
    assert "run `appmixer doctor --claim`" in told
    assert "The flow need not be started again." in told
    assert (deaf, len(heard)) == ([], 1)
    assert again["warnings"] == []


def test_a_stop_counts_the_flows_that_rely_on_statuses(listening: World) -> None:
    listening.start("sends", sending())
    listening.engine_call("POST", "/api/flows/listen/start")

    first = listening.engine_call("POST", "/api/flows/listen/stop")["warnings"]
    both = {**LISTEN["components"], **sending()["components"]}
    listening.start("listen", {"name": "Listen", "components": both})
    listening.engine_call("DELETE", "/api/flows/sends")
    while_it_runs = subscriptions(listening)
    [last] = listening.engine_call("POST", "/api/flows/listen/stop")["warnings"]

    account = f"WhatsApp Business Account {WABA}"
    assert first == [f"1 other flow listens to {account}, so it stays subscribed."]
    assert last.startswith(f"No other flow listens to {account}, so it is unsubscribed: ")
    assert (while_it_runs, subscriptions(listening)) == ([None], [])


def test_a_start_without_a_registered_number_says_so(listening: World) -> None:
    graph(listening, "POST", f"{NUMBER}/deregister")

    started = listening.engine_call("POST", "/api/flows/listen/start")
    told = listening.command("flow", "start", "listen")[1]

    assert started["state"] == "running"
    [warning] = started["warnings"]
    assert "registered for the Cloud API" in warning
    assert f"! {warning}" in told


def test_an_engine_that_does_not_know_its_address_warns_and_leaves_what_is_not_its_own(
    ready: World, elsewhere: str
) -> None:
    divert_the_app(ready, elsewhere)
    ready.engine_call("PUT", "/api/flows/listen", LISTEN)

    started = ready.engine_call("POST", "/api/flows/listen/start")
    stopped = ready.engine_call("POST", "/api/flows/listen/stop")

    assert started["state"] == "running"
    for answer in (started, stopped):
        [warning] = answer["warnings"]
        assert elsewhere in warning
        assert "APPMIXER_PUBLIC_URL" in warning
    assert subscriptions(ready) == [None]


def test_an_engine_that_the_app_calls_on_this_machine_has_nothing_to_warn_of(ready: World) -> None:
    ready.set_webhook()
    ready.engine_call("PUT", "/api/flows/listen", LISTEN)

    started = ready.engine_call("POST", "/api/flows/listen/start")
    code, told = ready.command("doctor")

    assert started["warnings"] == []
    assert (code, "✗" in told) == (0, False)
    assert "✓ appmixer:whatsapp: address: A handshake like Meta's works" in told
