"""What a live log is made of: the stream tells each thing as it happens, to its owner alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from appmixer.engine.host.engine import Engine
from appmixer.engine.observe.stream import Notice

from .test_drafts import DRAFT
from .test_shapes import FLOW

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[Any]]
PATH = "/api/flows/echo"


class Watch:
    """Everything that an owner was told since."""

    def __init__(self, engine: Engine, owner_id: str) -> None:
        self.told: list[Notice] = []
        self._stream = engine.stream.watch(owner_id)
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for notice in self._stream:
            self.told.append(notice)

    def of(self, *kinds: str) -> list[Any]:
        return [each.content for each in self.told if each.kind in kinds]


@pytest.fixture
async def watch(engine: Engine, owner: str) -> Watch:
    watching = Watch(engine, owner)
    await asyncio.sleep(0)
    return watching


async def test_a_run_is_told_from_its_beginning_to_its_end(
    admin: httpx.AsyncClient, owner: str, watch: Watch, hear: Hear, until: Until
) -> None:
    await admin.put(PATH, json=FLOW)
    await admin.post(f"{PATH}/start")
    await hear("twice", order="Sheena")

    async def is_over() -> bool:
        return any(each["state"] == "completed" for each in watch.of("run"))

    await until(is_over)
    [run] = (await admin.get("/api/runs")).json()["runs"]
    [_, step] = (await admin.get(f"/api/runs/{run['id']}")).json()["steps"]

    place = {"runId": run["id"], "flowId": "echo"}
    began, ended_run = watch.of("run")
    assert run["startedAt"] <= began["at"] <= run["endedAt"] <= ended_run["at"]
    assert [began, ended_run] == [
        {
            **place,
            "state": "running",
            "at": began["at"],
            "begun": {
                "version": 1,
                "isTest": False,
                "trigger": "incoming",
                "triggerType": "test.echo.Heard",
                "eventId": run["eventId"],
                "conversation": "Sheena",
                "likeRunId": None,
                "error": None,
            },
        },
        {**place, "state": "completed", "at": ended_run["at"], "begun": None},
    ]
    reply = {**place, "stepId": step["id"], "component": "reply", "type": "test.echo.Say"}
    timing = {"attempt": 1, "startedAt": step["startedAt"]}
    [begun], [ended] = watch.of("begun"), watch.of("step")
    assert ended == {
        **reply,
        **timing,
        "state": "completed",
        "error": None,
        "durationS": step["durationS"],
        "ports": {"aside": 1, "said": 1},
    }
    assert {**begun, "startedAt": None} == {**reply, "attempt": 1, "startedAt": None}
    kinds = [each.kind for each in watch.told if each.kind in ("run", "begun", "step")]
    assert kinds == ["run", "begun", "step", "run"]


async def test_what_becomes_of_flows_and_drafts_is_told_with_their_tags(
    engine: Engine, admin: httpx.AsyncClient, owner: str, watch: Watch
) -> None:
    draft = (await admin.put(DRAFT, json=FLOW)).json()
    stored = (await admin.put(PATH, json=FLOW)).json()
    started = (await admin.post(f"{PATH}/start")).json()
    await admin.post(f"{PATH}/stop")
    lost = {**FLOW, "components": {**FLOW["components"]}}
    lost["components"]["incoming"] = {**FLOW["components"]["incoming"], "input": {"room": "attic"}}
    await admin.put(PATH, json=lost)
    refused = await admin.post(f"{PATH}/start")
    await admin.delete(DRAFT)
    await admin.delete(PATH)
    await asyncio.sleep(0)

    assert watch.of("draft") == [
        {
            "flowId": "echo",
            "etag": draft["etag"],
            "name": "Echo",
            "updatedAt": draft["updatedAt"],
        },
        {"flowId": "echo", "etag": None},
    ]
    told = watch.of("flow")
    assert [each["state"] for each in told] == [
        *("stopped", "running", "stopped", "stopped", "stopped", "deleted")
    ]
    assert told[0] == {
        "flowId": "echo",
        "name": "Echo",
        "etag": stored["etag"],
        "version": 1,
        "state": "stopped",
        "runningVersion": None,
        "reason": "",
    }
    assert (told[1]["etag"], told[1]["runningVersion"]) == (started["etag"], 1)
    assert refused.status_code == 422
    assert told[4]["reason"].startswith("Not your room")
    assert told[5] == {"flowId": "echo", "state": "deleted"}


async def test_nothing_of_it_is_told_to_another_owner(
    engine: Engine,
    admin: httpx.AsyncClient,
    owner: str,
    watch: Watch,
    hear: Hear,
    until: Until,
) -> None:
    made = await engine.owners.create("Other")
    others = Watch(engine, made["id"])
    await asyncio.sleep(0)
    await admin.put(DRAFT, json=FLOW)
    await admin.put(PATH, json=FLOW)
    await admin.post(f"{PATH}/start")
    await hear("say")

    async def is_over() -> bool:
        return any(each["state"] == "completed" for each in watch.of("run"))

    await until(is_over)
    assert {each.kind for each in watch.told} >= {"draft", "flow", "run", "begun", "step"}
    assert others.told == []
