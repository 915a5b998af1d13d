"""What was accepted: read once, in its order, whatever is in it and whenever the engine stops."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Connector
from appmixer.engine.events import pacing, reading
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.database import database_url, migrate, open_database
from appmixer.engine.storage.tables import events, inbox

from ..conftest import CONNECTOR

pytestmark = pytest.mark.anyio


async def rows_until(
    engine: Engine, enough: Callable[[Sequence[sa.Row[Any]]], bool]
) -> Sequence[sa.Row[Any]]:
    async with asyncio.timeout(60):
        while True:
            rows = await engine.rows(sa.select(events).order_by(events.c.seq))
            if enough(rows):
                return rows
            await asyncio.sleep(0.02)


async def waiting(engine: Engine) -> int:
    [row] = await engine.rows(sa.select(sa.func.count().label("rows")).select_from(inbox))
    return int(row.rows)


def heard(number: int, text: str = "x") -> bytes:
    event = {"id": str(number), "kind": "heard", "payload": {"text": text}, "order": "one"}
    return json.dumps({**event, "routes": [], "answers": []}).encode()


async def test_what_was_accepted_is_read_in_its_order_and_leaves_the_inbox(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_READ_BYTES", 300)

    await asyncio.gather(*(engine.events.accept(CONNECTOR, heard(each)) for each in range(50)))

    rows = await rows_until(engine, lambda rows: len(rows) == 50)
    assert [row.id for row in rows] == [str(each) for each in range(50)]
    assert await waiting(engine) == 0


async def test_what_was_accepted_before_the_engine_stopped_is_read_by_the_next(
    settings: Settings, connectors: Mapping[str, Connector]
) -> None:
    settings.data.mkdir(parents=True)
    database = open_database(database_url(settings.data, settings.database_url))
    migrate(database)
    row = {"connector": CONNECTOR, "content": heard(1), "received_at": 1_790_000_000.0}
    with database.begin() as connection:
        connection.execute(sa.insert(inbox), [row])
    database.dispose()

    async with open_engine(settings, connectors) as engine:
        [event] = await rows_until(engine, lambda rows: len(rows) == 1)

    assert (event.id, event.received_at) == ("1", 1_790_000_000.0)


async def test_a_slow_disk_amid_a_flood_does_not_let_reading_begin(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, read = engine.writer.commit, engine.events.read
    answered_when_read: list[int] = []

    async def commit_slowly(write: Callable[[sa.Connection], Any], **how: bool) -> Any:
        await asyncio.sleep(3 * pacing.PAUSE_S)
        return await commit(write, **how)

    async def note_and_read(*given: Any) -> Sequence[reading.Reading]:
        answered = engine.events.answered
        found = await read(*given)
        if found:
            answered_when_read.append(answered)
        return found

    async def send(sender: int) -> None:
        for number in range(8):
            await engine.events.accept(CONNECTOR, heard(100 * sender + number))

    monkeypatch.setattr(pacing, "BUSY_S", 5.0)
    await engine.events.accept(CONNECTOR, heard(-1))
    await rows_until(engine, lambda rows: len(rows) == 1)
    monkeypatch.setattr(engine.writer, "commit", commit_slowly)
    monkeypatch.setattr(engine.events, "read", note_and_read)

    await asyncio.gather(*(send(each) for each in range(2 * pacing.BUSY_EVENTS)))
    monkeypatch.undo()

    await rows_until(engine, lambda rows: len(rows) == 1 + 8 * 2 * pacing.BUSY_EVENTS)
    assert answered_when_read == []


async def test_what_is_accepted_survives_a_power_cut(engine: Engine) -> None:
    await engine.events.accept(CONNECTOR, heard(1))
    # Its routing is a transaction, and shares a commit with whoever asks meanwhile.
    await rows_until(engine, lambda rows: len(rows) == 1)

    def look(connection: sa.Connection) -> tuple[bool, object]:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        [synchronous] = driver.execute("PRAGMA synchronous").fetchone()
        return driver.in_transaction, synchronous

    # 2 is FULL: a commit returns when the disk has it. The connection is the one that accepts.
    assert await engine.writer.commit(look, in_transaction=False) == (False, 2)


@pytest.mark.parametrize("content", [b'{"breaks": true}', b"\xff\x00"])
async def test_content_that_a_plugin_breaks_on_is_kept_and_holds_up_nothing(
    engine: Engine, content: bytes
) -> None:
    await engine.events.accept(CONNECTOR, content)
    await engine.events.accept(CONNECTOR, heard(1))

    broken, fine = await rows_until(engine, lambda rows: len(rows) == 2)
    payload = json.loads(broken.payload)
    assert broken.kind == "unreadable"
    assert base64.b64decode(payload["base64"]) == content
    assert payload["error"]["kind"] == "InternalError"
    assert fine.id == "1"


async def test_events_that_no_database_takes_are_kept_as_they_came(engine: Engine) -> None:
    # Half a surrogate pair: JSON spells it, and no database stores it.
    content = heard(1, "\ud83d")

    await asyncio.gather(
        *(engine.events.accept(CONNECTOR, each) for each in (heard(2), content, heard(3)))
    )

    rows = await rows_until(engine, lambda rows: len(rows) == 3)
    assert sorted(row.kind for row in rows) == ["heard", "heard", "unreadable"]
    [kept] = [row for row in rows if row.kind == "unreadable"]
    assert base64.b64decode(json.loads(kept.payload)["base64"]) == content
