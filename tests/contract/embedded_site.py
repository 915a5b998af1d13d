"""The embedded engine as the suite for hosts sees it: one data folder, and engines on it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector, JsonObject, NothingToChooseError, Option
from appmixer.engine.contract.host_conformance import (
    ACT,
    FIELDS,
    HEARD,
    PROBE,
    SECRET,
    StepRecord,
)
from appmixer.engine.host import engine as engine_module
from appmixer.engine.host.actions import Actions
from appmixer.engine.host.engine import Engine
from appmixer.engine.observe.logs import get_log
from appmixer.engine.settings import Settings

# What a step is in whose run nothing has been stored of it yet.
RUNNING = "running"
# The engine's word for a step that is tried again later.
RETRYING = "retrying"


class EmbeddedHost:
    """One engine."""

    def __init__(self, engine: Engine, stream: io.StringIO) -> None:
        self.engine, self._stream = engine, stream
        self.owner_id = engine.owners.first_owner_id
        self._is_over = False

    async def connect(self, account: str, token: str) -> None:
        await self.engine.accounts.connect_token(self.owner_id, PROBE, token, account)

    async def prove(self, account: str) -> None:
        for each in await self.engine.accounts.list(self.owner_id):
            if each["name"] == account:
                await self.engine.accounts.proofs.prove_now(self.owner_id, each["id"])

    async def start(self, flow: str, account: str | None, properties: JsonObject) -> None:
        whose = {} if account is None else {"account": account}
        document = {
            "name": flow,
            "components": {
                "heard": {"type": HEARD, **whose, "input": properties},
                "act": {
                    "type": ACT,
                    **whose,
                    "source": {"in": {"heard": ["heard"]}},
                    "input": {name: f"{{{{ heard.heard.{name} }}}}" for name in FIELDS},
                },
            },
        }
        await self.engine.flows.put(self.owner_id, flow, document)
        await self.engine.flows.start(self.owner_id, flow)

    async def stop_flow(self, flow: str) -> None:
        await self.engine.flows.stop(self.owner_id, flow)

    async def choices(self, account: str, form: JsonObject) -> Sequence[Option]:
        found = await self.engine.choosing.choices(
            self.owner_id, ACT, "text", account=account, values=form
        )
        if explanation := found["explanation"]:
            raise NothingToChooseError(**explanation)
        return [
            Option(each["value"], each["label"], each["hint"], each["isDisabled"])
            for each in found["options"]
        ]

    async def post(self, path: str, body: bytes) -> int:
        transport = httpx.ASGITransport(app=create_app(self.engine))
        base = f"http://127.0.0.1:8321/plugins/{PROBE.replace(':', '/')}"
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.post(f"{base}{path}", content=body)).status_code

    async def request(self, url: str, body: bytes) -> tuple[int, bytes]:
        transport = httpx.ASGITransport(app=create_app(self.engine))
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.post(url, content=body)
        return answer.status_code, answer.content

    async def steps(self, flow: str) -> Sequence[StepRecord]:
        listed = await self.engine.runs.list(self.owner_id, flow_id=flow, limit=100)
        found: list[StepRecord] = []
        for run in reversed(listed):
            shown = await self.engine.runs.get(self.owner_id, run["id"])
            acts = [step for step in shown["steps"] if step["component"] == "act"]
            for step in acts:
                state = "waiting" if step["status"] == RETRYING else step["status"]
                fate = step["fate"]["state"] if step["fate"] else ""
                found.append(StepRecord(state, step["output"] or {}, json.dumps(step), fate))
            if not acts:
                found.append(StepRecord(RUNNING))
        return found

    def logged(self) -> str:
        return self._stream.getvalue()

    async def stop(self) -> None:
        if not self._is_over:
            self._is_over = True
            await self.engine.stop()

    async def kill(self) -> None:
        """Cut off what is under way. What closes then has nothing left that it could finish."""
        engine = self.engine
        dying: list[asyncio.Task[Any]] = [*engine.queue.tasks]
        if engine.temporal is not None:
            dying += engine.temporal.activities.under_way
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        await self.stop()


@dataclass
class EmbeddedSite:
    """One data folder, and the engines on it, with `more` settings."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    more: dict[str, Any] = field(default_factory=dict[str, Any])
    patience_s: float = 30.0
    does_not_offer: tuple[str, ...] = ()
    hosts: list[EmbeddedHost] = field(default_factory=list[EmbeddedHost])

    async def open(self, connector: Connector, *, deadline_s: float = 60.0) -> EmbeddedHost:
        stream = io.StringIO()

        def log_there(name: str, redaction: object = None) -> object:
            return get_log(name, stream, redaction)  # type: ignore[arg-type]

        self.monkeypatch.setattr(engine_module, "get_log", log_there)
        self.monkeypatch.setattr(engine_module, "Actions", partial(Actions, timeout_s=deadline_s))
        environment = {"SUITE_PROBE_SECRET": SECRET}
        settings = Settings(data=self.folder, environment=environment, **self.more)
        engine = Engine(settings, {PROBE: connector})
        await engine.start()
        self.hosts.append(EmbeddedHost(engine, stream))
        return self.hosts[-1]
