"""Owners' files: their facts in the database, their contents where all processes reach them."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import anyio
import sqlalchemy as sa

from ..contract import File, RejectedError
from ..errors import CrowdedError, NotFoundError, StartError, TooLargeError
from ..limits import Limits
from ..settings import Settings
from ..times import iso
from .contents import Contents, FolderContents, TableContents
from .database import database_url
from .durable import is_full
from .folder import FILES_FOLDER
from .storage import Storage
from .tables import files

DEFAULT_MAX_BYTES = 110 * 1024 * 1024
LIMIT_VARIABLE = "APPMIXER_MAX_FILE_BYTES"
MAX_NAME_CHARS = 255
MAX_MEDIA_TYPE_CHARS = 127
# How soon a full disk is asked again.
FULL_AGAIN_S = 60.0
# It goes into a header as it is, parameters included.
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+( *;[ -~]*)?")


class FileStore:
    """The files of all owners."""

    def __init__(self, storage: Storage, limits: Limits, settings: Settings) -> None:
        self._storage, self._limits = storage, limits
        folder = FolderContents(settings.data / FILES_FOLDER)
        url = database_url(settings.data, settings.database_url)
        is_alone = url.get_backend_name() == "sqlite"
        self._contents: Contents = folder if is_alone else TableContents(storage, folder)
        self.max_bytes = max_file_bytes(settings.environment)

    def of(self, owner_id: str) -> OwnedFiles:
        """Return one owner's files, as connectors see them."""
        return OwnedFiles(self, owner_id)

    async def save(
        self, owner_id: str, name: str, media_type: str, chunks: AsyncIterator[bytes]
    ) -> dict[str, Any]:
        """Keep a file; raise TooLargeError, ConflictError or, when the disk is full, CrowdedError.

        Nothing of it is left then.
        """
        name, media_type = _checked(name, media_type)
        self._limits.check("file_total_bytes", await self._kept_bytes(owner_id))
        file_id, counted = uuid.uuid4().hex, _Counted(self.max_bytes)
        try:
            with telling_full_disk():
                await self._contents.write(owner_id, file_id, counted.passing(chunks))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._contents.remove(owner_id, file_id)
            raise
        row = {
            "id": file_id,
            "owner_id": owner_id,
            "name": name,
            "media_type": media_type,
            "size_bytes": counted.size_bytes,
            "sha256": counted.digest.hexdigest(),
            "created_at": self._storage.clock.now,
        }
        try:
            await self._storage.writer.commit(lambda connection: self._add(connection, row))
        except Exception:  # not when cancelled: the row may be stored all the same
            await self._contents.remove(owner_id, file_id)
            raise
        return await self.get(owner_id, file_id)

    async def list(self, owner_id: str) -> list[dict[str, Any]]:
        return [_show(row) for row in await self._rows(files.c.owner_id == owner_id)]

    async def get(self, owner_id: str, file_id: str) -> dict[str, Any]:
        """Return the file's facts; raise NotFoundError."""
        rows = await self._rows((files.c.owner_id == owner_id) & (files.c.id == file_id))
        if not rows:
            raise NotFoundError(f"There is no file {file_id}.")
        return _show(rows[0])

    async def read(self, owner_id: str, file_id: str) -> AsyncIterator[bytes]:
        """Yield the content; raise NotFoundError before the first chunk."""
        facts = await self.get(owner_id, file_id)
        async for chunk in self._contents.read(owner_id, file_id, facts["sizeBytes"]):
            yield chunk

    async def delete(self, owner_id: str, file_id: str) -> None:
        """Delete a file; raise NotFoundError."""
        await self.get(owner_id, file_id)
        now = self._storage.clock.now

        def delete(connection: sa.Connection) -> None:
            connection.execute(sa.delete(files).where(files.c.id == file_id))
            self._contents.loosen(connection, file_id, now)

        await self._storage.writer.commit(delete)
        await self._contents.remove(owner_id, file_id)

    async def _kept_bytes(self, owner_id: str) -> int:
        return int((await self._storage.rows(_total(owner_id)))[0].total)

    def _add(self, connection: sa.Connection, row: Mapping[str, Any]) -> None:
        # Asked again: many may have been uploaded at once, and writes come one after the other.
        kept = int(connection.execute(_total(row["owner_id"])).one().total)
        self._limits.check("file_total_bytes", kept)
        self._contents.settle(connection, row["id"])
        connection.execute(sa.insert(files).values(row))

    async def _rows(self, which: sa.ColumnElement[bool]) -> Sequence[Any]:
        query = sa.select(files).where(which).order_by(files.c.created_at.desc(), files.c.id)
        return await self._storage.rows(query)


