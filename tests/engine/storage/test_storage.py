"""The writer, the store, the seal and the quotas."""

from __future__ import annotations

import asyncio
import pickle
import stat
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from appmixer.engine.contract import Json, ThrottledError
from appmixer.engine.contract.manifest import QuotaRule
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.quotas import Buckets
from appmixer.engine.storage.database import (
    database_url,
    is_current,
    migrate,
    open_database,
    upgrade,
)
from appmixer.engine.storage.readers import Readers
from appmixer.engine.storage.seal import SealError, load_seal
from appmixer.engine.storage.storage import Storage
from appmixer.engine.storage.store import DatabaseStore, delete_expired, put_rows
from appmixer.engine.storage.tables import leases, metadata, store
from appmixer.engine.storage.writer import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    database = open_database(database_url(tmp_path, None))
    migrate(database)
    return database


def test_errors_of_the_database_do_not_show_what_was_to_be_stored(database: sa.Engine) -> None:
    row = {"namespace": "n", "key": None, "value": "a message for a person"}

    with database.begin() as connection, pytest.raises(IntegrityError) as caught:
        connection.execute(sa.insert(store), row)

    assert "a message for a person" not in str(caught.value)


@pytest.fixture
async def writer(tmp_path: Path, database: sa.Engine) -> AsyncIterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()
    database.dispose()


@pytest.fixture
async def readers(database: sa.Engine) -> AsyncIterator[Readers]:
    readers = Readers(database)
    yield readers
    await readers.close()


@pytest.mark.parametrize("make", [migrate, upgrade])
def test_the_tables_that_the_code_uses_are_made_at_once_or_step_by_step(
    tmp_path: Path, make: Callable[[sa.Engine], None]
) -> None:
    assert differences_after(make, database_url(tmp_path, None)) == []


