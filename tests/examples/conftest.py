"""A stage for the example flows: an engine and the simulation of Meta, whose clocks move as one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio.to_thread
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.sandbox.embedded import EmbeddedSandbox
from appmixer.sandbox.testing import serving
from appmixer.sandbox.world import seed

EXAMPLES = Path(__file__).parents[2] / "examples"
DEADLINE_S = 60.0


class Stage:
    """What a test of an example plays with."""

    def __init__(
        self, engine: Engine, clock: Clock, api: httpx.AsyncClient, sandbox: EmbeddedSandbox
    ) -> None:
        self.engine, self.clock, self.api, self.sandbox = engine, clock, api, sandbox
        self.monday = datetime.fromtimestamp(clock.now, UTC)

    async def call(self, method: str, path: str, content: Any = None) -> Any:
        answer = await self.api.request(method, path, json=content)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def store(self, name: str, **changes: str) -> dict[str, Any]:
        """Store an example, in which some words are replaced by others; return what is said."""
        written = (EXAMPLES / f"{name}.flow.json").read_text("utf-8")
        for old, new in changes.items():
            assert old in written
            written = written.replace(old, new)
        stored: dict[str, Any] = await self.call("PUT", f"/api/flows/{name}", json.loads(written))
        return stored

    async def start(self, name: str, **changes: str) -> None:
        await self.store(name, **changes)
        await self.call("POST", f"/api/flows/{name}/start")

    async def address(self, name: str) -> str:
        """Return where the flow's trigger takes requests."""
        [hook] = (await self.call("GET", f"/api/flows/{name}"))["hooks"]
        return str(self.api.base_url.join(httpx.URL(hook["url"]).path))

    async def run_now(self, name: str, **values: Any) -> dict[str, Any]:
        """Begin a run by hand, and return it when it has ended."""
        begun = await self.call("POST", f"/api/flows/{name}/run", values)
        return await self.ended(begun["runId"])

    async def ended(self, run_id: str) -> dict[str, Any]:
        async def found() -> Any:
            run = await self.call("GET", f"/api/runs/{run_id}")
            return run if run["status"] in ("completed", "failed", "unknown") else None

        run: dict[str, Any] = await self.until(found)
        return run

    async def runs(self, name: str, count: int) -> list[dict[str, Any]]:
        """Wait until a flow has so many runs that have ended, and return them, oldest first."""

        async def found() -> Any:
            listed = (await self.call("GET", f"/api/runs?flowId={name}"))["runs"]
            done = [each for each in listed if each["status"] in ("completed", "failed", "unknown")]
            return done if len(done) >= count else None

        try:
            listed = await self.until(found)
        except TimeoutError:
            there = (await self.call("GET", f"/api/runs?flowId={name}"))["runs"]
            raise AssertionError(f"{count} runs of {name} are awaited: {there}") from None
        assert len(listed) == count
        return [await self.call("GET", f"/api/runs/{each['id']}") for each in listed[::-1]]

    async def until(self, find: Callable[[], Awaitable[Any]]) -> Any:
        end = time.monotonic() + DEADLINE_S
        while not (found := await find()):
            if time.monotonic() > end:
                raise TimeoutError
            await asyncio.sleep(0.02)
        return found

    async def move_to(self, moment: datetime) -> None:
        """Let it be so late, here and at Meta."""
        seconds = moment.timestamp()
        await anyio.to_thread.run_sync(
            lambda: self.sandbox.clock.advance(seconds - self.sandbox.clock.now())
        )
        self.clock.now = seconds

    async def says(self, text: str) -> None:
        await anyio.to_thread.run_sync(self.sandbox.person().write, text)

    async def taps(self, title: str) -> None:
        """Let the person tap a button, or choose a row, of the latest message that has it."""
        person = self.sandbox.person()
        shown = await anyio.to_thread.run_sync(lambda: person.messages)
        found = [(each["id"], reply) for each in shown for reply in _replies(each, title)]
        quoted_id, reply = found[-1]

        def tap() -> None:
            person.write(type="interactive", interactive=reply, context={"id": quoted_id})

        await anyio.to_thread.run_sync(tap)

    async def orders(self, *product_ids: str) -> None:
        """Let the person send a cart with two of each of these products of the latest list."""
        person = self.sandbox.person()
        shown = await anyio.to_thread.run_sync(lambda: person.messages)
        offers = [each["content"]["action"] for each in shown if each["type"] == "interactive"]
        sections = offers[-1]["sections"]
        offered = [
            item["product_retailer_id"] for each in sections for item in each["product_items"]
        ]
        assert {*product_ids} <= {*offered}
        items = [
            {"product_retailer_id": each, "quantity": 2, "item_price": 30, "currency": "USD"}
            for each in product_ids
        ]
        cart = {"catalog_id": offers[-1]["catalog_id"], "product_items": items}
        await anyio.to_thread.run_sync(lambda: person.write(type="order", order=cart))

    async def phone(self, person: str = seed.PERSON) -> list[str]:
        """Return what the business has written to a person, oldest first."""
        shown = await anyio.to_thread.run_sync(lambda: self.sandbox.person(person).messages)
        return [_words(each) for each in shown if each["from"] == "business"]


