"""Drafts and versions of flows on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.errors import OutdatedError
from appmixer.engine.flows.tags import Expected
from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings

from .surfaces.test_drafts import run_draft
from .test_runs import flow

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


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
