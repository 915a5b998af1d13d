"""Where the contents of files are: in the data folder on SQLite, in a table on PostgreSQL.

The processes that share a database have folders of their own, perhaps on machines of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio
import sqlalchemy as sa

from ..errors import ConflictError, NotFoundError
from .database import DATABASE_AWAY
from .durable import private
from .fence import outside_fence
from .statements import insert
from .storage import Storage
from .tables import file_chunks, loose_files
from .writer import Writer

CHUNK_BYTES = 64 * 1024
ROW_BYTES = 128 * 1024
# More would let other writes wait for longer than a moment.
ROWS_AT_ONCE = 2
# So many rows go in one commit: 2 MB.
REMOVED_AT_ONCE = 16
# An upload brings something every few minutes, or is over.
BROKEN_AFTER_S = 3600.0


class Contents(Protocol):
    """Contents by their owners and ids."""

    async def write(self, owner_id: str, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep a content; what was kept of one that breaks off has to be removed."""
        ...

    def read(self, owner_id: str, file_id: str, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield it; raise NotFoundError before the first chunk, or when it is deleted meanwhile."""
        ...

    def settle(self, connection: sa.Connection, file_id: str) -> None:
        """Say in the commit that stores a file's facts that its content is whole."""
        ...

    def loosen(self, connection: sa.Connection, file_id: str, now: float) -> None:
        """Say in the commit that deletes a file's facts that its content is to be removed."""
        ...

    async def remove(self, owner_id: str, file_id: str) -> None:
        """Remove what there is of a content that belongs to no file."""
        ...


@dataclass(frozen=True)
class FolderContents:
    """Contents in a folder for each owner."""

    folder: Path

    async def write(self, owner_id: str, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        path = self._path(owner_id, file_id)
        await anyio.Path(path.parent).mkdir(mode=0o700, exist_ok=True)
        async with await anyio.open_file(path, "xb", opener=private) as file:
            async for chunk in chunks:
                await file.write(chunk)

    async def read(self, owner_id: str, file_id: str, size_bytes: int) -> AsyncGenerator[bytes]:
        try:
            file = await anyio.open_file(self._path(owner_id, file_id), "rb")
        except FileNotFoundError:
            raise NotFoundError(
                f"The content of file {file_id} is not in this machine's data folder."
            ) from None
        async with file:
            while chunk := await file.read(CHUNK_BYTES):
                yield chunk

    def settle(self, connection: sa.Connection, file_id: str) -> None:
        """The commit says all."""

    def loosen(self, connection: sa.Connection, file_id: str, now: float) -> None:
        """The file is removed at once."""

    async def remove(self, owner_id: str, file_id: str) -> None:
        await anyio.Path(self._path(owner_id, file_id)).unlink(missing_ok=True)

    def _path(self, owner_id: str, file_id: str) -> Path:
        return self.folder / owner_id / file_id


@dataclass(frozen=True)
class TableContents:
    """Contents in rows of a table; those of earlier releases are read from the folder.

    What is being uploaded, or deleted, is noted as loose until it is whole, or gone: whatever
    breaks off in between, housekeeping removes.
    """

    storage: Storage
    folder: FolderContents
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ROWS_AT_ONCE))

    async def write(self, owner_id: str, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        number, row = 0, bytearray()
        async for chunk in chunks:
            row += chunk
            while len(row) >= ROW_BYTES:
                await self._add(file_id, number, bytes(row[:ROW_BYTES]))
                number += 1
                del row[:ROW_BYTES]
        # One at least: of an empty file too it is known that its content is here.
        if row or number == 0:
            await self._add(file_id, number, bytes(row))

    async def read(self, owner_id: str, file_id: str, size_bytes: int) -> AsyncGenerator[bytes]:
        number = read_bytes = 0
        while number == 0 or read_bytes < size_bytes:
            row = await self._row(file_id, number)
            if row is None and number:
                raise NotFoundError(f"File {file_id} was deleted while it was read.")
            if row is None:
                async for chunk in self.folder.read(owner_id, file_id, size_bytes):
                    yield chunk
                return
            yield row
            number, read_bytes = number + 1, read_bytes + len(row)

    def settle(self, connection: sa.Connection, file_id: str) -> None:
        mine = loose_files.c.id == file_id
        _check_present(connection.execute(sa.delete(loose_files).where(mine)))

    def loosen(self, connection: sa.Connection, file_id: str, now: float) -> None:
        _note_loose(connection, file_id, now)

    async def remove(self, owner_id: str, file_id: str) -> None:
        # Whoever has the turn: it belongs to no file.
        with outside_fence(), suppress(*DATABASE_AWAY):
            await remove_loose(self.storage.writer, file_id)
        await self.folder.remove(owner_id, file_id)

    async def _add(self, file_id: str, number: int, content: bytes) -> None:
        row = {"file_id": file_id, "number": number, "content": content}
        now = self.storage.clock.now

        def write(connection: sa.Connection) -> None:
            if number == 0:
                _note_loose(connection, file_id, now)
            else:
                mine = loose_files.c.id == file_id
                _check_present(
                    connection.execute(sa.update(loose_files).where(mine).values(touched_at=now))
                )
            connection.execute(sa.insert(file_chunks).values(row))

        async with self._places:
            await self.storage.writer.commit(write)

    async def _row(self, file_id: str, number: int) -> bytes | None:
        mine = (file_chunks.c.file_id == file_id) & (file_chunks.c.number == number)
        rows = await self.storage.rows(sa.select(file_chunks.c.content).where(mine))
        return bytes(rows[0].content) if rows else None


def _note_loose(connection: sa.Connection, file_id: str, now: float) -> None:
    statement = insert(loose_files, connection).values(id=file_id, touched_at=now)
    changed = {"touched_at": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def _check_present(changed: sa.CursorResult[Any]) -> None:
    """Raise ConflictError where a content was taken for one that broke off."""
    if not changed.rowcount:
        raise ConflictError(
            "The file took too long",
            f"Nothing of it has come for {BROKEN_AFTER_S / 60:g} minutes.",
            "Send it again.",
            "file",
        )


async def remove_loose(writer: Writer, file_id: str) -> None:
    """Remove a content that belongs to no file, some rows at a time."""
    while await writer.commit(partial(_remove_some, file_id=file_id)):
        pass


async def remove_broken(writer: Writer, now: float) -> None:
    """Remove what uploads and deletions that broke off have left."""
    old = sa.select(loose_files.c.id).where(loose_files.c.touched_at < now - BROKEN_AFTER_S)
    for file_id in await writer.commit(lambda connection: connection.scalars(old).all()):
        await remove_loose(writer, file_id)


def _remove_some(connection: sa.Connection, *, file_id: str) -> bool:
    """Remove some rows, or in the end the note; return whether more may be left."""
    mine = file_chunks.c.file_id == file_id
    some = sa.select(file_chunks.c.number).where(mine).limit(REMOVED_AT_ONCE)
    removed = sa.delete(file_chunks).where(mine, file_chunks.c.number.in_(some))
    if connection.execute(removed).rowcount:
        return True
    connection.execute(sa.delete(loose_files).where(loose_files.c.id == file_id))
    return False
