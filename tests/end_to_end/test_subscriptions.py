"""A WABA stays subscribed as long as a flow listens, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def _subscribed(world: World) -> bool:
    answer = world.http.get(
        f"{world.sandbox.url}/v25.0/{WABA}/subscribed_apps",
        headers={"Authorization": "Bearer EAAsandbox"},
    )
    return bool(answer.json()["data"])
