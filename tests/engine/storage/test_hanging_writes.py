"""A database that hangs while it is written to: whoever asks is told soon, and all goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine import api
from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.accounts.owners import Identity
from appmixer.engine.api.application import create_app
from appmixer.engine.api.identity import SESSION_COOKIE
from appmixer.engine.api.questions import BROWSER_COOKIE
from appmixer.engine.contract import Connector, Credentials, JsonObject
from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings

from ...postgres import frozen
from ..branches import Letter, with_components
from ..conftest import Echo, Keys
from ..runs.test_runs import flow

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
# Promised are 5 s; a busy machine may take five times as long.
SOON_S = 25.0
# They write nothing themselves.
READING = {
    ("POST", "/api/expressions"),
    ("POST", "/api/options"),
    ("POST", "/api/previews"),
    ("POST", "/api/components/{type}/hear"),
    ("POST", "/api/accounts/{account_id}/claim"),
}
HEARD: dict[str, Any] = {"text": "by hand", "who": None, "items": [], "ratio": None}
# What runs do that are cancelled, paused, resumed and tried again, and where they have come to.
BEGUN = (*[("waitTwice", "waiting")] * 3, ("reject", "failed"))
SAY = {"type": "test.echo.Say", "account": "keys"}


class Changing(Keys):
    """The service has something new whenever it is asked."""

    async def refresh(self, credentials: Credentials) -> Credentials:
        return await self.connect_token(f"{credentials.access_token}+attic")

    async def validate(self, credentials: Credentials) -> JsonObject:
        return {"rooms": ["hall", "porch"]}


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return with_components(Letter)


@contextmanager
def hanging_writer() -> Generator[None]:
    """Stop the server's process that writes, at the next statement, while all others answer."""
    stopped: list[int] = []

    def stop(connection: sa.Connection, *_: Any) -> None:
        if threading.current_thread().name == "writer" and not stopped:
            driver: Any = connection.connection.dbapi_connection
            stopped.append(driver.info.backend_pid)
            os.kill(stopped[0], signal.SIGSTOP)

    event.listen(sa.Engine, "before_cursor_execute", stop)
    try:
        yield
    finally:
        event.remove(sa.Engine, "before_cursor_execute", stop)
        for each in stopped:
            os.kill(each, signal.SIGCONT)


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    token = read_token(engine.settings.data, engine.settings.environment)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(engine)),
        base_url="http://127.0.0.1:8321",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


