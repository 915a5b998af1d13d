"""An engine with the connector `utilities`, whose clock the test moves.

`flow` writes a document; `Site` runs it over HTTP, and can be stopped and opened again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import connectors_of
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.utilities import plugin

from .probe import ID as PROBE
from .probe import Probe

T = TypeVar("T")
DEADLINE_S = 60.0
TURNS = 20


def step(
    type: str, input: Mapping[str, Any] | None = None, *after: str, account: str | None = None
) -> dict[str, Any]:
    """Return a step of a flow; `after` are `STEP.PORT`, each of which leads to it."""
    source: dict[str, list[str]] = {}
    for each in after:
        name, _, port = each.partition(".")
        source.setdefault(name, []).append(port)
    return {
        "type": type if "." in type else f"appmixer.utilities.{type}",
        "input": dict(input or {}),
        **({"account": account} if account else {}),
        **({"source": {"in": source}} if source else {}),
    }


def flow(name: str = "Flow", **steps: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of these steps; one that names no trigger begins with On Start."""
    begin = {} if "begin" in steps else {"begin": step("OnStart")}
    return {"name": name, "components": {**begin, **steps}}


def outputs(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each step of a run has given, by step and port; of a list, the values."""
    return {each["component"]: each["output"] for each in run["steps"]}


@dataclass
class Site:
    """One engine in one folder, from start to stop, and again."""

    data: Path
    clock: Clock = field(default_factory=Clock)
    environment: dict[str, str] = field(default_factory=dict[str, str])
    modules: Sequence[object] = (plugin,)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _engine: Engine | None = None
    _client: httpx.AsyncClient | None = None

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    @property
    def probe(self) -> Probe:
        found = self.engine.plugins[PROBE]
        assert isinstance(found, Probe)
        return found

    @property
    def noted(self) -> list[str]:
        """What the probe has noted since the engine was opened."""
        return self.probe.noted

    @property
    def client(self) -> httpx.AsyncClient:
        """The first owner's."""
        assert self._client is not None
        return self._client

    async def start(self) -> None:
        settings = Settings(data=self.data, environment=self.environment)
        connectors = connectors_of(*self.modules)
        assert connectors.left_out == []
        self._engine = await self._open.enter_async_context(
            open_engine(settings, connectors, self.clock)
        )
        self._client = await self.client_of(read_token(self.data, self.environment))

    async def stop(self) -> None:
        await self._open.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def client_of(self, token: str | None) -> httpx.AsyncClient:
        """Return a client of somebody with this token, or of a stranger."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=create_app(self.engine))
        client = httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8321", headers=headers, timeout=60
        )
        return await self._open.enter_async_context(client)

    async def put(self, document: Mapping[str, Any], flow_id: str = "flow") -> httpx.Response:
        return await self.client.put(f"/api/flows/{flow_id}", json=document)

    async def start_flow(
        self, document: Mapping[str, Any], flow_id: str = "flow"
    ) -> dict[str, Any]:
        """Store and start a flow, and return what the API shows of it."""
        stored = await self.put(document, flow_id)
        assert stored.status_code == 200, stored.text
        started = await self.client.post(f"/api/flows/{flow_id}/start")
        assert started.status_code == 200, started.text
        shown: dict[str, Any] = started.json()
        return shown

    async def begin(
        self,
        document: Mapping[str, Any],
        values: Mapping[str, Any] | None = None,
        flow_id: str = "flow",
    ) -> str:
        """Store a flow, run it now, and return the run's id."""
        stored = await self.put(document, flow_id)
        assert stored.status_code == 200, stored.text
        begun = await self.client.post(f"/api/flows/{flow_id}/run", json={"values": values or {}})
        assert begun.status_code == 202, begun.text
        return str(begun.json()["runId"])

    async def play(
        self, document: Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run a flow now, and return the run when it has ended."""
        return await self.ended(await self.begin(document, values))

    async def run(self, run_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.client.get(f"/api/runs/{run_id}")).json()
        return shown

    async def ended(self, run_id: str) -> dict[str, Any]:
        async def find() -> dict[str, Any] | None:
            run = await self.run(run_id)
            return run if run["endedAt"] else None

        return await self.until(find)

    async def runs(self, count: int, flow_id: str = "flow") -> list[dict[str, Any]]:
        """Wait until so many runs of a flow have ended, and return them, the oldest first."""

        async def find() -> tuple[list[dict[str, Any]]] | None:
            query: dict[str, str | int] = {"limit": 1000, "flowId": flow_id}
            listed = (await self.client.get("/api/runs", params=query)).json()["runs"]
            is_over = len(listed) >= count and all(each["endedAt"] for each in listed)
            return (listed,) if is_over else None

        [found] = await self.until(find)
        assert len(found) == count, found
        return [await self.run(each["id"]) for each in reversed(found)]

    async def faults(self, document: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what the API finds wrong with a flow that cannot be stored, by its path."""
        refused = await self.put(document)
        assert refused.status_code == 422, refused.text
        return [(each["path"], each["text"]) for each in refused.json()["errors"]]

    async def until(self, find: Callable[[], Awaitable[T | None]]) -> T:
        """Wait until what is looked for is found."""
        end = time.monotonic() + DEADLINE_S
        while True:
            if found := await find():
                return found
            assert time.monotonic() < end
            await asyncio.sleep(0.02)

    async def asleep(self) -> None:
        """Wait until the engine has nothing to wake now."""
        for _ in range(TURNS):  # for whoever has been woken to get up
            await asyncio.sleep(0)

        async def rests() -> bool:
            return self.engine.waker.is_at_rest

        await self.until(rests)
