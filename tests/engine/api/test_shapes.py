"""Every answer of the interface has a schema, and is as its schema says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from appmixer.engine.api.application import Application, create_rest
from appmixer.engine.api.shapes.notices import NOTICES
from appmixer.engine.api.shapes.runs import RunList
from appmixer.engine.api.shapes.shape import shaped
from appmixer.engine.contract import (
    Account,
    ActionContext,
    Check,
    ComponentContext,
    Connector,
    Fact,
    Fate,
    HostContext,
    Json,
    Part,
    Preview,
    RejectedError,
    Wait,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine
from appmixer.engine.observe.stream import MISSED, Notice
from appmixer.engine.storage.tables import flows, form_uses

from ...described import SUCCESS, Description
from ..branches import Switch, module_with
from ..conftest import CONNECTOR, Echo, Said, Say

pytestmark = pytest.mark.anyio

FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {
        "incoming": {"type": "test.echo.Heard", "account": "keys"},
        "reply": {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"incoming": ["heard"]}},
            "input": {"text": "{{ incoming.heard.text }}", "then": "{{ incoming.heard.text }}"},
            "position": {"x": 1, "y": 2},
        },
    },
}
# How the steps of the runs end.
ENDS = ("say", "reject", "unknown", "waitTwice", "alwaysLater")
SAY = "/api/components/test.echo.Say/test"


class Telephone(Say):
    """https://example.org/telephone"""

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        card = Part("card", parts=[Part("button", "Call", "tel:1")])
        return Preview("Says it", "you", "DE", [Part("text", str(input["text"])), card])

    async def receive(self, context: ActionContext, input: Say.Input) -> Said | Wait | None:
        if input.text == "call":
            await context.http.post("https://example.org/calls", json={"to": "you"})
        return await super().receive(context, input)


class Checked(Echo):
    async def checks(self, account: Account | None) -> list[Check]:
        return [Check("room", "advice", "It is dark.", "Open a window.")]

    async def claim(self, account: Account) -> list[Check]:
        return [Check("room", "fine", "It is yours.")]

    async def facts(self, account: Account) -> list[Fact]:
        return [Fact("Light", "none", "advice", "hall")]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    """The echo, with findings and an action that makes a call."""

    def plugin(host: HostContext) -> Checked:
        return Checked(host)

    module = module_with(Switch)
    components = {**module.appmixer_components(), "test.echo.Say": Telephone}
    module.appmixer_components = hookimpl(lambda: components)
    module.appmixer_plugin = hookimpl(plugin)
    module.appmixer_examples = hookimpl(lambda: {"echo": FLOW})
    return connectors_of(module)


@pytest.fixture
def description(engine: Engine) -> Description:
    return Description(create_rest(engine).openapi())