@dataclass(frozen=True)
class Ask:
    """A request that writes; `route` is how the application knows it."""

    method: str
    route: str
    url: str
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def of(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(
            self.method, self.url, json=self.json, content=self.content, headers=self.headers
        )


async def begun_login(client: httpx.AsyncClient, name: str) -> tuple[str, dict[str, str]]:
    """Return the secret of a login under way, and the header of the browser that began it."""
    begun = await client.get(f"/auth/echo/start?name={name}")
    secret = httpx.URL(begun.headers["location"]).params["state"]
    cookie = f"{BROWSER_COOKIE}={begun.cookies[BROWSER_COOKIE]}"
    client.cookies.clear()
    return secret, {"Cookie": cookie}


async def answering(client: httpx.AsyncClient, route: str) -> Ask:
    secret, headers = await begun_login(client, "later")
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    url = route.replace("{service}", "echo")
    return Ask("POST", route, url, content=f"secret={secret}".encode(), headers=form)


async def begun_run(client: httpx.AsyncClient, until: Until, then: str, state: str) -> str:
    """Begin a run of a flow of its own, and return its id when it has come to a state."""
    await client.put(f"/api/flows/{then}", json=flow({"text": "x", "then": then}))
    run = await client.post(f"/api/flows/{then}/run", json={"values": HEARD})
    run_id: str = run.json()["runId"]

    async def has_come() -> bool:
        shown = (await client.get(f"/api/runs/{run_id}")).json()
        return bool(shown["status"] == state)

    await until(has_come)
    return run_id


async def all_that_write(
    engine: Engine, client: httpx.AsyncClient, hear: Hear, until: Until
) -> list[Ask]:
    """Prepare a request to each route that writes."""
    owner = engine.owners.first_owner_id
    accounts, identity = engine.accounts, Identity(owner, "main", is_administrator=True)
    ids = {
        name: (await accounts.connect_token(owner, "test:echo", "hall", name))["id"]
        for name in ("set", "renewed", "proven", "spare", "refused")
    }
    await accounts.connect_token(owner, "test:echo", "cellar", "letters")
    for name in ("stopped", "running", "gone", "kept"):
        await engine.flows.put(owner, name, flow({"text": "x"}))
    await engine.flows.drafts.put(owner, "kept", {})
    await engine.flows.start(owner, "running")
    await engine.owners.create("Other")
    tokens = (await client.get("/api/owners/Other/tokens")).json()["tokens"]
    await hear("unheard", room="cellar")
    seen = await until(lambda: _unrouted(client))
    file_id = (await client.post("/api/files?name=a", content=b"a")).json()["id"]
    session = await engine.owners.redeem(await engine.owners.invite(identity))
    invitation = await engine.owners.invite(identity)
    state, browser = await begun_login(client, "by-login")
    own_page = {"Cookie": f"{SESSION_COOKIE}={session}", "Origin": "http://127.0.0.1:8321"}
    wrong = {"account": "refused", "input": {"text": "x", "then": "reconnect"}}
    letter = {"type": "test.echo.Letter", "account": "letters", "input": {"template": "hello"}}
    begun = [await begun_run(client, until, then, state) for then, state in BEGUN]
    assert (await client.post(f"/api/runs/{begun[2]}/pause")).status_code == 200
    draft = "/api/flows/{flow_id}/draft"
    account, key = "/api/accounts/{account_id}", "/api/configuration/{service}/{key}"
    return [
        Ask(
            "POST",
            "/api/accounts",
            "/api/accounts",
            {"service": "test:echo", "name": "new", "accessToken": "hall"},
        ),
        Ask("PATCH", account, f"/api/accounts/{ids['set']}", {"tongue": "de"}),
        Ask("DELETE", account, f"/api/accounts/{ids['spare']}"),
        Ask("POST", f"{account}/refresh", f"/api/accounts/{ids['renewed']}/refresh"),
        Ask("GET", f"{account}/checks", f"/api/accounts/{ids['proven']}/checks"),
        Ask("PUT", "/api/flows/{flow_id}", "/api/flows/new", flow({"text": "x"})),
        Ask("DELETE", "/api/flows/{flow_id}", "/api/flows/gone"),
        Ask("PUT", draft, "/api/flows/drafted/draft", {"name": "draft"}),
        Ask("DELETE", draft, "/api/flows/kept/draft"),
        Ask(
            "POST",
            "/api/flows/{flow_id}/versions/{version}/restore",
            "/api/flows/kept/versions/1/restore",
        ),
        Ask("POST", "/api/forms", "/api/forms", letter),
        Ask("POST", "/api/flows/{flow_id}/start", "/api/flows/stopped/start"),
        Ask("POST", "/api/flows/{flow_id}/stop", "/api/flows/running/stop"),
        *(
            Ask("POST", f"/api/runs/{{run_id}}/{verb}", f"/api/runs/{run_id}/{verb}")
            for verb, run_id in zip(("cancel", "pause", "resume", "retry"), begun, strict=True)
        ),
        Ask("POST", "/api/flows/{flow_id}/run", "/api/flows/kept/run", {"values": HEARD}),
        Ask("POST", "/api/events/{event_id}/replay", f"/api/events/{seen[0]['id']}/replay"),
        Ask("POST", "/api/files", "/api/files?name=b", content=b"content of b"),
        Ask("DELETE", "/api/files/{file_id}", f"/api/files/{file_id}"),
        Ask("PUT", key, "/api/configuration/test:echo/secret", {"value": "new"}),
        Ask("DELETE", key, "/api/configuration/test:echo/secret"),
        Ask("POST", "/api/owners", "/api/owners", {"name": "New"}),
        Ask("POST", "/api/owners/{name:path}/tokens", "/api/owners/Other/tokens"),
        Ask(
            "DELETE",
            "/api/owners/{name:path}/tokens/{token_id}",
            f"/api/owners/Other/tokens/{tokens[0]['id']}",
        ),
        Ask("POST", "/api/links", "/api/links", {"path": "/"}),
        Ask("POST", "/api/components/{type}/test", "/api/components/test.echo.Say/test", wrong),
        Ask("POST", "/sign-out", "/sign-out", headers=own_page),
        Ask("GET", "/", f"/?token={invitation}"),
        Ask("GET", "/auth/{service}/start", "/auth/echo/start?name=other"),
        Ask(
            "GET",
            "/auth/{service}/callback",
            f"/auth/echo/callback?code=hall&state={state}",
            headers=browser,
        ),
        await answering(client, "/auth/{service}/start"),
        await answering(client, "/auth/{service}/callback"),
        await answering(client, "/auth/sign-in"),
    ]


def writing_routes() -> set[tuple[str, str]]:
    modules = [import_module(f"{api.__name__}.{each.name}") for each in iter_modules(api.__path__)]
    routes: list[Any] = [
        each for module in modules if hasattr(module, "router") for each in module.router.routes
    ]
    found = {(method, each.path) for each in routes for method in each.methods}
    return {each for each in found if each[0] not in ("GET", "HEAD")} - READING


async def test_every_route_that_writes_says_soon_that_the_database_hangs_and_goes_on_afterwards(
    engine: Engine,
    client: httpx.AsyncClient,
    owner: str,
    echo: Echo,
    hear: Hear,
    until: Until,
    refused_tokens: set[str],
) -> None:
    await engine.flows.put(owner, "slow", flow({"text": "slow", "then": "slow"}))
    await engine.flows.start(owner, "slow")
    await hear("slow")
    await until(lambda: _returned(echo.acts))
    engine.providers["test:echo"] = Changing()
    asks = await all_that_write(engine, client, hear, until)
    refused_tokens.add("hall")

    with hanging_writer():
        asked = [asyncio.create_task(each.of(client)) for each in asks]
        echo.is_over.set()
        _, late = await asyncio.wait(asked, timeout=SOON_S)
        seen = await client.get("/api/flows/stopped")
    keys = [(each.method, each.route) for each in asks]
    assert [key for key, task in zip(keys, asked, strict=True) if task in late] == []
    answers = {key: task.result() for key, task in zip(keys, asked, strict=True)}

    assert writing_routes() - set(keys) == set()
    assert {key: (each.status_code, title(each)) for key, each in answers.items()} == {
        key: (503, "The database does not answer") for key in answers
    }
    assert all("before you do it again" in each.text for each in answers.values())
    assert (seen.status_code, seen.json()["state"]) == (200, "stopped")
    await until(lambda: _all_is_done(engine, client, owner))
    assert len(echo.acts_of(echo.acts[0][0])) == 1


def title(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["title"]) if answer.status_code >= 400 else answer.text


async def _unrouted(client: httpx.AsyncClient) -> Any:
    return (await client.get("/api/events?unrouted=true")).json()["events"]


async def _returned(found: Any) -> Any:
    return found


async def _all_is_done(engine: Engine, client: httpx.AsyncClient, owner: str) -> bool:
    """Say whether all that was asked for is there, once each."""
    accounts = {each["name"]: each for each in await engine.accounts.list(owner)}
    flows = {each["id"]: each["state"] for each in await engine.flows.list(owner)}
    drafts = [each["id"] for each in await engine.flows.drafts.list(owner)]
    files = [each["name"] for each in await engine.files.list(owner)]
    owners = sorted(each["name"] for each in await engine.owners.list())
    runs = await engine.runs.list(owner, status="completed")
    return (
        {"new", "by-login"} < accounts.keys()
        and "spare" not in accounts
        and accounts["set"]["settings"] == {"tongue": "de"}
        and accounts["renewed"]["profile"] == {"rooms": ["hall", "attic"]}
        and accounts["proven"]["profile"] == {"rooms": ["hall", "porch"]}
        and accounts["refused"]["state"] == "reconnect"
        and flows
        == {
            "new": "stopped",
            "stopped": "running",
            "running": "stopped",
            "slow": "running",
            "kept": "stopped",
            "waitTwice": "stopped",
            "reject": "stopped",
        }
        and (await engine.flows.get(owner, "kept"))["version"] == 2
        and drafts == ["drafted"]
        and files == ["b"]
        and owners == ["New", "Other", "main"]
        and sorted(each["flowId"] for each in runs) == ["kept", "slow"]
        and sorted(each["status"] for each in await engine.runs.list(owner, flow_id="waitTwice"))
        == ["cancelled", "held", "waiting"]
        and (await engine.runs.list(owner, flow_id="reject"))[0]["status"] == "failed"
        and (await client.get("/readyz")).status_code == 200
    )


async def test_a_flow_whose_start_hangs_runs_afterwards_and_can_be_stopped(
    engine: Engine,
    client: httpx.AsyncClient,
    owner: str,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await engine.flows.put(owner, "f", flow({"text": "{{ in1.heard.text }}"}))

    with hanging_writer():
        first = await soon(client.post("/api/flows/f/start"))
        again, stopped, stored = await asyncio.gather(
            soon(client.post("/api/flows/f/start")),
            soon(client.post("/api/flows/f/stop")),
            soon(client.put("/api/flows/g", json=flow({"text": "x"}))),
        )
    await until(lambda: _is_running(engine, owner))
    await hear("afterwards")
    [run] = await ended_runs(owner, 1)
    ended = await client.post("/api/flows/f/stop")

    assert [each.status_code for each in (first, again, stopped, stored)] == [503] * 4
    causes = [each.json()["error"]["cause"] for each in (first, again, stopped, stored)]
    assert ["may take it yet" in cause for cause in causes] == [True, False, False, False]
    assert (run["status"], ended.json()["state"]) == ("completed", "stopped")
    assert [each["id"] for each in await engine.flows.list(owner)] == ["f"]
    assert (len(echo.added), len(echo.removed)) == (1, 1)


async def test_what_waits_for_an_account_goes_on_although_connecting_it_again_hangs(
    engine: Engine,
    client: httpx.AsyncClient,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    refused_tokens: set[str],
) -> None:
    await engine.flows.put(owner, "f", flow({"text": "x", "then": "reconnect"}))
    await engine.flows.start(owner, "f")
    refused_tokens.add("hall+cellar")
    await hear("x")
    await ended_runs(owner, 1, "paused")
    new = {"service": "test:echo", "name": "keys", "accessToken": "hall"}

    with hanging_writer():
        told = await soon(client.post("/api/accounts", json=new))
    [run] = await ended_runs(owner, 1)

    assert (told.status_code, run["status"]) == (503, "completed")


async def test_a_file_whose_upload_hangs_is_whole_afterwards(
    engine: Engine, client: httpx.AsyncClient, owner: str, until: Until
) -> None:
    with hanging_writer():
        told = await soon(client.post("/api/files?name=a", content=b"all of it"))
    [file] = await until(lambda: engine.files.list(owner))
    content = await client.get(f"/api/files/{file['id']}/content")

    assert (told.status_code, content.content) == (503, b"all of it")


async def test_a_server_that_hangs_altogether_is_told_soon_and_asked_again_afterwards(
    engine: Engine, client: httpx.AsyncClient, owner: str, postgres: str, until: Until
) -> None:
    with frozen(postgres):
        told = await asyncio.gather(
            soon(client.put("/api/flows/f", json=flow({"text": "x"}))),
            soon(client.post("/api/owners", json={"name": "New"})),
            soon(client.post("/api/links", json={"path": "/"})),
            soon(client.post("/auth/sign-in", content=b"secret=" + b"x" * 40)),
        )

    async def is_stored() -> bool:
        return (await client.put("/api/flows/f", json=flow({"text": "x"}))).status_code == 200

    await until(is_stored)
    assert [each.status_code for each in told] == [503] * 4
    assert [each["version"] for each in await engine.flows.list(owner)] == [1]


async def soon(asking: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    async with asyncio.timeout(SOON_S):
        return await asking


async def _is_running(engine: Engine, owner: str) -> bool:
    return [each["state"] for each in await engine.flows.list(owner)] == ["running"]
