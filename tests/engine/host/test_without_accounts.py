"""A connector without accounts: its trigger hears, its action acts, and nobody misses a login."""

from __future__ import annotations

import json
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import (
    Account,
    Action,
    ActionContext,
    Check,
    Connector,
    Event,
    Fields,
    HostContext,
    JsonObject,
    Listener,
    RejectedError,
    Route,
    Trigger,
    TriggerContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import events, inbox, listeners

from ..conftest import CONNECTOR as ECHO
from ..conftest import MANIFEST as ECHO_MANIFEST
from ..conftest import echo_module

pytestmark = pytest.mark.anyio

BELL = "test:bell"
FLOW: dict[str, Any] = {
    "name": "Bell",
    "components": {
        "rung": {"type": "test.bell.Rung"},
        "ring": {
            "type": "test.bell.Ring",
            "source": {"in": {"rung": ["rung"]}},
            "input": {"times": "{{ rung.rung.times }}"},
        },
    },
}
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


class Times(Fields):
    times: int


class Rung(Trigger):
    """https://example.org/rung"""

    label = "Rung"
    port = "rung"
    Output = Times

    class Input(Fields):
        pass

    async def start(self, context: TriggerContext) -> None:
        await context.add_listener("bell", {})

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_listener("bell")

    async def receive(self, context: TriggerContext, event: JsonObject) -> Times:
        return Times.model_validate(event)


class Ring(Action):
    """https://example.org/ring"""

    label = "Ring"
    port = "rang"
    Input = Times
    Output = Times

    async def receive(self, context: ActionContext, input: Times) -> Times:
        return input


class Bell:
    """The plugin; `told` is what it was told of listeners, and with which account."""

    routes: Sequence[Route] = ()

    def __init__(self, host: HostContext) -> None:
        self.told: list[tuple[str, str, Account | None]] = []

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def listener_added(self, listener: Listener, account: Account | None) -> None:
        self.told.append(("added", listener.account_id, account))

    async def listener_removed(self, listener: Listener, account: Account | None) -> None:
        self.told.append(("removed", listener.account_id, account))

    def read(self, content: bytes) -> Sequence[Event]:
        return [Event(**json.loads(content), topics=("bell",))]

    async def before_routing(self, events: Sequence[Event]) -> None: ...

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return ()

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return [Check("Bell", "fine", "It hangs.")]

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


def make_bell(host: HostContext) -> Bell:
    return Bell(host)


def bell_module(**more: Any) -> object:
    entry = ECHO_MANIFEST["components"][0]
    manifest: dict[str, Any] = {
        **{key: each for key, each in ECHO_MANIFEST.items() if key != "auth"},
        "id": BELL,
        "configuration": [],
        "components": [
            {
                **{key: each for key, each in entry.items() if key != "scopes"},
                "name": f"test.bell.{each.__name__}",
                "kind": "trigger" if issubclass(each, Trigger) else "action",
            }
            for each in (Rung, Ring)
        ],
        **more,
    }
    module: Any = types.ModuleType("bell")
    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(lambda: {"test.bell.Rung": Rung, "test.bell.Ring": Ring})
    module.appmixer_plugin = hookimpl(make_bell)
    return module


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(echo_module(), bell_module())


@pytest.fixture
def bell(engine: Engine) -> Bell:
    plugin: Any = engine.plugins[BELL]
    assert isinstance(plugin, Bell)
    return plugin


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    token = read_token(engine.settings.data, engine.settings.environment)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(engine)),
        base_url="http://127.0.0.1:8321",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


async def ring(engine: Engine, times: int) -> None:
    event = {"id": str(times), "kind": "rung", "payload": {"times": times}}
    await engine.events.accept(BELL, json.dumps(event).encode())


async def begin(engine: Engine) -> str:
    owner_id = engine.owners.first_owner_id
    await engine.flows.put(owner_id, "bell", FLOW)
    await engine.flows.start(owner_id, "bell")
    return owner_id


async def test_its_trigger_hears_and_its_action_acts(
    engine: Engine, bell: Bell, ended_runs: Ended
) -> None:
    owner_id = await begin(engine)

    await ring(engine, 3)
    [run] = await ended_runs(owner_id, 1, deadline_s=15)

    assert run["status"] == "completed"
    assert [step["output"] for step in run["steps"]] == [
        {"rung": [{"times": 3}]},
        {"rang": [{"times": 3}]},
    ]
    assert bell.told == [("added", "", None)]


async def test_a_flow_that_stops_hears_no_more(engine: Engine, bell: Bell) -> None:
    owner_id = await begin(engine)

    await engine.flows.stop(owner_id, "bell")
    left = await engine.rows(sa.select(listeners))

    assert bell.told == [("added", "", None), ("removed", "", None)]
    assert left == []


