"""A WABA stays subscribed as long as a flow listens, and no longer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from .conftest import NUMBER

if TYPE_CHECKING:
    from .conftest import World

WABA = "102290129340398"
LISTEN: dict[str, Any] = {
    "name": "Listen",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "status": {"type": "appmixer.whatsapp.MessageStatusUpdated", "account": "acme"},
    },
}


def test_the_subscription_goes_with_the_last_listener_and_not_before(world: World) -> None:
    world.set_webhook()
    world.connect("acme", "EAAsandbox")
    for flow in ("one", "two"):
        world.engine_call("PUT", f"/api/flows/{flow}", LISTEN)
        world.engine_call("POST", f"/api/flows/{flow}/start")
    subscribed = [_subscribed(world)]

    world.engine_call("POST", "/api/flows/one/stop")
    world.engine_call("POST", "/api/flows/one/stop")
    subscribed.append(_subscribed(world))
    world.engine_call("DELETE", "/api/flows/two")
    subscribed.append(_subscribed(world))

    assert subscribed == [True, True, False]


def test_a_flow_that_meta_would_not_tell_anything_refuses_to_start(world: World) -> None:
    world.connect("acme", "EAAsandbox")
    world.engine_call("PUT", "/api/flows/deaf", LISTEN)

    answer = world.http.post(
        f"{world.engine.url}/api/flows/deaf/start",
        headers={"Authorization": "Bearer end-to-end-test-token"},
    )

    assert 400 <= answer.status_code < 500
    error = answer.json()["error"]
    assert "/plugins/appmixer/whatsapp/events" in str(error)
    assert error["cure"]
    assert _subscribed(world) is False
    assert world.engine_call("GET", "/api/flows/deaf")["state"] == "stopped"


def test_a_flow_goes_on_after_the_engine_has_been_stopped_and_started(world: World) -> None:
    world.set_webhook()
    world.register()
    world.connect("acme", "EAAsandbox")
    world.engine_call("PUT", "/api/flows/auto-reply", world.auto_reply)
    world.engine_call("POST", "/api/flows/auto-reply/start")

    world.engine.stop()
    text = {"type": "text", "text": {"body": "while you were away"}}
    world.sandbox_call("POST", "/_sandbox/people/16505551234/messages", text)
    world.engine.start()
    replies = world.wait_until(
        lambda: [each for each in world.phone("16505551234") if each["from"] == "business"],
        "the reply to a message that was delivered again",
    )

    assert [each["content"]["body"] for each in replies] == ["You said: while you were away"]


def test_flows_that_only_send_hear_what_becomes_of_their_messages(world: World) -> None:
    world.set_webhook()
    world.register()
    world.connect("acme", "EAAsandbox")
    arrived, lost = _sending("SendTemplate"), _sending("SendText")
    subscribed = [_subscribed(world)]
    for flow_id, document in (("arrived", arrived), ("lost", lost)):
        started = world.start(flow_id, document)
        assert started["warnings"] == []
        [hook] = world.engine_call("GET", f"/api/flows/{flow_id}")["hooks"]
        assert world.http.post(hook["url"]).is_success
    subscribed.append(_subscribed(world))

    for flow_id, state in (("arrived", "read"), ("lost", "failed")):
        run_id = world.ended_run(flow_id, "completed")["id"]
        _wait_for_fate(world, run_id, state)
    failed = world.engine_call("GET", "/api/runs?status=failed")["runs"]
    for flow_id in ("arrived", "lost"):
        world.engine_call("POST", f"/api/flows/{flow_id}/stop")
        subscribed.append(_subscribed(world))

    assert [run["flowId"] for run in failed] == ["lost"]
    assert subscribed == [False, True, True, False]


def test_a_flow_that_only_sends_starts_before_meta_can_tell_it_anything(world: World) -> None:
    world.connect("acme", "EAAsandbox")

    started = world.start("sends", _sending("SendTemplate"))
    before = _subscribing(world)
    world.set_webhook()
    world.wait_until(lambda: _subscribing(world), "the WABA is subscribed by itself")

    assert started["state"] == "running"
    [warning] = started["warnings"]
    assert f"messages from WhatsApp Business Account {WABA} is not heard here." in warning
    assert "/plugins/appmixer/whatsapp/events" in warning
    assert before == 0


def test_a_flow_that_only_sends_is_heard_of_again_after_a_kill(world: World) -> None:
    world.set_webhook()
    world.register()
    world.connect("acme", "EAAsandbox")
    world.start("sends", _sending("SendTemplate"))

    world.engine.kill()
    _unsubscribe(world)
    world.engine.start()
    world.wait_until(lambda: _subscribing(world) == 2, "the WABA is subscribed again")
    # It runs as one that an older engine has started: nobody has asked yet what it relies on.
    world.engine.kill()
    _unsubscribe(world)
    with closing(sqlite3.connect(world.data / "appmixer.sqlite")) as database, database:
        database.execute("UPDATE flows SET relying_version = NULL")
        database.execute("DELETE FROM relied_on")
        database.execute("DELETE FROM store WHERE key LIKE 'subscription:%'")
        database.execute("DELETE FROM store WHERE key LIKE 'starting:%'")
    world.engine.start()
    world.wait_until(lambda: _subscribing(world) == 3, "the WABA is subscribed once more")
    world.engine_call("DELETE", "/api/flows/sends")

    assert _subscribed(world) is False


def _wait_for_fate(world: World, run_id: str, state: str) -> None:
    world.wait_until(
        lambda: world.engine_call("GET", f"/api/runs/{run_id}")["fates"] == {state: 1},
        f"the message of the run {run_id} is {state}",
    )


def _sending(component: str) -> dict[str, Any]:
    """Return a flow that sends to a person who has written nothing, when it is called."""
    inputs = {
        "SendTemplate": {"templateName": "hello_world", "languageCode": "en_US"},
        "SendText": {"text": "Hello", "windowPolicy": "send"},
    }
    send = {
        "type": f"appmixer.whatsapp.{component}",
        "account": "acme",
        "source": {"in": {"called": ["request"]}},
        "input": {"phoneNumberId": NUMBER, "to": "+16505551234", **inputs[component]},
    }
    return {
        "name": "Sends",
        "components": {"called": {"type": "appmixer.utilities.Webhook"}, "send": send},
    }


def _unsubscribe(world: World) -> None:
    answer = world.http.delete(
        f"{world.sandbox.url}/v25.0/{WABA}/subscribed_apps",
        headers={"Authorization": "Bearer EAAsandbox"},
    )
    assert answer.is_success


def _subscribing(world: World) -> int:
    """Return how often the WABA was subscribed: Meta itself must not be asked again and again."""
    return sum(
        call["method"] == "POST" and call["path"].endswith("/subscribed_apps")
        for call in world.calls()
        if call["status"] == 200
    )


def _subscribed(world: World) -> bool:
    answer = world.http.get(
        f"{world.sandbox.url}/v25.0/{WABA}/subscribed_apps",
        headers={"Authorization": "Bearer EAAsandbox"},
    )
    return bool(answer.json()["data"])