def differences_after(make: Callable[[sa.Engine], None], url: sa.URL) -> list[object]:
    """Make the tables in an empty database; return how they differ, and what is left to do."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = open_database(url)
    make(database)
    with database.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        left = [] if is_current(connection) else ["the version"]
        left += [] if connection.execute(sa.select(leases)).all() else ["the lease"]
    upgrade(database)
    database.dispose()
    return [*differences, *left]


async def test_writes_that_come_together_share_a_commit_and_a_bad_one_fails_alone(
    database: sa.Engine, writer: Writer
) -> None:
    commits: list[object] = []
    event.listen(database, "commit", commits.append)
    gate = threading.Event()

    def put(connection: sa.Connection, key: str) -> str:
        row = {"namespace": "n", "key": key, "value": "1", "expires_at": None}
        connection.execute(sa.insert(store), row)
        return key

    def hold(connection: sa.Connection) -> None:
        gate.wait(5)

    first = asyncio.create_task(writer.commit(hold))
    await asyncio.sleep(0)
    together = [
        asyncio.create_task(writer.commit(lambda c, key=key: put(c, key)))  # type: ignore[misc]
        for key in ("a", "b", "a", "c")
    ]
    await asyncio.sleep(0)
    gate.set()
    await first
    results = await asyncio.gather(*together, return_exceptions=True)

    assert results[:2] == ["a", "b"]
    assert isinstance(results[2], IntegrityError)
    assert results[3] == "c"
    with database.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(store)) == 3


async def test_what_is_asked_for_in_one_turn_of_the_loop_shares_a_commit(
    database: sa.Engine, writer: Writer
) -> None:
    await writer.commit(_count)
    commits: list[object] = []
    event.listen(database, "commit", commits.append)

    async def ask(number: int) -> None:
        # The turn is long enough for the thread to begin with the first of them.
        threading.Event().wait(0.002)
        await writer.commit(partial(_put, key=f"key {number}"))

    await asyncio.gather(*map(ask, range(20)))

    assert len(commits) == 1
    assert await writer.commit(_count) == 20


async def test_what_was_asked_for_in_the_turn_that_closes_the_writer_is_stored(
    database: sa.Engine, writer: Writer
) -> None:
    asked = asyncio.create_task(writer.commit(partial(_put, key="last")))
    await asyncio.sleep(0)

    has_ended = writer.close()

    assert has_ended
    await asked
    with database.connect() as connection:
        assert _count(connection) == 1


def _put(connection: sa.Connection, key: str) -> None:
    row = {"namespace": "n", "key": key, "value": "1", "expires_at": None}
    connection.execute(sa.insert(store), row)


def _count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(store)) or 0


async def test_the_store_keeps_namespaces_apart_and_forgets_what_has_expired(
    readers: Readers, writer: Writer, tmp_path: Path
) -> None:
    clock, seal = Clock(), await readers.read(partial(load_seal, tmp_path, None))
    storage = Storage(readers, writer, seal, clock)
    mine, other = DatabaseStore(storage, "mine"), DatabaseStore(storage, "other")

    await mine.put({"a": {"x": 1}, "ab": [2]}, expires_in_s=10)
    await mine.put({"b%": None})
    added = [await mine.add("c", 1, expires_in_s=5), await mine.add("c", 2)]

    assert added == [None, 1]
    assert await mine.get(["a", "b%", "none"]) == {"a": {"x": 1}, "b%": None}
    assert await mine.scan("a") == {"a": {"x": 1}, "ab": [2]}
    assert await mine.scan("b%") == {"b%": None}
    assert await other.scan("") == {}
    clock.advance(11)
    assert await mine.scan("") == {"b%": None}
    assert await mine.add("c", 3) is None
    assert await writer.commit(lambda connection: delete_expired(connection, clock.now)) == 2
    await mine.delete(["b%", "c"])
    assert await mine.scan("") == {}


async def added_at_once(storage: Storage) -> list[Json | None]:
    """Add 250 entries in one commit, of which some are there and some are added twice."""
    kept = DatabaseStore(storage, "namespace")
    await kept.put({"there 0": "first", "there 1": "first"})
    may_go_on = threading.Event()
    held = asyncio.ensure_future(storage.writer.commit(lambda _: may_go_on.wait(10)))
    keys = [f"new {each}" for each in range(246)] + ["there 0", "there 1", "new 0", "new 1"]
    adding = [asyncio.ensure_future(kept.add(key, "second")) for key in keys]
    await asyncio.sleep(0)
    may_go_on.set()
    await held
    return await asyncio.gather(*adding)


async def put_twice(storage: Storage) -> Json:
    """Put two values of one key in one commit; return what is there then."""
    kept = DatabaseStore(storage, "namespace")
    rows = [*kept.rows({"key": "first"}), *kept.rows({"key": "second"})]
    await storage.writer.commit(lambda connection: put_rows(connection, rows))
    return (await kept.get(["key"]))["key"]


async def test_what_is_added_together_is_told_apart(
    readers: Readers, writer: Writer, tmp_path: Path
) -> None:
    seal = await readers.read(partial(load_seal, tmp_path, None))

    storage = Storage(readers, writer, seal, Clock())
    given = await added_at_once(storage)

    assert await put_twice(storage) == "second"
    assert given == [None] * 246 + ["first", "first", "second", "second"]


def test_the_seals_key_is_for_its_user_only_and_another_key_opens_nothing(
    tmp_path: Path, database: sa.Engine
) -> None:
    with database.connect() as connection:
        seal = load_seal(tmp_path, None, connection)
        (tmp_path / "other").mkdir()
        other = load_seal(tmp_path / "other", None, connection)
        again = load_seal(tmp_path, None, connection)
    sealed = seal.close({"token": "x"})

    mode = stat.S_IMODE((tmp_path / "secret.key").stat().st_mode)

    assert mode == 0o600
    assert again.open(sealed) == {"token": "x"}
    with pytest.raises(SealError, match="APPMIXER_SECRET_KEY"):
        other.open(sealed)


async def test_a_quota_lets_a_burst_through_then_refuses_with_the_time_to_wait() -> None:
    clock = Clock()
    pair = QuotaRule.model_validate(
        {"name": "pair", "limit": 1, "windowS": 6, "scope": "x", "burst": 3, "description": "d"}
    )
    buckets = Buckets({"pair": pair}, clock)

    for _ in range(3):
        await buckets.take("pair", "a")
    with pytest.raises(ThrottledError) as caught:
        await buckets.take("pair", "a")
    await buckets.take("pair", "b")
    clock.advance(6)
    await buckets.take("pair", "a")

    assert caught.value.retry_after_s == pytest.approx(6)
    assert pickle.loads(pickle.dumps(caught.value)).retry_after_s == caught.value.retry_after_s
