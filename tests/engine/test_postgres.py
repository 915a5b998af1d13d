"""The same engine on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.database import database_url, metadata, migrate, open_database
from appmixer.engine.engine import Engine, open_engine
from appmixer.engine.runs.waits import end_answered, store_waits
from appmixer.engine.settings import Settings
from appmixer.engine.turn import take

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


def echoing(text: str, **more: str) -> dict[str, Any]:
    say = {"text": text, **more}
    source = {"in": {"in1": ["heard"]}}
    return {
        "name": "test",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "say": {"type": "test.echo.Say", "account": "keys", "source": source, "input": say},
        },
    }


def test_the_migrations_make_the_tables_that_the_code_uses(settings: Settings) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = open_database(database_url(settings.data, settings.database_url))
    migrate(database)
    with database.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.dispose()

    assert differences == []


async def test_events_run_once_and_in_the_order_of_their_conversation(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, acts: list[tuple[str, str, str]]
) -> None:
    await engine.flows.put(owner, "f", echoing("{{ in1.heard.text }}"))
    await engine.flows.start(owner, "f")

    for number in range(10):
        for _ in range(2):
            await hear(str(number), id=f"id-{number}", order="one")
    found = await ended_runs(owner, 10)

    assert [text for _, text, _ in acts] == [str(number) for number in range(10)]
    assert {run["status"] for run in found} == {"completed"}


async def test_a_wait_ends_by_an_event_that_came_early_and_by_its_time(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("{{ in1.heard.text }}", then="wait"))
    await engine.flows.start(owner, "f")

    await hear("q")
    await hear("early", room="elsewhere", answers=("answer:q",))
    await hear("late")
    found = await ended_runs(owner, 2)

    said = {run["steps"][1]["output"]["said"][0]["text"] for run in found}
    assert said == {"q: early", "late: no answer"}


async def test_what_cannot_be_stored_fails_its_run_instead_of_leaving_it_open(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x", then="unstorable"))
    await engine.flows.start(owner, "f")

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert (run["status"], run["error"]["kind"]) == ("failed", "InternalError")


async def test_an_event_that_cannot_be_stored_as_a_run_fails_and_holds_up_no_other(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x"))
    await engine.flows.start(owner, "f")

    await hear("endless", ratio=float("inf"))
    await hear("fine", id="with a \0 in it", order="\0")
    found = await ended_runs(owner, 2)

    assert sorted(run["status"] for run in found) == ["completed", "failed"]


async def test_only_one_of_several_processes_routes(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", echoing("x"))
    await engine.flows.start(owner, "f")
    await hear("first")
    await ended_runs(owner, 1)

    with engine.database.connect() as connection:
        assert take(connection) is False, "the process at work holds the lock"


async def test_an_event_waits_for_the_wait_that_is_being_stored_and_ends_it(
    engine: Engine,
) -> None:
    row = {
        "id": "wait",
        "run_id": "run",
        "owner_id": "owner",
        "connector": "test:echo",
        "order_key": "one",
        "state": "waiting",
        "work": {},
        "key": "answer:q",
        "after_seq": 0,
        "account_id": None,
        "expires_at": None,
        "rank": 1,
        "event": None,
        "event_seq": None,
    }
    happened = [("test:echo", 7, "{}", ("answer:q",))]

    def route() -> int:
        with engine.database.begin() as connection:
            going_on, _ = end_answered(connection, happened)
            return len(going_on)

    with ThreadPoolExecutor(1) as routing:
        with engine.database.begin() as connection:
            store_waits(connection, [row])
            routed = routing.submit(route)
            with pytest.raises(TimeoutError):
                routed.result(0.5)
        found = routed.result(60)

    assert found == 1, "without the lock both would pass each other, and the wait would go on"
