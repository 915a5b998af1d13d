"""A service takes a request and never answers: what that means, the manifest entry tells."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import (
    Action,
    ActionContext,
    Component,
    Connector,
    Fields,
    HostContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.contract.testing import QuietPlugin
from appmixer.engine.host import engine as engine_module
from appmixer.engine.host.actions import Actions
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from ..conftest import MANIFEST

pytestmark = pytest.mark.anyio


class Call(Action):
    """https://example.org/call"""

    label = "Call"

    class Input(Fields):
        url: str
        method: str = "POST"

    class Output(Fields):
        status: int

    async def receive(self, context: ActionContext, input: Input) -> Output:
        answer = await context.http.request(input.method, input.url, content=b"x")
        return self.Output(status=answer.status_code)


class Write(Call): ...


class Set(Call): ...


class Read(Call): ...


COMPONENTS: Mapping[str, type[Component]] = {
    f"test.call.{each.__name__}": each for each in (Write, Set, Read)
}
EFFECTS = {"Write": ("write", False), "Set": ("write", True), "Read": ("read", True)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The services that misbehave are on the loopback."""
    return Settings(data=tmp_path / "data", environment={"APPMIXER_PRIVATE_HOSTS": "127.0.0.1"})


def quiet(host: HostContext) -> QuietPlugin:
    return QuietPlugin()


@pytest.fixture
def connectors() -> dict[str, Connector]:
    entry = {key: each for key, each in MANIFEST["components"][0].items() if key != "scopes"}
    names = {name.rpartition(".")[2]: name for name in COMPONENTS}
    entries = [
        {
            **entry,
            "name": names[short],
            "kind": "action",
            "label": "Call",
            "effect": effect,
            "idempotent": is_idempotent,
        }
        for short, (effect, is_idempotent) in EFFECTS.items()
    ]
    manifest = {key: each for key, each in MANIFEST.items() if key != "auth"}
    module: Any = types.ModuleType("call")
    module.appmixer_manifest = hookimpl(
        lambda: {**manifest, "id": "test:call", "components": entries}
    )
    module.appmixer_components = hookimpl(lambda: COMPONENTS)
    module.appmixer_plugin = hookimpl(quiet)
    return connectors_of(module)


@dataclass
class Silent:
    """A service that takes requests and hangs up, or says nothing."""

    url: str = ""
    hangs_up: bool = True
    taken: list[bytes] = field(default_factory=list[bytes])
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken.append(await reader.readuntil(b"\r\n\r\n"))
        if not self.hangs_up:
            await self.is_over.wait()
        writer.close()


@pytest.fixture
async def service() -> AsyncIterator[Silent]:
    silent = Silent()
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield silent
        silent.is_over.set()


async def tried(engine: Engine, name: str, **values: str) -> tuple[str, str]:
    """Try a component over the API; return its status and the title of its error."""
    token = read_token(engine.settings.data, engine.settings.environment)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(engine)),
        base_url="http://127.0.0.1:8321",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        answer = await client.post(
            f"/api/components/test.call.{name}/test", json={"input": values}, timeout=30
        )
    found = answer.json()
    return found["status"], found["error"]["title"]


@pytest.mark.parametrize(
    ("name", "method", "state"),
    [
        ("Write", "POST", "unknown"),
        ("Write", "GET", "retrying"),
        ("Set", "POST", "retrying"),
        ("Read", "POST", "retrying"),
    ],
)
async def test_a_write_whose_answer_is_lost_is_unknown_and_what_may_be_repeated_is(
    engine: Engine, service: Silent, name: str, method: str, state: str
) -> None:
    found = await tried(engine, name, url=service.url, method=method)

    assert found == (state, "The service did not answer")
    assert len(service.taken) == 1


async def test_a_write_that_never_left_is_tried_again(engine: Engine) -> None:
    with_nobody = "http://127.0.0.1:1/"

    assert await tried(engine, "Write", url=with_nobody) == (
        "retrying",
        "The service did not answer",
    )


async def test_an_address_that_nobody_can_call_is_named_and_not_tried_again(
    engine: Engine,
) -> None:
    assert await tried(engine, "Write", url="ftp://example.org/") == (
        "failed",
        "The address cannot be called",
    )


@pytest.mark.parametrize(
    ("name", "state"), [("Write", "unknown"), ("Set", "retrying"), ("Read", "failed")]
)
async def test_a_step_past_its_deadline_is_unknown_if_it_wrote_and_may_not_be_repeated(
    settings: Settings,
    connectors: dict[str, Connector],
    service: Silent,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    state: str,
) -> None:
    service.hangs_up = False
    monkeypatch.setattr(engine_module, "Actions", partial(Actions, timeout_s=0.5))

    async with open_engine(settings, connectors) as engine:
        found = await tried(engine, name, url=service.url)

    assert found == (state, "The step took too long")
    assert len(service.taken) == 1
