"""Subscriptions are made to agree with the listeners until they do, each WABA for itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import respx

import appmixer.whatsapp.plugin as connector
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector, Credentials, connectors_of
from appmixer.engine.host import engine as engine_module
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.whatsapp.plugin.setup import reconciliation

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
ID = "appmixer:whatsapp"
TASK = f"{ID} subscriptions"
HERE = "https://engine.example.com/plugins/appmixer/whatsapp/events"
ENVIRONMENT = {
    "APPMIXER_WHATSAPP_CLIENT_ID": "634974688087057",
    "APPMIXER_WHATSAPP_CLIENT_SECRET": "test-app-secret",
    "APPMIXER_WHATSAPP_VERIFY_TOKEN": "test-verify-token",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data", environment=ENVIRONMENT, public_url="https://engine.example.com"
    )


def plain_http(_: object = None) -> httpx.AsyncClient:
    return httpx.AsyncClient()


@pytest.fixture
def connectors(monkeypatch: pytest.MonkeyPatch) -> dict[str, Connector]:
    monkeypatch.setattr(reconciliation, "FIRST_PAUSE_S", 0.01)
    # The engine's own transport asks the network itself, past respx.
    monkeypatch.setattr(engine_module, "open_http", plain_http)
    return connectors_of(connector)


class Meta:
    """Graph with two WABAs, not subscribed at first; reading the first one may be made fail."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.subscribed: list[str] = []
        webhook = {
            "object": "whatsapp_business_account",
            "callback_url": HERE,
            "active": True,
            "fields": [{"name": "messages", "version": "v25.0"}],
        }
        app = f"{ROOT}/{ENVIRONMENT['APPMIXER_WHATSAPP_CLIENT_ID']}/subscriptions"
        router.get(app).respond(json={"data": [webhook]})
        for waba_id in ("1", "2"):
            router.get(f"{ROOT}/{waba_id}/phone_numbers").respond(json={"data": []})
            router.post(f"{ROOT}/{waba_id}/subscribed_apps").mock(side_effect=self._subscribe)
        self.apps = {
            waba_id: router.get(f"{ROOT}/{waba_id}/subscribed_apps").respond(json={"data": []})
            for waba_id in ("1", "2")
        }
        self.first = self.apps["1"]

    def _subscribe(self, request: httpx.Request) -> httpx.Response:
        waba_id = request.url.path.split("/")[2]
        self.subscribed.append(waba_id)
        app = {"whatsapp_business_api_data": {"id": ENVIRONMENT["APPMIXER_WHATSAPP_CLIENT_ID"]}}
        self.apps[waba_id].respond(json={"data": [app]})
        return httpx.Response(200, json={"success": True})


@pytest.fixture
def meta() -> Iterator[Meta]:
    with respx.mock(assert_all_called=False) as router:
        yield Meta(router)


async def remember(settings: Settings, connectors: dict[str, Connector]) -> None:
    """Leave the store of an engine in which two triggers were starting when it was killed."""
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        account = await engine.accounts.keep(owner_id, ID, Credentials("t0ken", {}, "acme"))
        for waba_id in ("1", "2"):
            entry = {"accountId": account["id"], "callback": "", "stays": ""}
            kept = {f"subscription:{waba_id}": entry, f"starting:{waba_id}:a": account["id"]}
            await engine.hosts[ID].store.put(kept)


async def ask(engine: Engine, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
        return await client.get(path)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + 20
    while not await holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def reach(subscribed: list[str], wanted: list[str]) -> None:
    async def is_reached() -> bool:
        return subscribed == wanted

    await until(is_reached)


# A KeyError could be taken for an account that is gone.
@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyError])
async def test_a_fault_at_one_account_is_shown_and_the_next_one_is_subscribed_all_the_same(
    settings: Settings, connectors: dict[str, Connector], meta: Meta, fault: type[Exception]
) -> None:
    await remember(settings, connectors)
    meta.first.mock(side_effect=fault("nobody foresaw this"))

    async def is_in_trouble() -> bool:
        return bool((await ask(engine, "/readyz")).json()["troubles"])

    async with open_engine(settings, connectors) as engine:
        await reach(meta.subscribed, ["2"])
        await until(is_in_trouble)
        ready = await ask(engine, "/readyz")
        metrics = (await ask(engine, "/metrics")).text
        meta.first.respond(json={"data": []})
        await reach(meta.subscribed, ["2", "1"])

    assert ready.status_code == 200
    assert ready.json()["troubles"] == {
        TASK: "Something unexpected went wrong at 1 of the WhatsApp Business Accounts "
        f"({fault.__name__}); the log names each by its id."
    }
    assert f'appmixer_task_failures_total{{task="{TASK}"}}' in metrics


async def test_what_meta_refuses_for_now_is_tried_again_and_is_no_fault_of_the_engine(
    settings: Settings, connectors: dict[str, Connector], meta: Meta
) -> None:
    await remember(settings, connectors)
    meta.first.respond(429)

    async with open_engine(settings, connectors) as engine:
        await reach(meta.subscribed, ["2"])
        ready = await ask(engine, "/readyz")
        meta.first.respond(json={"data": []})
        await reach(meta.subscribed, ["2", "1"])

    assert ready.json()["troubles"] == {}


async def test_the_entry_of_an_account_that_is_deleted_is_forgotten(
    settings: Settings, connectors: dict[str, Connector], meta: Meta
) -> None:
    async with open_engine(settings, connectors) as engine:
        store = engine.hosts[ID].store
        await store.put({"subscription:1": {"accountId": "gone", "callback": "", "stays": ""}})

    async with open_engine(settings, connectors) as engine:

        async def is_forgotten() -> bool:
            return not await engine.hosts[ID].store.scan("subscription:")

        await until(is_forgotten)

    assert meta.subscribed == []
