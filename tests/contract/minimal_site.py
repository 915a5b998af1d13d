"""The host of docs/minimal_host.py as the suite for hosts sees it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

from appmixer.engine.contract import Connector, JsonObject, Option, Request
from appmixer.engine.contract.host_conformance import (
    ACT,
    FIELDS,
    HEARD,
    SECRET,
    StepRecord,
)

FILE = Path(__file__).parents[2] / "docs" / "minimal_host.py"


def load_minimal_host() -> ModuleType:
    """Load the page's host, as somebody does who has copied it."""
    spec = spec_from_file_location("minimal_host", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["minimal_host"] = module
    spec.loader.exec_module(module)
    return module


class MinimalHost:
    """One host; a flow is its trigger and a function that runs the action."""

    def __init__(self, host: Any, lines: list[str]) -> None:
        self.host, self.lines = host, lines

    async def connect(self, account: str, token: str) -> None:
        await self.host.connect(account, token)

    async def prove(self, account: str) -> None:
        await self.host.prove(account)

    async def start(self, flow: str, account: str | None, properties: JsonObject) -> None:
        async def act(told: Any) -> None:
            given = {name: getattr(told, name) for name in FIELDS}
            await self.host.run(f"{flow}/act", ACT, account, given)

        given = {name: f"{{{{ told.{name} }}}}" for name in FIELDS}
        await self.host.start(flow, HEARD, account, properties, act, [(ACT, given)])

    async def stop_flow(self, flow: str) -> None:
        await self.host.stop_flow(flow)

    async def choices(self, account: str, form: JsonObject) -> Sequence[Option]:
        found: Sequence[Option] = await self.host.choices(ACT, "text", account, form)
        return found

    async def post(self, path: str, body: bytes) -> int:
        return int((await self.host.answer(Request("POST", path, {}, {}, body))).status)

    async def request(self, url: str, body: bytes) -> tuple[int, bytes]:
        raise AssertionError("this host gives no address to anybody")

    async def steps(self, flow: str) -> Sequence[StepRecord]:
        return [
            StepRecord(
                step.state,
                {
                    port: [value.model_dump(mode="json") for value in values]
                    for port, values in step.output.items()
                },
                f"{step!r}",
                self.host.fates[step.id].state if step.id in self.host.fates else "",
            )
            for step in self.host.steps.values()
            if step.place == f"{flow}/act"
        ]

    def logged(self) -> str:
        return "\n".join(self.lines)

    async def stop(self) -> None:
        await self.host.stop()

    async def kill(self) -> None:
        under_way = [*self.host.tasks, *self.host.watched]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


@dataclass
class MinimalSite:
    """Nothing lasts here; `make` is the class of hosts to make."""

    make: Any
    patience_s: float = 20.0
    does_not_offer: tuple[str, ...] = ("schedules", "hooks")
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    hosts: list[MinimalHost] = field(default_factory=list[MinimalHost])

    async def open(self, connector: Connector, *, deadline_s: float = 60.0) -> MinimalHost:
        lines: list[str] = []
        host = self.make(
            connector,
            {"secret": SECRET},
            self.http,
            deadline_s=deadline_s,
            write=lines.append,
        )
        await host.__aenter__()
        self.hosts.append(MinimalHost(host, lines))
        return self.hosts[-1]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[MinimalSite]:
        try:
            yield self
        finally:
            for each in self.hosts:
                await each.kill()
            await self.http.aclose()
