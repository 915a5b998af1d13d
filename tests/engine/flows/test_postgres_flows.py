"""Drafts, versions and forms of flows on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.errors import OutdatedError
from appmixer.engine.flows.models import FlowComponent, FlowFaults
from appmixer.engine.flows.tags import Expected
from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings

from ..api.test_drafts import run_draft
from ..api.test_forms import LETTER, writing
from ..branches import Letter, Switch, with_components
from ..conftest import CONNECTOR
from ..runs.test_runs import flow

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return with_components(Switch, Letter)


async def test_drafts_and_versions_are_kept_there(
    engine: Engine, owner: str, ended_runs: Any
) -> None:
    draft = flow({"text": "{{ incoming.heard.text }}", "pin": "4711"})
    draft["components"]["incoming"] = draft["components"].pop("in1")
    draft["components"]["say1"]["source"] = {"in": {"incoming": ["heard"]}}
    await engine.flows.drafts.put(owner, "echo", draft)
    await run_draft(engine, owner, "test")
    [run] = await ended_runs(owner, 1)
    stored = await engine.flows.put(owner, "echo", draft)
    await engine.flows.put(owner, "echo", {**draft, "name": "two"}, Expected([stored["etag"]]))
    with pytest.raises(OutdatedError):
        await engine.flows.put(owner, "echo", draft, Expected([stored["etag"]]))
    restored = await engine.flows.restore(owner, "echo", 1)
    listed = await engine.flows.versions.list(owner, "echo", limit=2)
    changed = await engine.flows.versions.get(owner, "echo", 2, compared_with=3)

    assert (run["isTest"], run["status"], run["version"]) == (True, "completed", -1)
    assert restored["version"] == 3
    assert [(each["version"], each["name"]) for each in listed] == [(3, "test"), (2, "two")]
    assert changed["changes"] == {
        "flow": [{"path": "name", "before": "test", "after": "two"}],
        "steps": [],
    }


async def test_forms_are_kept_there_and_flows_marked(engine: Engine, owner: str) -> None:
    step = FlowComponent(type=LETTER, account="keys", input={"template": "hello"})
    place = await engine.flows.place(owner, "trial", "trial", step)
    for _ in range(2):
        await engine.flows.forms.ask(place, step)
    with pytest.raises(FlowFaults, match="parameters"):
        await engine.flows.put(owner, "f", writing())
    await engine.flows.put(owner, "f", writing(parameters={"name": "x"}))

    await engine.hosts[CONNECTOR].forms_changed("letter:hello", "It is paused.")
    [marked] = await engine.flows.list(owner)
    await engine.flows.start(owner, "f")
    [started] = await engine.flows.list(owner)

    assert [each["text"] for each in marked["marks"]] == ["It is paused."]
    assert started["marks"] == []
