"""What a run of single values costs the database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine.contract import Connector, connectors_of
from appmixer.engine.host.engine import Engine

from ..listing import flow, listing_module
from .test_lists import start

pytestmark = pytest.mark.anyio

TABLES = ("runs", "steps", "segments", "lists", "arrivals", "more_values")


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(listing_module())


async def test_a_run_of_single_values_asks_the_database_for_no_more_than_its_records(
    engine: Engine,
    owner: str,
    hear: Callable[..., Awaitable[None]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
    until: Callable[..., Awaitable[Any]],
) -> None:
    document = flow(
        one={"type": "Do", "input": {"text": "1"}},
        two={"type": "Do", "after": "one.did", "input": {"text": "{{ one.did.text }}"}},
    )
    await start(engine, owner, document)
    # The first run fills caches, and what it reads is no matter.
    await hear("first")
    await ended_runs(owner, 1)
    asked, told = list[str](), list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    async def watch() -> None:
        async for notice in engine.stream.watch(owner):
            told.append(str(notice.content.get("state")))

    async def has_ended() -> bool:
        return told.count("completed") == 3

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        await hear("second")
        await until(has_ended)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
        watching.cancel()

    assert {table: _asked_of(table, asked) for table in TABLES} == {
        "runs": ["INSERT", "UPDATE"],
        "steps": ["INSERT", "INSERT", "INSERT"],
        "segments": ["INSERT", "UPDATE"],
        "lists": [],
        "arrivals": [],
        "more_values": [],
    }


def _asked_of(table: str, statements: list[str]) -> list[str]:
    """Return the words with which the statements about a table begin."""
    about = re.compile(rf"\b(INTO|UPDATE|FROM|JOIN) {table}\b")
    return sorted(each.split()[0] for each in statements if about.search(each))
