"""Files on PostgreSQL: what one process keeps, all others on the database have."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.contract import Connector, RejectedError
from appmixer.engine.errors import ConflictError, NotFoundError, TooLargeError
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.host.retention import remove_old
from appmixer.engine.settings import Settings
from appmixer.engine.storage.contents import BROKEN_AFTER_S, ROW_BYTES
from appmixer.engine.storage.files import FileStore
from appmixer.engine.storage.tables import file_chunks, loose_files

pytestmark = pytest.mark.anyio

CONTENT = os.urandom(2 * ROW_BYTES + 100_000)


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    environment = {
        "APPMIXER_SECRET_KEY": Fernet.generate_key().decode(),
        "APPMIXER_MAX_FILE_BYTES": "1000000",
        "APPMIXER_MAX_FILE_TOTAL_BYTES": "2000000",
    }
    return Settings(data=tmp_path / "one", environment=environment, database_url=postgres)


@pytest.fixture
async def one(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


@pytest.fixture
async def other(
    one: Engine, settings: Settings, connectors: dict[str, Connector], tmp_path: Path
) -> AsyncIterator[Engine]:
    async with open_engine(replace(settings, data=tmp_path / "other"), connectors) as engine:
        yield engine


async def chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def content_of(files: FileStore, file_id: str) -> bytes:
    return b"".join([chunk async for chunk in files.read("me", file_id)])


async def kept(engine: Engine) -> tuple[int, int]:
    """Return how many rows of contents there are, and how many contents belong to no file."""
    count = sa.func.count().label("entries")
    found = [await engine.rows(sa.select(count).select_from(t)) for t in (file_chunks, loose_files)]
    return found[0][0].entries, found[1][0].entries


@pytest.mark.parametrize("size", [0, 1, ROW_BYTES, 2 * ROW_BYTES, len(CONTENT)])
async def test_a_file_kept_by_one_process_is_read_and_deleted_by_another(
    one: Engine, other: Engine, size: int
) -> None:
    content = CONTENT[:size]
    made = await one.files.save("me", "a.bin", "", chunks(content))

    read = await content_of(other.files, made["id"])
    rows = await kept(one)
    await other.files.delete("me", made["id"])

    assert read == content
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    assert rows == (max(1, -(-size // ROW_BYTES)), 0)
    assert await kept(one) == (0, 0)
    assert [path for path in one.settings.data.rglob("files/*")] == []
    with pytest.raises(NotFoundError):
        await content_of(one.files, made["id"])


async def test_chunks_of_any_size_are_kept_in_rows_of_one_size(one: Engine) -> None:
    made = await one.files.save("me", "a.bin", "", chunks(CONTENT, len(CONTENT)))
    again = await one.files.save("me", "b.bin", "", chunks(CONTENT, 1_000))

    assert [len(each) async for each in one.files.read("me", made["id"])] == [
        *(ROW_BYTES, ROW_BYTES, 100_000)
    ]
    assert await content_of(one.files, again["id"]) == CONTENT
    assert await kept(one) == (6, 0)


async def test_nothing_is_left_of_a_file_that_is_too_large_or_breaks_off(one: Engine) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionError("the sender has gone")

    with pytest.raises(TooLargeError):
        await one.files.save("me", "a.bin", "", chunks(CONTENT * 3))
    with pytest.raises(ConnectionError):
        await one.files.save("me", "a.bin", "", breaking())

    assert await kept(one) == (0, 0)
    assert await one.files.list("me") == []


async def test_nothing_is_left_of_a_file_whose_sender_is_cut_off(one: Engine) -> None:
    half, never = asyncio.Event(), asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield CONTENT
        half.set()
        await never.wait()

    saving = asyncio.create_task(one.files.save("me", "a.bin", "", stalling()))
    await half.wait()
    before = await kept(one)
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)

    assert before == (2, 1)
    assert await kept(one) == (0, 0)


async def test_an_owner_at_the_limit_adds_none_and_nothing_of_it_is_left(one: Engine) -> None:
    await one.files.save("me", "a.bin", "", chunks(bytes(1_000_000)))
    results = await asyncio.gather(
        *(one.files.save("me", "b.bin", "", chunks(bytes(1_000_000))) for _ in range(4)),
        return_exceptions=True,
    )

    refused = [each for each in results if isinstance(each, ConflictError)]
    assert (len(refused), len(await one.files.list("me"))) == (3, 2)
    assert await kept(one) == (16, 0)


async def test_what_a_process_that_died_has_left_of_an_upload_is_removed_later(
    one: Engine, other: Engine
) -> None:
    async def dying() -> AsyncIterator[bytes]:
        yield CONTENT
        await one.writer.commit(lambda c: c.execute(sa.update(loose_files).values(id="died")))
        await one.writer.commit(lambda c: c.execute(sa.update(file_chunks).values(file_id="died")))
        raise ConnectionError("as if it were killed")

    with pytest.raises(ConnectionError):
        await one.files.save("me", "a.bin", "", dying())
    now = one.clock.now

    await remove_old(other.writer, now=now + BROKEN_AFTER_S / 2)
    early = await kept(one)
    await remove_old(other.writer, now=now + 2 * BROKEN_AFTER_S)

    assert early == (2, 1)
    assert await kept(one) == (0, 0)


@pytest.mark.parametrize("more", [0, ROW_BYTES])
async def test_a_file_that_was_swept_while_it_came_is_refused_and_not_half_kept(
    one: Engine, other: Engine, more: int
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[: 2 * ROW_BYTES]
        await remove_old(other.writer, now=one.clock.now + 2 * BROKEN_AFTER_S)

        yield CONTENT[:more]

    with pytest.raises(ConflictError, match="The file took too long"):
        await one.files.save("me", "a.bin", "", slow())

    assert await one.files.list("me") == []
    assert await kept(one) == (0, 0)


async def test_a_file_in_the_folder_of_an_earlier_release_is_still_read_and_deleted(
    one: Engine,
) -> None:
    made = await one.files.save("me", "a.bin", "", chunks(b"as before"))
    await one.writer.commit(lambda c: c.execute(sa.delete(file_chunks)))
    path = one.settings.data / "files" / "me" / str(made["id"])
    path.parent.mkdir()
    path.write_bytes(b"as before")

    read = await content_of(one.files, made["id"])
    await one.files.delete("me", made["id"])

    assert read == b"as before"
    assert not path.exists()
    assert await kept(one) == (0, 0)


async def test_who_reads_a_file_that_is_deleted_meanwhile_is_told_and_not_given_half(
    one: Engine, other: Engine
) -> None:
    made = await one.files.save("me", "a.bin", "", chunks(CONTENT))
    reading: Any = other.files.read("me", made["id"])
    first = await anext(reading)
    await one.files.delete("me", made["id"])

    with pytest.raises(NotFoundError, match="was deleted while it was read"):
        await anext(reading)
    with pytest.raises(RejectedError, match="The file is not there"):
        _ = [each async for each in other.files.of("me").read(made["id"])]
    assert len(first) == ROW_BYTES
