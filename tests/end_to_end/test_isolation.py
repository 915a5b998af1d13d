"""Two owners on one app: what belongs to one never reaches the other."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from .conftest import World

WABAS = {
    "first": ("102290129340398", "106540352242922"),
    "second": ("203390129340398", "206540352242922"),
}
LISTEN: dict[str, Any] = {
    "name": "Listen",
    "components": {"incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"}},
}


@pytest.mark.parametrize("events", [1_000, pytest.param(10_000, marks=pytest.mark.prove)])
def test_interleaved_events_reach_only_their_owners_flows(world: World, events: int) -> None:
    tokens = _two_owners(world)
    for token in tokens.values():
        world.engine_call("PUT", "/api/flows/listen", LISTEN, token=token)
        world.engine_call("POST", "/api/flows/listen/start", token=token)
    owners = ["first", "second"] * (events // 2)
    random.Random(7).shuffle(owners)
    bodies = [_body(owner, number) for number, owner in enumerate(owners)]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(partial(_post, world), _batched(bodies)))
    assert set(statuses) == {200}

    for owner, token in tokens.items():
        expected = {f"wamid.{n}" for n, each in enumerate(owners) if each == owner}
        world.wait_until(
            lambda token=token, expected=expected: len(_events(world, token)) == len(expected),  # type: ignore[misc]
            f"all events of {owner} are routed",
            600,
        )
        heard = _events(world, token)
        assert {event["payload"]["message"]["id"] for event in heard} == expected
        assert {event["payload"]["wabaId"] for event in heard} == {WABAS[owner][0]}


def test_one_owners_token_opens_nothing_of_the_others(world: World) -> None:
    tokens = _two_owners(world)
    first, second = tokens["first"], tokens["second"]
    world.engine_call("PUT", "/api/flows/listen", LISTEN, token=second)
    world.engine_call("POST", "/api/flows/listen/start", token=second)
    assert _post(world, [_body("second", 1)]) == 200
    [run] = world.wait_until(lambda: world.runs(token=second), "the second owner's run")
    [event] = _events(world, second)
    [account] = world.engine_call("GET", "/api/accounts", token=second)["accounts"]

    for method, path in [
        ("GET", "/api/flows/listen"),
        ("DELETE", "/api/flows/listen"),
        ("POST", "/api/flows/listen/start"),
        ("POST", "/api/flows/listen/stop"),
        ("GET", f"/api/runs/{run['id']}"),
        ("POST", f"/api/events/{event['id']}/replay"),
        ("DELETE", f"/api/accounts/{account['id']}"),
    ]:
        answer = world.http.request(
            method, world.engine.url + path, headers={"Authorization": f"Bearer {first}"}
        )
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text}"
    assert world.runs(token=first) == []
    assert _events(world, first) == []
    assert world.engine_call("GET", "/api/events?unrouted=true", token=first)["events"] == []
    assert account["id"] not in str(world.engine_call("GET", "/api/accounts", token=first))
    assert world.engine_call("GET", "/api/flows/listen", token=second)["state"] == "running"


def test_a_listener_for_somebody_elses_business_account_is_refused_in_words(world: World) -> None:
    tokens = _two_owners(world)
    foreign = json.loads(json.dumps(LISTEN))
    foreign["components"]["incoming"]["input"] = {"businessAccountId": WABAS["second"][0]}
    world.engine_call("PUT", "/api/flows/foreign", foreign, token=tokens["first"])

    answer = world.http.post(
        f"{world.engine.url}/api/flows/foreign/start",
        headers={"Authorization": f"Bearer {tokens['first']}"},
    )

    assert 400 <= answer.status_code < 500
    assert WABAS["second"][0] in answer.text
    assert (
        world.engine_call("GET", "/api/flows/foreign", token=tokens["first"])["state"] == "stopped"
    )


def test_a_dry_run_takes_no_quota_and_tells_nothing_of_a_number_of_somebody_else(
    world: World,
) -> None:
    tokens = _two_owners(world)
    world.register()
    waba_id, number = WABAS["first"]
    long_ago = {"from": "16505551234", "timestamp": "1600000000"}
    assert _post(world, [_body("first", 1, **long_ago)]) == 200
    world.wait_until(lambda: not world.has_work(), "the message is in the ledger")
    send = {"phoneNumberId": number, "to": "+16505551234", "text": "hi"}
    closed = _try(world, tokens["first"], send, dry_run=True)

    foreign = [_try(world, tokens["second"], send, dry_run=True) for _ in range(60)]
    own = [
        _try(world, tokens["first"], {**send, "windowPolicy": "send"}, dry_run=True)
        for _ in range(60)
    ]
    sent = _try(world, tokens["first"], {**send, "windowPolicy": "send"}, dry_run=False)

    assert closed["error"]["code"] == 131047
    assert {answer["error"]["title"] for answer in foreign} == {
        f"There is no sender number {number}"
    }
    assert {answer["status"] for answer in own} == {"notSent"}
    assert sent["status"] == "completed"
    assert waba_id not in str(foreign)


def _try(world: World, token: str, given: Any, *, dry_run: bool) -> Any:
    path = "/api/components/appmixer.whatsapp.SendText/test"
    body = {"account": "acme", "input": given, "dryRun": dry_run}
    return world.engine_call("POST", path, body, token=token)


def test_the_status_of_another_business_account_ends_no_wait(world: World) -> None:
    world.set_webhook()
    world.connect("acme", "EAAsandbox")
    world.register()
    reply = {**LISTEN["components"]["incoming"], "input": {"messageTypes": ["text"]}}
    answer = {
        "type": "appmixer.whatsapp.SendText",
        "account": "acme",
        "source": {"in": {"incoming": ["message"]}},
        "input": {
            "phoneNumberId": WABAS["first"][1],
            "to": "{{ incoming.message.replyTo }}",
            "text": "hi",
            "windowPolicy": "send",
        },
    }
    document = {"name": "Reply", "components": {"incoming": reply, "reply": answer}}
    world.engine_call("PUT", "/api/flows/reply", document)
    world.engine_call("POST", "/api/flows/reply/start")
    lost = {"kind": "disconnect", "endpoint": "messages"}
    world.sandbox_call("POST", "/_sandbox/faults", lost)
    assert _post(world, [_body("first", 1)]) == 200
    [run] = world.wait_until(
        lambda: [run for run in world.runs() if run["status"] == "waiting"], "the reply waits"
    )
    step_id = world.engine_call("GET", f"/api/runs/{run['id']}")["steps"][1]["id"]

    for owner in ("second", "first"):
        world.wait_until(lambda: not world.has_work(), "everything is routed")
        assert world.engine_call("GET", f"/api/runs/{run['id']}")["status"] == "waiting"
        assert _post(world, [_status(owner, step_id)]) == 200

    [ended] = world.wait_until(
        lambda: [run for run in world.runs() if run["status"] == "completed"], "the reply is known"
    )
    assert ended["id"] == run["id"]


def _two_owners(world: World) -> dict[str, str]:
    world.set_webhook()
    made = world.engine_call("POST", "/api/owners", {"name": "second"})
    world.connect("acme", "EAAsandbox")
    world.connect("acme", "EAAsandboxOther", token=made["token"])
    return {"first": "end-to-end-test-token", "second": made["token"]}


def _events(world: World, token: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        before = f"&before={events[-1]['id']}" if events else ""
        page = world.engine_call("GET", f"/api/events?limit=1000{before}", token=token)["events"]
        events += page
        if len(page) < 1000:
            return events


def _batched(bodies: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [bodies[start : start + 20] for start in range(0, len(bodies), 20)]


def _body(owner: str, number: int, **extra: Any) -> dict[str, Any]:
    waba_id, phone_number_id = WABAS[owner]
    person = f"1650557{number % 1000:04d}"
    message = {
        "from": person,
        "id": f"wamid.{number}",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": f"{owner} {number}"},
        **extra,
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "P"}, "wa_id": person}],
        "messages": [message],
    }
    return {"id": waba_id, "changes": [{"field": "messages", "value": value}]}


def _status(owner: str, step_id: str) -> dict[str, Any]:
    body = _body(owner, 1)
    value = body["changes"][0]["value"]
    [message] = value.pop("messages")
    status = {
        "id": f"wamid.of.{owner}",
        "status": "sent",
        "timestamp": "1790000000",
        "recipient_id": message["from"],
        "biz_opaque_callback_data": f"appmixer.step={step_id}",
    }
    value["statuses"] = [status]
    return body


def _post(world: World, entries: list[dict[str, Any]]) -> int:
    raw = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    signature = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
    return httpx.post(
        f"{world.engine.url}/plugins/appmixer/whatsapp/events",
        content=raw,
        headers={"X-Hub-Signature-256": f"sha256={signature}"},
        timeout=150,
    ).status_code
