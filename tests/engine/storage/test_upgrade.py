"""A database of the release before this queue: what was under way then goes on now."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Connector
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio

DUMP = Path(__file__).parents[2] / "data" / "release_0_1.sql"
# The key with which that release sealed its account.
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "appmixer.sqlite")) as database:
        database.executescript(DUMP.read_text("utf-8"))
    return Settings(data=data, environment={"APPMIXER_SECRET_KEY": KEY})


async def test_runs_that_were_queued_waiting_answered_or_paused_go_on_after_an_upgrade(
    settings: Settings,
    connectors: dict[str, Connector],
    until: Callable[..., Awaitable[Any]],
) -> None:
    details: list[dict[str, Any]] = []
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id

        async def ended(count: int) -> list[dict[str, Any]] | None:
            runs = await engine.runs.list(owner, limit=100)
            found = [each for each in runs if each["status"] == "completed"]
            return found if len(found) >= count else None

        before = {each["id"] for each in await until(lambda: ended(1))}
        await engine.accounts.connect_token(owner, "test:echo", "hall+cellar+attic+loft", "keys")
        found = await until(lambda: ended(5))
        [waiting] = await engine.runs.list(owner, status="waiting")
        details = [await engine.runs.get(owner, each["id"]) for each in found]
        [tables] = await engine.rows(
            sa.text(  # type: ignore[arg-type]
                "SELECT COUNT(*) AS former FROM sqlite_master"
                " WHERE name IN ('workflow_status', 'dbos_migrations')"
            )
        )

    said: list[str] = [
        value["text"]
        for run in sorted(details, key=lambda run: run["eventId"])
        if run["id"] not in before
        for step in run["steps"]
        for value in _said(step["output"])
    ]
    assert said == ["q2: 42", "after q2: 42", "x", "after x"]
    assert waiting["flowId"] == "waits"
    assert tables.former == 0


def _said(output: dict[str, Any] | None) -> list[dict[str, Any]]:
    return output.get("said", []) if output else []
