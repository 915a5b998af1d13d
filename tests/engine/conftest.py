"""An engine with a small connector: a trigger that hears, an action that does as it is told."""

from __future__ import annotations

import asyncio
import json
import time
import types
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from appmixer.engine.contract import (
    CONTRACT_VERSION,
    Account,
    Action,
    ActionContext,
    AuthorizationError,
    Check,
    Choices,
    ComponentContext,
    Connector,
    Credentials,
    Event,
    Fields,
    HostContext,
    Json,
    JsonObject,
    Listener,
    Option,
    OutcomeUnknownError,
    RejectedError,
    Request,
    Response,
    Route,
    ThrottledError,
    Trigger,
    TriggerContext,
    Wait,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

CONNECTOR = "test:echo"


class Heard(Trigger):
    """https://example.org/heard"""

    label = "Heard"
    port = "heard"

    class Input(Fields):
        room: str = "hall"
        only: str | None = None

    class Output(Fields):
        text: str
        who: str | None = None
        items: list[int] = Field(default_factory=list[int])
        ratio: float | None = None

    async def start(self, context: TriggerContext) -> None:
        await context.add_listener(f"room:{context.properties.room}", {})

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_listener(f"room:{context.properties.room}")

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output | None:
        if context.properties.only not in (None, event["text"]):
            return None
        if event["text"] == "bug":
            raise ZeroDivisionError("a trigger's fault")
        return self.Output.model_validate(event)


async def greetings(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    yield Option("hello", "Hello")


class Said(Fields):
    text: str
    step: str


class Say(Action):
    """https://example.org/say"""

    label = "Say"
    port = "said"
    more_ports: Mapping[str, type[Fields]] = {"aside": Said}  # type: ignore[misc]
    Output = Said

    class Input(Fields):
        text: Annotated[str, Choices(greetings)]
        pin: str | None = Field(None, json_schema_extra={"writeOnly": True})
        then: Literal[
            "say",
            "twice",
            "wait",
            "reject",
            "later",
            "reconnect",
            "unknown",
            "bug",
            "unstorable",
            "nothing",
            "waitTwice",
            "alwaysLater",
            "slow",
            "keep",
            "keepAndReject",
            "sayAndWait",
        ] = "say"

    async def receive(self, context: ActionContext, input: Input) -> Said | Wait | None:
        plugin = context.plugin
        assert isinstance(plugin, Echo)
        plugin.acts.append((context.step_id, input.text, input.then))
        said = Said(text=input.text, step=context.step_id)
        match input.then:
            case "reject":
                raise RejectedError("Not that", "It is not allowed.", "Say something else.", "text")
            case "later" if len(plugin.acts_of(context.step_id)) < 2:
                raise ThrottledError("Busy", retry_after_s=0.05)
            case "reconnect":
                await plugin.check(context.account)
            case "unknown":
                raise OutcomeUnknownError("Nobody knows")
            case "bug":
                raise ZeroDivisionError("an action's fault")
            case "unstorable":
                # PostgreSQL keeps no NUL in a text.
                return Wait("answer:\x00", 60)
            case "sayAndWait":
                await context.send("aside", said)
                return Wait(f"answer:{input.text}", 60, {"text": input.text})
            case "wait":
                return Wait(f"answer:{input.text}", 0.3, {"text": input.text})
            case "waitTwice":
                return Wait(f"answer:{input.text}", 60, {"text": input.text, "again": True})
            case "alwaysLater":
                raise ThrottledError("Busy", retry_after_s=0.01)
            case "slow":
                await plugin.is_over.wait()
            case "keep" | "keepAndReject":
                await context.put_with_step({f"kept {input.text}": input.text})
                plugin.noted.append(str(await context.store.get([f"kept {input.text}"])))
                if input.then == "keepAndReject":
                    raise RejectedError("Not that")
            case "twice":
                await context.send("aside", said)
            case "nothing":
                return None
            case "say" | "later":
                pass
        return said

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Said | Wait:
        answer = event["text"] if event else "no answer"
        if state.get("again"):
            return Wait(f"answer:{state['text']}", 60, {"text": f"{state['text']}: {answer}"})
        return Said(text=f"{state['text']}: {answer}", step=context.step_id)


class Echo:
    """The plugin; `acts` is what was done, in order."""

    def __init__(self, host: HostContext) -> None:
        self.host = host
        self.acts: list[tuple[str, str, str]] = []
        self.noted: list[str] = []
        # Ends what is slow.
        self.is_over = asyncio.Event()
        self.added: list[str] = []
        self.removed: list[str] = []
        self.refused_tokens: set[str] = set()
        self.routes: Sequence[Route] = [Route("POST", "/events", self._events, 1000)]

    def acts_of(self, step_id: str) -> list[tuple[str, str, str]]:
        return [each for each in self.acts if each[0] == step_id]

    async def check(self, account: Account) -> None:
        if await account.access_token() in self.refused_tokens:
            raise AuthorizationError("Token refused", "It has expired.", "Connect again.")

    async def _events(self, request: Request) -> Response:
        return Response(200, request.body)

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def listener_added(self, listener: Listener, account: Account) -> None:
        rooms = account.profile["rooms"]
        if not isinstance(rooms, list) or listener.topic.removeprefix("room:") not in rooms:
            raise RejectedError("Not your room", "The account has no key to it.", "Ask for one.")
        self.added.append(listener.id.partition(":")[2])

    async def listener_removed(self, listener: Listener, account: Account) -> None:
        self.removed.append(listener.id.partition(":")[2])

    def read(self, content: bytes) -> Sequence[Event]:
        told = json.loads(content)
        if told.get("breaks"):
            raise RuntimeError("no such content")
        topics, wait_keys = tuple(told.pop("routes")), tuple(told.pop("answers"))
        return [Event(**told, topics=topics, wait_keys=wait_keys)]

    async def before_routing(self, events: Sequence[Event]) -> None:
        self.noted += [event.id for event in events]
        for event in events:
            if str(event.payload["text"]).startswith("note"):
                await self.host.put_with_events({f"noted {event.id}": event.payload["text"]})
            if event.payload["text"] == "note and fail":
                raise RuntimeError("cannot be announced")

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        rooms = profile["rooms"]
        return [f"room:{room}" for room in rooms] if isinstance(rooms, list) else []

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []


class Keys:
    """The account provider: a token names the rooms it opens."""

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        return f"https://example.org/login?state={state}"

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        return await self.connect_token(answer["code"])

    async def connect_token(self, access_token: str) -> Credentials:
        return Credentials(access_token, {"rooms": access_token.split("+")}, "keys")

    async def refresh(self, credentials: Credentials) -> Credentials:
        return credentials

    async def validate(self, credentials: Credentials) -> JsonObject:
        return credentials.profile

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        return credentials.profile


MANIFEST: dict[str, Any] = {
    "id": CONNECTOR,
    "label": "Echo",
    "version": "1.0.0",
    "contract": CONTRACT_VERSION,
    "description": "For tests.",
    "icon": "data:image/svg+xml,",
    "auth": {
        "type": "oauth2",
        "service": "echo",
        "scopes": [],
        "token": True,
        "settings": [
            {
                "name": "room",
                "label": "Favourite Room",
                "description": "Where it is said.",
                "choices": "names",
            },
            {
                "name": "tongue",
                "label": "Tongue",
                "description": "A language.",
                "pattern": "^[a-z]{2}$",
                "example": "de",
            },
            {"name": "loud", "label": "Loud", "description": "How loud.", "type": "switch"},
        ],
    },
    "configuration": [
        {
            "name": "secret",
            "label": "Secret",
            "description": "A secret.",
            "environment": "ECHO_SECRET",
            "secret": True,
        }
    ],
    "endpoint": [{"method": "POST", "path": "/events", "description": "Echoes."}],
    "quotas": [],
    "components": [
        {
            "name": f"test.echo.{each.__name__}",
            "kind": "trigger" if issubclass(each, Trigger) else "action",
            "label": each.label,
            "description": "For tests.",
            "group": "Tests",
            "module": __name__,
            "schema": f"schemas/{each.__name__}.json",
            "scopes": ["any"],
            "effect": "write",
            "idempotent": False,
        }
        for each in (Heard, Say)
    ],
}


def _provider(host: HostContext) -> Keys:
    return Keys()


def _plugin(host: HostContext) -> Echo:
    return Echo(host)


def echo_module() -> object:
    """Return what an installed connector's module would be."""
    module: Any = types.ModuleType("echo")
    module.appmixer_manifest = hookimpl(lambda: MANIFEST)
    module.appmixer_components = hookimpl(lambda: {"test.echo.Heard": Heard, "test.echo.Say": Say})
    module.appmixer_account_provider = hookimpl(_provider)
    module.appmixer_plugin = hookimpl(_plugin)
    return module


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(echo_module())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", environment={})


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


@pytest.fixture
async def owner(engine: Engine) -> str:
    """The first owner, with an account `keys` that opens the hall."""
    owner_id = engine.owners.first_owner_id
    await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
    return owner_id


@pytest.fixture
def echo(engine: Engine) -> Echo:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Echo)
    return plugin


@pytest.fixture
def acts(echo: Echo) -> list[tuple[str, str, str]]:
    """What the actions did: step id, text, and how they were told to end."""
    return echo.acts


@pytest.fixture
def refused_tokens(echo: Echo) -> set[str]:
    return echo.refused_tokens


@pytest.fixture
def hear(engine: Engine) -> Callable[..., Awaitable[None]]:
    """Let an event happen: hear("text", room="hall", id=..., order=..., wait_keys=(...))."""

    async def tell(
        text: str,
        *,
        room: str = "hall",
        id: str | None = None,
        order: str = "",
        wait_keys: tuple[str, ...] = (),
        items: Sequence[int] = (),
        ratio: float | None = None,
        about: str = "",
    ) -> None:
        payload: dict[str, Json] = {"text": text, "items": list(items), "ratio": ratio}
        event = {
            "id": id or f"{time.time_ns()}",
            "kind": "heard",
            "payload": payload,
            "routes": [f"room:{room}"],
            "order": order,
            "answers": wait_keys,
            "about": about,
        }
        await engine.events.accept(CONNECTOR, json.dumps(event).encode())

    return tell


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    """Wait until what is looked for is found, and return it: until(find)."""

    async def wait(find: Callable[[], Awaitable[Any]], deadline_s: float = 60.0) -> Any:
        end = time.monotonic() + deadline_s
        while True:
            if found := await find():
                return found
            assert time.monotonic() < end
            await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def ended_runs(engine: Engine) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Wait until so many runs of an owner have one of these states, and return them in full."""

    async def wait(
        owner_id: str, count: int, *states: str, deadline_s: float = 100.0
    ) -> list[dict[str, Any]]:
        wanted = states or ("completed", "failed", "unknown")
        until = time.monotonic() + deadline_s
        while True:
            runs = await engine.runs.list(owner_id, limit=1000)
            found = [run for run in runs if run["status"] in wanted]
            if len(found) >= count:
                assert len(found) == count, found
                return [await engine.runs.get(owner_id, run["id"]) for run in reversed(found)]
            assert time.monotonic() < until, f"{len(found)} of {count} runs: {runs}"
            await asyncio.sleep(0.02)

    return wait
