"""A run leads to Temporal's own page about its conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from temporalio.client import Client

from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings, TemporalSettings

from ..listing import flow

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
UI = "https://temporal.example.com/ui/"
ROOM_KEY = "+1 650 555 1234"


@pytest.fixture
def ui() -> str:
    return UI


@pytest.fixture
def settings(tmp_path: Path, postgres: str, temporal_server: str, ui: str) -> Settings:
    temporal = TemporalSettings(temporal_server, ui=ui)
    return Settings(
        data=tmp_path / "data", environment={}, database_url=postgres, temporal=temporal
    )


async def a_run(engine: Engine, owner: str, hear: Hear, ended_runs: Ended) -> str:
    say = {"type": "Say", "after": "in1.heard", "input": {"text": "x"}}
    await engine.flows.put(owner, "f", flow(say=say))
    await engine.flows.start(owner, "f")
    await hear("x", order=ROOM_KEY)
    [run] = await ended_runs(owner, 1)
    return str(run["id"])


async def test_a_run_leads_to_what_temporal_keeps_of_its_conversation(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    temporal_server: str,
) -> None:
    run_id = await a_run(engine, owner, hear, ended_runs)

    told: str = (await admin.get(f"/api/runs/{run_id}")).json()["temporalUrl"]
    url = urlsplit(told)

    assert told.startswith(f"{UI}namespaces/default/workflows?query=")
    [query] = parse_qs(url.query)["query"]
    temporal = await Client.connect(temporal_server)
    workflow_id = query.removeprefix('WorkflowId="').removesuffix('"')
    described = await temporal.get_workflow_handle(workflow_id).describe()
    assert described.workflow_type == "conversation"
    assert ROOM_KEY[1:] not in query


@pytest.mark.parametrize("ui", [""])
async def test_without_an_address_of_that_page_a_run_leads_nowhere(
    engine: Engine, owner: str, admin: httpx.AsyncClient, hear: Hear, ended_runs: Ended
) -> None:
    run_id = await a_run(engine, owner, hear, ended_runs)

    assert (await admin.get(f"/api/runs/{run_id}")).json()["temporalUrl"] is None
