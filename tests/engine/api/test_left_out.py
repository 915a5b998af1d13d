"""Components are loaded once, and what is stored for those that are not there is told so."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import (
    Component,
    ComponentClasses,
    Connector,
    Credentials,
    HostContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import accounts, segments

from ..conftest import CONNECTOR, Keys, Say, echo_module
from ..runs.test_runs import flow, start
from .conftest import BASE_URL
from .test_login import press, secret_of, state_of

pytestmark = pytest.mark.anyio

# At its end, and not proven for long.
DUE = {"expires_at": time.time(), "proof_due_at": 0.0}
Until = Callable[..., Awaitable[Any]]
FLOW: dict[str, Any] = {
    "name": "Hall",
    "components": {
        "heard": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "hall"}}
    },
}

SAYING = {
    "type": "test.echo.Say",
    "account": "keys",
    "source": {"in": {"heard": ["heard"]}},
    "input": {"text": "Hi"},
}


async def test_the_hook_that_gives_components_is_called_once(settings: Settings) -> None:
    module: Any = echo_module()
    given = module.appmixer_components
    calls: list[None] = []

    def counted() -> Mapping[str, type[Component]]:
        calls.append(None)
        return given()  # type: ignore[no-any-return]  # a module made for tests

    module.appmixer_components = hookimpl(counted)

    async with open_engine(settings, connectors_of(module)) as engine:
        made = [engine.component(name) for name in engine.types]

    assert [type(each) for each in made if type(each) is Say] == [Say]
    assert len(calls) == 1


async def test_a_component_that_cannot_be_loaded_keeps_nobody_from_the_others(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "broken_say.py").write_text("raise ZeroDivisionError('a secret')\n")
    module: Any = echo_module()
    modules = {name: each.__module__ for name, each in module.appmixer_components().items()}
    lazily = ComponentClasses({**modules, "test.echo.Say": "broken_say"})
    module.appmixer_components = hookimpl(lambda: lazily)

    async with open_engine(settings, connectors_of(module)) as engine, asking(engine) as client:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall", "keys")
        saying: dict[str, Any] = {**FLOW, "components": {**FLOW["components"], "say": SAYING}}
        with_it = await client.put("/api/flows/broken", json=saying)
        without = await client.put("/api/flows/whole", json=FLOW)
        palette = (await client.get("/api/components")).json()
        is_ready = await client.get("/readyz")

    assert [(answer.status_code) for answer in (without, is_ready)] == [200, 200]
    assert with_it.status_code == 409
    error = with_it.json()["error"]
    assert error["title"] == "The component test.echo.Say cannot be loaded"
    assert "ZeroDivisionError" in error["cause"]
    assert "a secret" not in with_it.text
    offered = {
        each["name"] for connector in palette["connectors"] for each in connector["components"]
    }
    assert modules.keys() - offered == {"test.echo.Say"}


async def test_a_flow_of_a_connector_that_is_gone_gets_a_sentence(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await engine.flows.put(owner_id, "echo", FLOW)

    async with open_engine(settings, {}) as engine:
        token = read_token(settings.data, settings.environment)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(engine)),
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            answer = await client.post("/api/flows/echo/start")

    assert answer.status_code == 409
    assert answer.json()["error"]["title"] == "There is no component test.echo.Heard here"


def lame(stops: list[str] | None = None) -> dict[str, Connector]:
    """Return the same connector with a plugin that does not start, so that it is left out.

    `stops` notes when it is stopped.
    """

    class Lame:
        routes = ()

        async def start(self) -> None:
            raise ZeroDivisionError

        async def stop(self) -> None:
            if stops is not None:
                stops.append("stop")

    module: Any = echo_module()

    def plugin(host: HostContext) -> Lame:
        return Lame()

    module.appmixer_plugin = hookimpl(plugin)
    return connectors_of(module)


async def test_a_plugin_that_does_not_start_is_stopped_once(settings: Settings) -> None:
    stops: list[str] = []

    async with open_engine(settings, lame(stops)):
        at_start = list(stops)

    assert (at_start, stops) == (["stop"], ["stop"])


@asynccontextmanager
async def asking(engine: Engine) -> AsyncGenerator[httpx.AsyncClient]:
    token = read_token(engine.settings.data, engine.settings.environment)
    transport = httpx.ASGITransport(app=create_app(engine))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as client:
        yield client


async def test_what_was_accepted_for_a_connector_waits_until_it_is_there_again(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    told = {"kind": "heard", "payload": {"text": "x"}, "routes": ["room:hall"], "answers": []}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await engine.flows.put(owner_id, "echo", FLOW)
        await engine.flows.start(owner_id, "echo")

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        await engine.events.accept(CONNECTOR, json.dumps({"id": "early", **told}).encode())
        # Whatever else there is to read is read meanwhile.
        for _ in range(3):
            assert await engine.router.route_batch() == 0
        left_out = (await client.get("/readyz")).json()["leftOut"]
        unrouted = (await client.get("/api/events?unrouted=true")).json()["events"]

    async with open_engine(settings, connectors) as engine:
        [run] = await until(lambda: engine.runs.list(owner_id, status="completed"))
        unreadable = await engine.visibility.unrouted(owner_id, is_administrator=True)

    assert len(left_out) == 1
    assert (unrouted, unreadable) == ([], [])
    assert run["flowId"] == "echo"


async def test_what_is_due_for_a_connector_is_done_when_it_is_there_again(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    event = {"id": "a", "kind": "heard", "payload": {"text": "x"}, "routes": ["room:hall"]}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await start(engine, owner_id, flow({"text": "x", "then": "wait"}))
        await engine.events.accept(CONNECTOR, json.dumps({**event, "answers": []}).encode())
        await until(lambda: engine.runs.list(owner_id, status="waiting"))

    async with open_engine(settings, lame()) as engine:
        due = sa.select(segments.c.id).where(segments.c.state == "queued")
        await until(lambda: engine.rows(due))
        await asyncio.sleep(0.2)
        left = await engine.rows(due)
        failed = await engine.runs.list(owner_id, status="failed")

    async with open_engine(settings, connectors) as engine:
        [run] = await until(lambda: engine.runs.list(owner_id, status="completed"))
        detail = await engine.runs.get(owner_id, run["id"])

    assert (len(left), failed) == (1, [])
    assert detail["steps"][1]["output"]["said"][0]["text"] == "x: no answer"


async def test_a_flow_of_a_connector_that_is_left_out_can_be_seen_stopped_and_deleted(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    say = {"type": "test.echo.Say", "account": "keys", "input": {"text": "x", "pin": "246810"}}
    components = {**FLOW["components"], "say": {**say, "source": {"in": {"heard": ["heard"]}}}}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        for name in ("one", "two"):
            await engine.flows.put(owner_id, name, {**FLOW, "components": components})
            await engine.flows.start(owner_id, name)

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        shown = await client.get("/api/flows/one")
        stopped = await client.post("/api/flows/one/stop")
        deleted = await client.delete("/api/flows/two")
        left = await client.get("/api/flows")

    assert (shown.status_code, stopped.status_code, deleted.status_code) == (200, 200, 204)
    assert shown.json()["document"]["components"]["say"]["input"] == {"text": "x", "pin": "••••••"}
    assert [(each["id"], each["state"]) for each in left.json()["flows"]] == [("one", "stopped")]


async def test_an_account_of_a_connector_that_is_left_out_waits_and_says_so(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        made = await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        await engine.writer.commit(lambda c: c.execute(sa.update(accounts).values(DUE)))
        renewed = await engine.accounts.renewal.refresh_due()
        examined = await client.get(f"/api/accounts/{made['id']}/checks")
        claimed = await client.post(f"/api/accounts/{made['id']}/claim")
        [account] = (await client.get("/api/accounts")).json()["accounts"]

    assert renewed == 1, "it was due, and kept no other from renewal"
    assert account["state"] == "connected"
    for answer in (examined, claimed):
        [check] = answer.json()["checks"]
        assert (answer.status_code, check["state"]) == (200, "fault")
        assert "is not installed, or the engine had to leave it out" in check["finding"]


class Asking(Keys):
    """A login that does not tell everything."""

    async def connect_token(self, access_token: str) -> Credentials:
        return Credentials(access_token, {"rooms": []}, "keys", asks={"room": "Nobody told it."})


def asking_provider(host: HostContext) -> Asking:
    return Asking()


NOT_HERE = f"The connector {CONNECTOR} is not here"


async def test_a_login_whose_connector_is_left_out_meanwhile_ends_on_a_page(
    settings: Settings,
) -> None:
    module: Any = echo_module()
    module.appmixer_account_provider = hookimpl(asking_provider)
    async with open_engine(settings, connectors_of(module)) as engine, asking(engine) as client:
        begun = await client.get("/auth/echo/start?name=one")
        other = await client.get("/auth/echo/start?name=two")
        asked = await client.get(f"/auth/echo/callback?code=hall&state={state_of(begun)}")
        link = await client.post("/api/links", json={"path": "/auth/echo/start?name=three"})
        question = await client.get(link.json()["url"])
        cookies = client.cookies

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        client.cookies = cookies
        pages = [
            await client.get(f"/auth/echo/callback?code=hall&state={state_of(other)}"),
            await press(client, asked),
            await client.post("/auth/echo/start", data={"secret": secret_of(question)}),
        ]
        kept = (await client.get("/api/accounts")).json()["accounts"]

    assert [page.status_code for page in pages] == [400, 400, 400]
    assert all(NOT_HERE in page.text and "appmixer doctor" in page.text for page in pages)
    assert kept == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/accounts/{account}", {"tongue": "de"}),
        ("PATCH", "/api/accounts/{account}", {"tongue": None}),
        ("POST", "/api/accounts/{account}/refresh", None),
        ("POST", "/api/events/1/replay", None),
    ],
)
async def test_what_only_a_connector_that_is_left_out_could_do_gets_a_sentence(
    settings: Settings,
    connectors: dict[str, Connector],
    until: Until,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    event = {"id": "a", "kind": "heard", "payload": {"text": "x"}, "routes": ["room:hall"]}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        made = await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await start(engine, owner_id, flow({"text": "x"}))
        await engine.events.accept(CONNECTOR, json.dumps({**event, "answers": []}).encode())
        await until(lambda: engine.runs.list(owner_id, status="completed"))

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        answer = await client.request(method, path.format(account=made["id"]), json=body)
        runs = await engine.runs.list(owner_id)
        [account] = (await client.get("/api/accounts")).json()["accounts"]

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "title": NOT_HERE,
        "cause": "It is not installed, or the engine had to leave it out.",
        "cure": "Let the administrator run `appmixer doctor`, which names what is left out, and "
        "try again when it is mended; what is stored waits until then.",
    }
    assert (len(runs), account["settings"]) == (1, {})


async def test_an_event_of_another_owner_stays_unknown_when_its_connector_is_left_out(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    event = {"id": "a", "kind": "heard", "payload": {"text": "x"}, "routes": ["room:hall"]}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await start(engine, owner_id, flow({"text": "x"}))
        await engine.events.accept(CONNECTOR, json.dumps({**event, "answers": []}).encode())
        await until(lambda: engine.runs.list(owner_id, status="completed"))

    async with open_engine(settings, lame()) as engine, asking(engine) as client:
        token = (await engine.owners.create("Other"))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        answers = [await client.post(f"/api/events/{seq}/replay") for seq in (1, 99)]

    assert [each.status_code for each in answers] == [404, 404]
