"""What happens in the sandbox, told live, and the logs of it with their bodies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.controls.stream import Listening
from appmixer.sandbox.testing import Receiver, RunningSandbox, running_sandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.seed import seed as plant
from appmixer.sandbox.world.world import World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEXT: Json = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "Hello"}}


@dataclass
class Listener:
    """One client of the stream, with everything it was told."""

    events: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    has_ended: bool = False

    def told(self, kind: str) -> list[Json]:
        return [told for name, told in self.events if name == kind]

    async def wait_for(self, holds: Callable[[Listener], bool]) -> None:
        await until(lambda: holds(self))


@asynccontextmanager
async def listening(sandbox: RunningSandbox) -> AsyncGenerator[Listener]:
    """Listen for as long as the block runs; it begins when the listener has been heard of."""
    listener = Listener()

    async def listen(client: httpx.AsyncClient) -> None:
        kind = ""
        async with client.stream("GET", "/stream", timeout=None) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    listener.events.append((kind, json.loads(value)))
        listener.has_ended = True

    async with sandbox.controls() as client:
        task = asyncio.create_task(listen(client))
        try:
            await until(lambda: len(listener.events) >= 2)
            yield listener
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_a_listener_is_told_the_present_state_first(sandbox: RunningSandbox) -> None:
    async with listening(sandbox) as listener:
        first = list(listener.events[:2])

    assert [kind for kind, _ in first] == ["clock", "settings"]
    assert first[0][1].keys() == {"now", "iso", "frozen", "speed", "pending"}
    assert first[1][1]["mode"] == "development"


async def test_a_call_is_told_with_status_and_duration(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    async with listening(sandbox) as listener:
        await graph.get("/me")
        await listener.wait_for(lambda it: len(it.told("call")) == 1)

    [call] = listener.told("call")
    assert {**call, "at": 0, "durationMs": 0} == {
        "id": "1",
        "at": 0,
        "method": "GET",
        "path": "/v25.0/me",
        "status": 200,
        "errorCode": None,
        "fault": None,
        "durationMs": 0,
    }
    assert call["durationMs"] > 0


async def test_a_message_is_told_again_with_each_of_its_statuses(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    async with listening(sandbox) as listener:
        await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hi"}})
        await graph.post(f"/{number}/messages", json=TEXT)
        await listener.wait_for(lambda it: len(it.told("message")) >= 5)

    told = [event["message"] for event in listener.told("message")]
    assert {event["person"] for event in listener.told("message")} == {seed.PERSON}
    assert [message.get("status", message["from"]) for message in told] == [
        "person",
        "accepted",
        "sent",
        "delivered",
        "read",
    ]


async def test_a_webhook_is_told_at_each_change_of_its_state(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [0.01]})
    receiver.answers.append(500)
    async with listening(sandbox) as listener:
        await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hi"}})
        await listener.wait_for(lambda it: len(it.told("webhook")) >= 4)

    told = listener.told("webhook")
    assert [event["state"] for event in told] == ["sending", "waiting", "sending", "delivered"]
    assert len({event["id"] for event in told}) == 1
    assert (told[0]["fields"], told[0]["summary"]) == (["messages"], "message text")
    assert [attempt["status"] for attempt in told[-1]["attempts"]] == [500, 200]


async def test_people_clock_settings_and_reset_are_told(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    async with listening(sandbox) as listener:
        await controls.post("/people", json={"name": "Ada"})
        await controls.patch(f"/people/{seed.PERSON}", json={"online": False})
        await controls.post("/clock", json={"freeze": True})
        await controls.post("/settings", json={"instant": True})
        await controls.post("/reset")
        await listener.wait_for(lambda it: bool(it.told("reset")))

    assert [kind for kind, _ in listener.events[2:]] == [
        "person",
        "person",
        "clock",
        "settings",
        "reset",
    ]
    assert [(each["name"], each["online"]) for each in listener.told("person")] == [
        ("Ada", True),
        ("Sheena Nelson", False),
    ]
    assert listener.told("clock")[-1]["frozen"] is True
    assert listener.told("settings")[-1]["instant"] is True


async def test_a_slow_listener_is_told_what_it_lost_and_goes_on() -> None:
    world = World(plant, Courier)
    hearing = Listening(world, most=3)
    stream = hearing.events()
    for _ in range(3):
        await anext(stream)
    for _ in range(5):
        world.feed.publish("clock", world.clock)

    told = (await anext(stream)).decode()
    world.feed.publish("reset")
    later = (await anext(stream)).decode()
    await stream.aclose()

    assert told.count("event: clock\n") == 3
    assert told.endswith('event: lost\ndata: {"events":2}\n\n')
    assert later == "event: reset\ndata: {}\n\n"


async def test_nobody_is_listened_to_after_leaving(sandbox: RunningSandbox) -> None:
    async with listening(sandbox):
        during = sandbox.world.feed.listeners

    await until(lambda: sandbox.world.feed.listeners == 0)
    assert during == 1


async def test_a_stream_ends_with_the_sandbox() -> None:
    async with running_sandbox() as sandbox:
        opened = listening(sandbox)
        listener = await opened.__aenter__()

    await until(lambda: listener.has_ended)
    await opened.__aexit__(None, None, None)


async def test_a_call_can_be_read_with_its_bodies(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages?fields=id", content=json.dumps(TEXT))

    [call] = (await controls.get("/calls")).json()["calls"]
    shown = (await controls.get(f"/calls/{call['id']}")).json()
    assert shown == {
        **call,
        "query": "fields=id",
        "request": {
            "type": "application/json",
            "bytes": len(json.dumps(TEXT)),
            "text": json.dumps(TEXT),
        },
        "response": {
            "type": "application/json",
            "bytes": len(answer.content),
            "text": answer.text,
        },
    }


async def test_tokens_secrets_and_pins_are_in_no_log(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    secrets = [seed.SYSTEM_USER_TOKEN, seed.APP_SECRET, "135790"]
    await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/register",
        json={"messaging_product": "whatsapp", "pin": "135790"},
    )
    await graph.post(f"/{seed.PHONE_NUMBER_ID}", data={"pin": "135790"})
    await graph.post(f"/{seed.PHONE_NUMBER_ID}", content=b'{"pin": "135790", broken')
    await graph.get("/debug_token?input_token=EAAsandbox&access_token=EAAsandbox")
    await graph.get(
        "/oauth/access_token",
        params={
            "client_id": seed.APP_ID,
            "client_secret": seed.APP_SECRET,
            "grant_type": "client_credentials",
        },
    )

    calls = (await controls.get("/calls")).json()["calls"]
    shown = [(await controls.get(f"/calls/{call['id']}")).text for call in calls]
    assert len(shown) == 5
    assert [text for text in shown for secret in secrets if secret in text] == []


async def test_a_file_is_logged_by_type_and_size(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await graph.post(
        f"/{number}/media",
        data={"messaging_product": "whatsapp", "type": "image/jpeg"},
        files={"file": ("a.jpg", b"\xff\xd8\xff" + b"x" * 5000, "image/jpeg")},
    )

    shown = (await controls.get("/calls/1")).json()
    assert shown["request"]["type"] == "multipart/form-data"
    assert shown["request"]["bytes"] > 5000
    assert shown["request"]["text"] is None


async def test_the_bodies_that_are_kept_are_bounded(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"logBytes": 5000})

    for _ in range(20):
        await graph.post(f"/{number}/messages", json={**TEXT, "text": {"body": "x" * 1000}})

    kept = sandbox.world.calls.latest()
    assert sum(call.kept for call in kept) <= 5000
    assert [call.id for call in kept] == [str(20 - back) for back in range(len(kept))]
    assert len(kept) >= 2
    assert (await controls.get("/calls/1")).status_code == 404


async def test_the_calls_can_be_filtered(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await graph.get("/me")
    await graph.post(f"/{number}/messages", json=TEXT)
    await graph.get("/404")

    async def paths(query: str) -> list[str]:
        calls = (await controls.get(f"/calls?{query}")).json()["calls"]
        return [call["path"].rpartition("/")[2] for call in calls]

    assert await paths("limit=2") == ["404", "messages"]
    assert await paths("method=post") == ["messages"]
    assert await paths("path=/me") == ["messages", "me"]
    assert await paths("status=400") == ["404"]
    assert await paths("errorsOnly=true") == ["404"]
    assert await paths("method=GET&status=200") == ["me"]


async def test_the_webhooks_can_be_filtered_and_read_with_their_answers(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": []})
    receiver.answers.append(500)
    await controls.post("/trigger", json={"event": "account_alerts"})
    await until(lambda: len(receiver.posts) == 1)
    await controls.post("/trigger", json={"event": "messages.text"})
    await until(lambda: len(receiver.posts) == 2)

    async def fields(query: str) -> list[list[str]]:
        shown = (await controls.get(f"/webhooks?{query}")).json()["deliveries"]
        return [delivery["fields"] for delivery in shown]

    await until_settled(controls)
    assert await fields("") == [["messages"], ["account_alerts"]]
    assert await fields("field=account_alerts") == [["account_alerts"]]
    assert await fields("state=dropped") == [["account_alerts"]]
    assert await fields("field=messages&state=dropped") == []
    assert (await controls.get("/webhooks?state=lost")).status_code == 422
    dropped = (await controls.get("/webhooks?state=dropped")).json()["deliveries"][0]
    whole = (await controls.get(f"/webhooks/{dropped['id']}")).json()
    assert json.loads(whole["body"])["entry"][0]["changes"][0]["field"] == "account_alerts"
    assert [(each["status"], each["answer"]) for each in whole["attempts"]] == [(500, "")]


async def until_settled(controls: httpx.AsyncClient) -> None:
    for _ in range(1000):
        shown = (await controls.get("/webhooks")).json()["deliveries"]
        if all(each["state"] in ("delivered", "dropped") for each in shown):
            return
    raise TimeoutError("a delivery is still on its way")


async def test_the_callback_can_be_read_kept_without_handshake_and_taken_away(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    shown = (await controls.get("/webhook")).json()
    gone = (await controls.delete("/webhook")).json()
    elsewhere = {"callbackUrl": "http://127.0.0.1:9/", "handshake": False, "fields": ["calls"]}
    kept = (await controls.post("/webhook", json=elsewhere)).json()

    assert (shown["callbackUrl"], shown["verifyToken"]) == (receiver.url, seed.VERIFY_TOKEN)
    assert gone["callbackUrl"] is None
    assert kept == {"verified": True, "reason": None, "callbackUrl": "http://127.0.0.1:9/"}
    assert (await controls.get("/webhook")).json()["fields"] == ["calls"]
