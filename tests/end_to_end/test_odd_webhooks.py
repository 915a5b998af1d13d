"""Webhooks that are not quite what Meta documents, and messages that are not from one person."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import NUMBER

if TYPE_CHECKING:
    from .conftest import World

WABA = "102290129340398"
PATH = "/plugins/appmixer/whatsapp/events"
PERSON = "16505551234"


def said(**extra: Any) -> dict[str, Any]:
    message = {"from": PERSON, "id": "wamid.1", "timestamp": "1795921800", "type": "text"}
    return {**message, "text": {"body": "hello"}, **extra}


def body(*messages: Any, **value: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
    change = {
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata,
            "contacts": [{"profile": {"name": "Person"}, "wa_id": PERSON}],
            "messages": list(messages),
            **value,
        },
    }
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}


def with_key(level: str) -> dict[str, Any]:
    whole = body(said(id=f"wamid.{level}"))
    entry = whole["entry"][0]
    change = entry["changes"][0]
    levels = {"body": whole, "entry": entry, "change": change, "value": change["value"]}
    levels[level]["hop_context"] = [{"app_id": 1}]
    return whole


def post(world: World, content: dict[str, Any]) -> None:
    raw = json.dumps(content).encode()
    digest = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    assert world.http.post(world.engine.url + PATH, content=raw, headers=headers).status_code == 200


def heard(world: World, count: int = 1) -> list[dict[str, Any]]:
    """Wait for so many runs of the only flow and return what their trigger gave, oldest first."""
    [flow] = world.engine_call("GET", "/api/flows")["flows"]

    def found() -> list[Any]:
        runs = world.engine_call("GET", f"/api/runs?flowId={flow['id']}")["runs"]
        return runs[::-1] if len(runs) == count and not world.has_work() else []

    runs = world.wait_until(found, f"{count} runs of the flow")
    whole = [world.engine_call("GET", f"/api/runs/{run['id']}") for run in runs]
    return [run["steps"][0]["output"]["message"][0] for run in whole]


@pytest.fixture
def listening(ready: World, request: pytest.FixtureRequest) -> World:
    """A world with one flow of the test's own, because runs stay when their flow has gone."""
    ready.set_webhook()
    ready.start(f"listen-{zlib.crc32(request.node.name.encode())}", ready.auto_reply)
    return ready


@pytest.mark.parametrize(
    "content",
    [
        *[with_key(level) for level in ("body", "entry", "change", "value")],
        body(said(id="wamid.5"), contacts=[None]),
        body(None, said(id="wamid.6"), "junk"),
        body(said(id="wamid.7"), statuses="junk", errors={"code": 1}),
    ],
    ids=["in the body", "in the entry", "change", "value", "contacts", "messages", "lists"],
)
def test_what_meta_adds_or_breaks_silences_no_trigger(
    listening: World, content: dict[str, Any]
) -> None:
    post(listening, content)

    [message] = heard(listening)
    assert message["text"] == {"body": "hello"}


def test_an_odd_message_keeps_no_ledger_from_those_that_came_with_it(listening: World) -> None:
    written_long_ago = said(id="wamid.good", timestamp="1700000000", **{"from": "16505550001"})
    post(listening, body(said(id="wamid.odd", type={"a": 1}), written_long_ago))
    heard(listening, 2)

    answer = listening.try_out("SendText", phoneNumberId=NUMBER, to="+16505550001", text="hi")

    assert answer.json()["error"]["title"] == "The 24-hour window is closed"


def test_the_answer_to_a_message_in_a_group_goes_to_the_group(listening: World) -> None:
    headers = {"Authorization": "Bearer EAAsandbox"}
    opening = {"messaging_product": "whatsapp", "subject": "Lucky Shrub VIP"}
    url = f"{listening.sandbox.url}/v25.0/{NUMBER}/groups"
    assert listening.http.post(url, json=opening, headers=headers).is_success
    group = listening.wait_until(
        lambda: listening.sandbox_call("GET", "/_sandbox/groups")["groups"], "the group is open"
    )[0]["id"]
    listening.sandbox_call("POST", f"/_sandbox/groups/{group}/people", {"person": PERSON})

    listening.says(PERSON, type="text", text={"body": "hello group"}, groupId=group)

    [message] = heard(listening)
    assert (message["replyTo"], message["replyType"]) == (group, "group")
    answers = listening.wait_until(
        lambda: [each for each in listening.phone(PERSON) if "You said" in json.dumps(each)],
        "the answer is on the phone",
    )
    assert [each.get("groupId") for each in answers] == [group]


def test_a_person_who_changed_number_or_id_is_answered_at_the_new_one(listening: World) -> None:
    moved = {"body": "x", "type": "user_changed_number", "wa_id": "16505550000"}
    renamed = {"body": "x", "type": "user_changed_user_id", "user_id": "US.222"}
    note = {"type": "system", "text": None}

    post(listening, body(said(**note, id="wamid.W07A", system=moved), contacts=[]))
    heard(listening, 1)
    changed = said(**note, id="wamid.W07B", from_user_id="US.111", system=renamed)
    post(listening, body(changed, contacts=[]))

    first, second = heard(listening, 2)
    assert first["replyTo"] == "+16505550000"
    assert (second["replyTo"], second["contact"]["bsuid"]) == ("+16505551234", "US.222")
