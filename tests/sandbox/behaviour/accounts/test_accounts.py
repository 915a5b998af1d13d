"""Accounts and businesses, and what an app subscribed to."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
WABA = f"/{seed.WABA_ID}"


async def _write(controls: httpx.AsyncClient, body: str = "Hi") -> None:
    message = {"type": "text", "text": {"body": body}}
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=message)
    assert answer.status_code == 201, answer.text


async def test_an_account_gives_what_was_asked_for(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(WABA, params={"fields": "name,owner_business_info{name},country"})

    assert answer.json() == {
        "name": "Lucky Shrub",
        "owner_business_info": {"name": "Lucky Shrub", "id": seed.BUSINESS_ID},
        "country": "US",
        "id": seed.WABA_ID,
    }


async def test_a_business_lists_the_accounts_the_token_reaches(graph: httpx.AsyncClient) -> None:
    owned = await graph.get(
        f"/{seed.BUSINESS_ID}/owned_whatsapp_business_accounts", params={"fields": "id"}
    )
    clients = await graph.get(f"/{seed.BUSINESS_ID}/client_whatsapp_business_accounts")
    assigned = await graph.get(
        f"/{seed.SYSTEM_USER_ID}/assigned_whatsapp_business_accounts", params={"fields": "id"}
    )

    assert owned.json()["data"] == assigned.json()["data"] == [{"id": seed.WABA_ID}]
    assert clients.json() == {"data": []}


async def test_subscribing_twice_and_leaving_twice_is_fine(graph: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await graph.post(f"{WABA}/subscribed_apps")).json() == {"success": True}
    subscribed = (await graph.get(f"{WABA}/subscribed_apps")).json()["data"]
    for _ in range(2):
        assert (await graph.delete(f"{WABA}/subscribed_apps")).json() == {"success": True}

    assert [one["whatsapp_business_api_data"]["id"] for one in subscribed] == [seed.APP_ID]
    assert (await graph.get(f"{WABA}/subscribed_apps")).json() == {"data": []}


async def test_an_app_gets_only_the_fields_it_chose(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    chosen = {"callbackUrl": receiver.url, "fields": ["account_update"]}
    await controls.post("/webhook", json=chosen)

    await _write(controls)

    assert sandbox.world.courier.waiting == 0
    assert receiver.posts == []


async def test_an_unknown_field_is_named(controls: httpx.AsyncClient) -> None:
    chosen = {"callbackUrl": "http://127.0.0.1:1/", "fields": ["gossip"]}

    answer = await controls.post("/webhook", json=chosen)

    assert answer.status_code == 422
    told = answer.json()["detail"]
    assert [(one["loc"], one["msg"]) for one in told] == [
        (["body", "fields"], "Meta has no webhook field named gossip.")
    ]


async def test_an_app_takes_its_subscription_back(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    async with sandbox.graph(APP_TOKEN) as app:
        await app.delete(f"/{seed.APP_ID}/subscriptions")

        assert (await app.get(f"/{seed.APP_ID}/subscriptions")).json() == {"data": []}
    await _write(controls)

    assert sandbox.world.courier.waiting == 0
    assert receiver.posts == []


async def test_a_numbers_own_address_comes_before_the_accounts(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    async with receiving("own-token") as own:
        configuration = {"override_callback_uri": own.url, "verify_token": "own-token"}
        await graph.post(f"/{number}", json={"webhook_configuration": configuration})
        shown = await graph.get(f"/{number}", params={"fields": "webhook_configuration"})
        await _write(controls, "to the number")
        await own.wait_for("messages", 1)

    await graph.post(f"/{number}", json={"webhook_configuration": {"override_callback_uri": ""}})
    await _write(controls, "to the app")

    heard = await receiver.wait_for("messages", 1)
    assert [message["text"]["body"] for message in heard] == ["to the app"]
    assert shown.json()["webhook_configuration"] == {
        "phone_number": own.url,
        "application": receiver.url,
    }


async def test_without_order_a_stuck_webhook_holds_nobody_up(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"ordered": False, "retryDelaysS": [3600]})
    receiver.answers.append(500)
    await _write(controls, "first")
    await until(lambda: len(receiver.posts) == 1)

    await _write(controls, "second")

    await until(lambda: len(receiver.posts) == 2)
    await until(lambda: sandbox.world.courier.waiting == 1)
    assert receiver.posts[1].values()[0]["messages"][0]["text"] == {"body": "second"}


async def test_a_silent_callback_is_tried_again(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sandbox.world.apps[seed.APP_ID].callback_url = f"http://127.0.0.1:{port}/"
    await controls.post("/settings", json={"webhookTimeoutS": 0.1, "retryDelaysS": [0.01]})

    await _write(controls)

    await until(lambda: sandbox.world.courier.waiting == 0)
    server.close()
    delivery = (await controls.get("/webhooks")).json()["deliveries"][0]
    assert delivery["state"] == "dropped"
    assert [attempt["error"] for attempt in delivery["attempts"]] == ["TimeoutError"] * 2