class _Counted:
    """What has come of a content: its size and its digest, up to a limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self.size_bytes, self.digest = max_bytes, 0, hashlib.sha256()

    async def passing(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """Pass the chunks on; raise TooLargeError."""
        async for chunk in chunks:
            self.size_bytes += len(chunk)
            if self.size_bytes > self._max_bytes:
                raise too_large(self._max_bytes)
            self.digest.update(chunk)
            yield chunk


class OwnedFiles:
    """The contract's Files for one owner."""

    def __init__(self, store: FileStore, owner_id: str) -> None:
        self._store, self._owner_id = store, owner_id

    async def describe(self, file_id: str) -> File:
        try:
            return _file(await self._store.get(self._owner_id, file_id))
        except NotFoundError as error:
            raise _no_such_file(error) from None

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._store.read(self._owner_id, file_id):
                yield chunk
        except NotFoundError as error:
            raise _no_such_file(error) from None

    async def save(self, name: str, media_type: str, chunks: AsyncIterator[bytes]) -> File:
        return _file(await self._store.save(self._owner_id, name, media_type, chunks))


def _total(owner_id: str) -> sa.Select[tuple[int]]:
    total = sa.func.coalesce(sa.func.sum(files.c.size_bytes), 0).label("total")
    return sa.select(total).where(files.c.owner_id == owner_id)


def max_file_bytes(environment: Mapping[str, str]) -> int:
    """Return how large a file may be; raise StartError if the environment gives no such number."""
    given = environment.get(LIMIT_VARIABLE, "").strip()
    if not given:
        return DEFAULT_MAX_BYTES
    if not (given.isascii() and given.isdecimal() and len(given) < 20 and int(given)):
        raise StartError(
            f"{LIMIT_VARIABLE} has to be a number of bytes, such as {DEFAULT_MAX_BYTES}; leave it"
            " out for that."
        )
    return int(given)


@contextmanager
def telling_full_disk() -> Generator[None]:
    """Raise CrowdedError instead of the system's error for a disk without room."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise CrowdedError(
            "There is no room for the file",
            "The disk of the data folder, or the one for temporary files, is full.",
            "Make room there, then try again.",
            retry_after_s=FULL_AGAIN_S,
        ) from error


def too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(
        "The file is too large",
        f"Files may have {max_bytes:,} bytes at most.",
        f"Send a smaller file, or raise {LIMIT_VARIABLE} where the engine runs.",
        "file",
    )


def _checked(name: str, media_type: str) -> tuple[str, str]:
    # Only the last part: some senders put their whole path there.
    name = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    is_usable = 0 < len(name) <= MAX_NAME_CHARS and name.isprintable()
    if not is_usable or name in (".", ".."):
        raise RejectedError(
            "The file's name cannot be used",
            f"Names have 1 to {MAX_NAME_CHARS} printable characters, and are not . or ..",
            "Give the file a plain name, for example invoice.pdf.",
            "name",
        )
    media_type = media_type.strip().lower() or "application/octet-stream"
    if len(media_type) > MAX_MEDIA_TYPE_CHARS or not _MEDIA_TYPE.fullmatch(media_type):
        raise RejectedError(
            "The media type cannot be used",
            "A media type looks like image/jpeg.",
            "Send it in the Content-Type header.",
            "mediaType",
        )
    return name, media_type


def _show(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "mediaType": row.media_type,
        "sizeBytes": row.size_bytes,
        "sha256": row.sha256,
        "createdAt": iso(row.created_at),
    }


def _file(shown: dict[str, Any]) -> File:
    return File(shown["id"], shown["name"], shown["mediaType"], shown["sizeBytes"])


def _no_such_file(error: NotFoundError) -> RejectedError:
    return RejectedError(
        "The file is not there", str(error), "Upload it first, then use the id it gets.", "fileId"
    )