async def test_what_a_version_has_left_behind_is_taken_away_when_another_runs(
    engine: Engine, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RejectedError("It does not stop")

    owner_id = await begin(engine)
    monkeypatch.setattr(Rung, "stop", fail)
    await engine.accounts.connect_token(owner_id, ECHO, "hall", "keys")
    heard = {"type": "test.echo.Heard", "account": "keys"}

    await engine.flows.put(owner_id, "bell", {"name": "Other", "components": {"heard": heard}})
    await engine.flows.start(owner_id, "bell")

    assert bell.told == [("added", "", None), ("removed", "", None)]


async def test_whoever_heard_an_event_may_replay_it_and_nobody_else(
    engine: Engine, ended_runs: Ended
) -> None:
    owner_id = await begin(engine)
    await ring(engine, 3)
    [run] = await ended_runs(owner_id, 1, deadline_s=15)
    other_id = (await engine.owners.create("Other"))["id"]
    [row] = await engine.rows(sa.select(events.c.seq))

    replayed = await engine.visibility.replay(owner_id, row.seq, by="me", is_administrator=False)
    with pytest.raises(LookupError, match="There is no event"):
        await engine.visibility.replay(other_id, row.seq, by="me", is_administrator=False)

    assert len(replayed) == 1
    assert replayed != [run["id"]]


async def test_what_listens_without_an_account_hears_nothing_once_accounts_are_needed(
    settings: Settings, engine: Engine, ended_runs: Ended
) -> None:
    owner_id = await begin(engine)
    await engine.stop()
    module: Any = bell_module(auth={"type": "apiKey", "service": "bell"})
    module.appmixer_account_provider = hookimpl(lambda: object())

    async with open_engine(settings, connectors_of(module)) as later:
        await ring(later, 3)
        while await later.rows(sa.select(inbox.c.seq)):
            await later.router.route_batch()
        runs = await later.runs.list(owner_id)
    await engine.start()

    assert runs == []


async def test_where_accounts_are_not_for_all_a_trigger_hears_without_one(
    settings: Settings,
) -> None:
    module: Any = bell_module(auth={"type": "apiKey", "service": "bell", "forAll": False})
    module.appmixer_account_provider = hookimpl(lambda: object())

    async with open_engine(settings, connectors_of(module)) as engine:
        owner_id = await begin(engine)
        await ring(engine, 3)
        while await engine.rows(sa.select(inbox.c.seq)):
            await engine.router.route_batch()
        runs = await engine.runs.list(owner_id)
        plugin: Any = engine.plugins[BELL]

    assert len(runs) == 1
    assert plugin.told == [("added", "", None)]


async def test_it_is_listed_and_examined_and_has_no_login(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/api/components")).json()["connectors"]
    shown = (await client.get(f"/api/configuration/{BELL}")).json()
    checks = (await client.get("/api/checks")).json()["checks"]
    login = await client.get("/auth/bell/start?name=x")
    connected = await client.post(
        "/api/accounts", json={"service": BELL, "accessToken": "x", "name": "x"}
    )

    [found] = [each for each in listed if each["id"] == BELL]
    assert found["auth"] is None
    assert [each["needsAccount"] for each in found["components"]] == [False, False]
    assert [each["label"] for each in shown["addresses"]] == ["Echoes."]
    assert [each["finding"] for each in checks if each["service"] == BELL] == [
        "Every value that is needed is set.",
        "It hangs.",
    ]
    assert (login.status_code, connected.status_code) == (404, 404)
    assert connected.json()["error"]["title"] == f"There is no service '{BELL}'; there is: {ECHO}."


async def posted(
    settings: Settings, auth: dict[str, Any], **pasted: str
) -> tuple[httpx.Response, httpx.Response]:
    """Connect an account of a service with such accounts; return that answer, and the login's."""
    module: Any = echo_module()
    manifest = {**ECHO_MANIFEST, "auth": {**ECHO_MANIFEST["auth"], **auth}}
    module.appmixer_manifest = hookimpl(lambda: manifest)
    async with open_engine(settings, connectors_of(module)) as engine:
        token = read_token(settings.data, settings.environment)
        transport = httpx.ASGITransport(app=create_app(engine))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8321", headers=headers
        ) as client:
            content = {"service": ECHO, "name": "keys", **pasted}
            connected = await client.post("/api/accounts", json=content)
            return connected, await client.get("/auth/echo/start?name=x")


async def test_accounts_that_are_keys_are_pasted_and_have_no_login(settings: Settings) -> None:
    connected, login = await posted(settings, {"type": "apiKey"}, secret="hall")

    assert (connected.status_code, login.status_code) == (201, 404)
    assert connected.json()["profile"] == {"rooms": ["hall"]}


@pytest.mark.parametrize(
    ("auth", "pasted", "field", "title"),
    [
        ({"type": "apiKey"}, {"accessToken": "hall"}, "accessToken", "is not for test:echo"),
        ({"type": "apiKey"}, {}, "secret", "secret is missing"),
        ({"type": "oauth2"}, {"secret": "hall"}, "secret", "is not for test:echo"),
        ({"type": "oauth2"}, {"accessToken": " "}, "accessToken", "accessToken is missing"),
        ({"type": "apiKey"}, {"accessToken": "a", "secret": "b"}, "accessToken", "is not for"),
        ({"token": False}, {"accessToken": "hall"}, "accessToken", "are connected by a login"),
    ],
)
async def test_what_does_not_fit_the_services_accounts_is_refused_with_what_does(
    settings: Settings, auth: dict[str, Any], pasted: dict[str, str], field: str, title: str
) -> None:
    connected, _ = await posted(settings, auth, **pasted)

    error = connected.json()["error"]
    assert (connected.status_code, error["field"]) == (422, field)
    assert title in error["title"]
    assert "hall" not in connected.text