@pytest.fixture
async def watched(
    description: Description, admin: httpx.AsyncClient
) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator, whose every answer is judged."""

    async def judge(answer: httpx.Response) -> None:
        await answer.aread()
        description.judge(answer)

    admin.event_hooks = {"response": [judge]}
    yield admin
    assert description.faults == []


async def test_every_answer_has_a_schema_that_allows_nothing_else(description: Description) -> None:
    schemas = description.document["components"]["schemas"]

    free = [
        name
        for name, operation in description.operations()
        for status, answer in operation["responses"].items()
        if SUCCESS.fullmatch(status) and status != "204"
        if not any(each["schema"] for each in answer.get("content", {}).values())
        or any(each["schema"].get("additionalProperties") for each in answer["content"].values())
    ]
    assert free == []
    objects = [name for name, each in schemas.items() if "properties" in each]
    assert [
        each for each in objects if schemas[each].get("additionalProperties") is not False
    ] == []


async def test_a_schema_changes_nothing_of_what_is_answered() -> None:
    odd: dict[str, Any] = {"runs": [{"status": "of old", "b": None}], "more": [1.0, "ü"]}
    app = FastAPI()

    @app.get("/odd", response_model=shaped(RunList))
    async def answer() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        return odd

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answered = await client.get("/odd")

    assert (answered.status_code, answered.json()) == (200, odd)
    assert app.openapi()["paths"]["/odd"]["get"]["responses"]["200"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/RunList"}}
    }


async def test_every_error_has_the_same_schema(description: Description) -> None:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}

    others = [
        f"{name} {status}"
        for name, operation in description.operations()
        for status in ("4XX", "5XX")
        if operation["responses"].get(status, {}).get("content") != refusal
    ]
    assert others == []


async def test_every_answer_is_as_its_schema_says(
    description: Description,
    watched: httpx.AsyncClient,
    engine: Engine,
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
) -> None:
    account_id = await _set_up(watched)
    await _run(watched, engine, hear, until)
    await _try(watched)
    await _keep_a_file(watched)
    await _refuse(watched)
    await _take_down(watched, account_id)

    streams = {"GET /api/stream"}
    assert {name for name, _ in description.operations()} - description.succeeded == streams


async def test_what_the_stream_tells_is_as_its_schema_says(
    description: Description,
    admin: httpx.AsyncClient,
    engine: Engine,
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
) -> None:
    watch = engine.stream.watch(engine.owners.first_owner_id)
    told = [Notice("open", {}), Notice(MISSED, {"count": 3})]

    async def watching() -> bool:
        told.append(await anext(watch))
        return told[-1].content.get("state") == "deleted"

    connecting = {"service": CONNECTOR, "name": "keys", "accessToken": "hall"}
    ending = asyncio.ensure_future(until(watching))
    await asyncio.sleep(0)
    account_id = (await admin.post("/api/accounts", json=connecting)).json()["id"]
    await _run(admin, engine, hear, until)
    await _mark(engine, "echo")
    await admin.delete("/api/flows/echo")
    await admin.delete(f"/api/accounts/{account_id}")
    await ending

    faults = [
        f"{notice.kind}: {fault}"
        for notice in told
        for fault in description.faults_of_notice("/api/stream", notice.kind, notice.content)
    ]
    assert faults == []
    assert {notice.kind for notice in told} == {*NOTICES}


async def _mark(engine: Engine, flow_id: str) -> None:
    """Let a connector say that something has changed that a form of the flow is made from."""
    [flow] = await engine.rows(sa.select(flows).where(flows.c.id == flow_id))
    use = {"flow_key": flow.key, "version": flow.version, "component": "reply"}
    row = {**use, "connector": CONNECTOR, "about": "letter", "mark": ""}
    await engine.writer.commit(lambda connection: connection.execute(sa.insert(form_uses), row))
    await engine.hosts[CONNECTOR].forms_changed("letter", "It is paused.")


async def test_an_engine_that_is_not_ready_says_so_as_its_schema_says(
    description: Description,
    app: Application,
    engine: Engine,
    until: Callable[..., Awaitable[Any]],
) -> None:
    transport = httpx.ASGITransport(app=app)

    async def has_failed() -> bool:
        return bool(engine.tasks.troubles())

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
        engine.tasks.begin("sleeper", _fail)
        await until(has_failed)
        answers = [await client.get("/readyz")]
        engine.is_ready = False
        answers += [await client.get(path) for path in ("/readyz", "/api/me")]
        engine.is_ready = True

    for answer in answers:
        description.judge(answer)
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert description.faults == []


async def _fail() -> None:
    raise RuntimeError("asleep")


async def _set_up(client: httpx.AsyncClient) -> str:
    connecting = {"service": CONNECTOR, "name": "keys", "accessToken": "hall+cellar"}
    account: dict[str, Any] = (await client.post("/api/accounts", json=connecting)).json()
    path = f"/api/accounts/{account['id']}"
    await client.patch(path, json={"tongue": "de", "loud": True})
    await client.post(f"{path}/refresh")
    await client.post(f"{path}/claim")
    for each in (path, *(f"{path}/{part}" for part in ("checks", "facts", "flows"))):
        await client.get(each)
    for each in ("/api/accounts", "/api/checks"):
        await client.get(each)
    for each in ("/api/components", "/api/examples", "/api/functions"):
        await client.get(each)
    for each in ("/api/me", "/healthz", "/readyz", "/metrics", "/api/configuration"):
        await client.get(each)
    await client.put(f"/api/configuration/{CONNECTOR}/secret", json={"value": "one"})
    await client.get(f"/api/configuration/{CONNECTOR}")
    await client.get("/api/setup")
    await client.delete(f"/api/configuration/{CONNECTOR}/secret")
    await client.post("/api/owners", json={"name": "Acme"})
    await client.post("/api/owners/Acme/tokens", json={"replace": True})
    tokens = (await client.get("/api/owners/Acme/tokens")).json()["tokens"]
    await client.delete(f"/api/owners/Acme/tokens/{tokens[0]['id']}")
    await client.post("/api/links", json={"path": "/"})
    await client.get("/api/owners")
    return str(account["id"])


async def _run(
    client: httpx.AsyncClient,
    engine: Engine,
    hear: Callable[..., Awaitable[None]],
    until: Callable[..., Awaitable[Any]],
) -> None:
    """Have runs that end, fail and wait, and look at them."""
    await client.put("/api/flows/echo", json=FLOW)
    await client.post("/api/flows/echo/start")
    for end in ENDS:
        await hear(end)
    await hear("bug")
    await hear("nobody listens", room="attic")

    async def runs() -> list[dict[str, Any]]:
        found = await engine.runs.list(engine.owners.first_owner_id)
        has_begun = len(found) == len(ENDS) + 1
        return found if has_begun and all(run["status"] != "running" for run in found) else []

    found = await until(runs)
    echo = engine.plugins[CONNECTOR]
    assert isinstance(echo, Echo)
    told = Fate(f"{found[0]['id']}.0", "failed", datetime.now(UTC), RejectedError("Lost", code=7))
    await echo.host.report_fates([told])
    for run in found:
        await client.get(f"/api/runs/{run['id']}")
        await client.get(f"/api/runs/{run['id']}/steps?limit=1")
        for verb in ("pause", "resume", "cancel", "retry"):
            await client.post(f"/api/runs/{run['id']}/{verb}")
    await client.get("/api/runs")
    await client.get("/api/notices")
    await client.get("/api/statistics")
    events = (await client.get("/api/events")).json()["events"]
    await client.get("/api/events?unrouted=true")
    await client.get("/api/events/kinds")
    await client.post(f"/api/events/{events[0]['id']}/replay")
    await client.get("/api/flows")
    await client.get("/api/flows/echo")
    await client.put("/api/flows/echo/draft", json={"components": {"lost": {}}})
    await client.get("/api/flows/echo/draft?compare=1")
    await client.get("/api/flows")
    await client.get("/api/flows/echo/samples")
    texts = {"known": "{{ a.b.c }}", "unknown": "{{ d }}"}
    await client.post("/api/expressions", json={"texts": texts, "given": {"a": {"b": {"c": 1}}}})
    await client.get("/api/flows/echo/versions")
    await client.post("/api/flows/echo/versions/1/restore")
    await client.get("/api/flows/echo/versions/2?compare=1")
    await client.delete("/api/flows/echo/draft")
    await client.post("/api/flows/echo/run", json={"values": {"text": "by hand"}})


async def _try(client: httpx.AsyncClient) -> None:
    switch = {"type": "test.echo.Switch", "input": {"value": "a", "cases": ["a"]}}
    await client.post("/api/forms", json=switch)
    field = {"type": "test.echo.Say", "field": "text", "account": "keys"}
    await client.post("/api/options", json=field)
    await client.post("/api/previews", json={"type": "test.echo.Say", "input": {"text": "hi"}})
    await client.post("/api/previews", json={"type": "test.echo.Heard"})
    await client.post("/api/components/test.echo.Heard/test", json={"input": {}})
    heard = {"account": "keys", "withinS": 1}
    await client.post("/api/components/test.echo.Heard/hear", json=heard)
    tried = [
        (await client.post(SAY, json={"account": "keys", "dryRun": is_dry, "input": given})).json()
        for given in ({"text": "hi"}, {"text": "hi", "then": "reject"}, {"text": "call"})
        for is_dry in (True, False)
        if is_dry or given != {"text": "call"}
    ]
    assert [each["status"] for each in tried][-1] == "notSent"


async def _keep_a_file(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain"}
    sent = await client.post("/api/files?name=a.txt", content=b"a", headers=headers)
    path = f"/api/files/{sent.json()['id']}"
    for each in ("/api/files", path, f"{path}/content"):
        await client.get(each)
    await client.delete(path)


async def _refuse(client: httpx.AsyncClient) -> None:
    refused = [
        await client.get("/api/runs/none"),
        await client.get("/api/runs?limit=0"),
        await client.put("/api/flows/echo", json={"name": "", "components": {}, "colour": "red"}),
        await client.post("/api/owners", json={"name": "Acme"}),
        await client.post("/api/accounts", content=json.dumps([])),
        await client.get("/api/me", headers={"Authorization": "Bearer none"}),
    ]
    assert all(answer.is_client_error for answer in refused)


async def _take_down(client: httpx.AsyncClient, account_id: str) -> None:
    await client.post("/api/flows/echo/stop")
    await client.delete("/api/flows/echo")
    await client.delete(f"/api/accounts/{account_id}")