class Elsewhere:
    """Another service: it gives what it has at a path, and keeps what it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.gives = ""
        self.asked: list[str] = []
        self.told: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "POST":
            self.told.append(await request.json())
        else:
            self.asked.append(f"{request.url.path}?{request.url.query}")
        await PlainTextResponse(self.gives)(scope, receive, send)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    service = Elsewhere()
    async with serving(service) as service.url:
        yield service


def _replies(message: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """Return what a tap on that title of a message answers with."""
    if message["from"] != "business" or message["type"] != "interactive":
        return []
    action = message["content"]["action"]
    buttons = [each["reply"] for each in action.get("buttons", [])]
    rows = [row for section in action.get("sections", []) for row in section.get("rows", [])]
    return [
        {"type": kind, kind: each}
        for kind, choices in {"button_reply": buttons, "list_reply": rows}.items()
        for each in choices
        if each["title"] == title
    ]


def _words(message: dict[str, Any]) -> str:
    content = message["content"]
    if message["type"] == "interactive":
        return str(content["body"]["text"])
    return str(content["rendered"] if message["type"] == "template" else content["body"])


def steps(run: dict[str, Any]) -> list[str]:
    """Return whose turn it was in a run, in order."""
    return [str(each["component"]) for each in run["steps"]]


def given(run: dict[str, Any], component: str, port: str) -> dict[str, Any]:
    """Return the one value that a component has given at a port."""
    [step] = [each for each in run["steps"] if each["component"] == component]
    [value] = step["output"][port]
    whole: dict[str, Any] = value
    return whole


@pytest.fixture
def monday() -> datetime:
    """Eight o'clock in Prague, on the next Monday to come: an hour before anything opens."""
    today = datetime.now(ZoneInfo("Europe/Prague"))
    morning = today.replace(hour=8, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=7 - today.weekday())


@pytest.fixture
async def stage(tmp_path: Path, sandbox: EmbeddedSandbox, monday: datetime) -> AsyncIterator[Stage]:
    sandbox.set(mode="live")
    sandbox.clock.freeze()
    sandbox.clock.advance(monday.timestamp() - sandbox.clock.now())
    environment = {
        "APPMIXER_WHATSAPP_CLIENT_ID": sandbox.app_id,
        "APPMIXER_WHATSAPP_CLIENT_SECRET": sandbox.app_secret,
        "APPMIXER_WHATSAPP_VERIFY_TOKEN": sandbox.verify_token,
        "APPMIXER_WHATSAPP_GRAPH_URL": sandbox.url,
        "APPMIXER_WHATSAPP_DIALOG_URL": sandbox.url,
        "APPMIXER_PRIVATE_HOSTS": "127.0.0.1",
    }
    settings = Settings(data=tmp_path / "data", environment=environment)
    clock = Clock(monday.timestamp())
    async with open_engine(settings, None, clock) as engine, serving(create_app(engine)) as url:
        token = read_token(settings.data, settings.environment)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=DEADLINE_S) as api:
            callback = f"{url}/plugins/appmixer/whatsapp/events"
            await anyio.to_thread.run_sync(sandbox.connect, callback)
            stage = Stage(engine, clock, api, sandbox)
            account = {"service": "appmixer:whatsapp", "name": "acme"}
            await stage.call("POST", "/api/accounts", {**account, "accessToken": sandbox.token})
            yield stage
