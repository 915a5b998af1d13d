"""Requests that may come again and are to begin one run: their keys, for a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from ..contract import RejectedError
from ..errors import ConflictError
from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import repeatable

HEADER = "idempotency-key"
MAX_KEY_CHARS = 255
KEPT_S = 86_400.0


@dataclass(frozen=True)
class Repeat:
    """A key that a sender has given, what it was sent to, and the hash of what was sent."""

    scope: str
    key: str
    digest: str

    @property
    def hashed(self) -> str:
        return hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Repeats:
    """The keys of all owners; each scope is one owner's."""

    storage: Storage

    async def find(self, repeat: Repeat) -> str | None:
        """Return the run that was begun; raise ConflictError if something else was sent then."""
        mine = (repeatable.c.scope == repeat.scope) & (repeatable.c.key == repeat.hashed)
        fresh = repeatable.c.created_at > self.storage.clock.now - KEPT_S
        for row in await self.storage.rows(sa.select(repeatable).where(mine, fresh)):
            if row.digest != repeat.digest:
                raise ConflictError(
                    "The key was used for another request",
                    "A run was begun with the same Idempotency-Key and something else in it.",
                    "Give each request a key of its own, and the same only when it is sent again.",
                    HEADER,
                )
            return str(row.run_id)
        return None

    def add(self, connection: sa.Connection, repeat: Repeat, run_id: str) -> bool:
        """Remember the run in its commit; say whether it is the first one with this key."""
        now = self.storage.clock.now
        mine = (repeatable.c.scope == repeat.scope) & (repeatable.c.key == repeat.hashed)
        old = sa.delete(repeatable).where(mine, repeatable.c.created_at <= now - KEPT_S)
        connection.execute(old)
        row = {"scope": repeat.scope, "key": repeat.hashed, "digest": repeat.digest}
        statement = insert(repeatable, connection).values(**row, run_id=run_id, created_at=now)
        added = statement.on_conflict_do_nothing().returning(repeatable.c.key)
        return connection.execute(added).first() is not None


def check_key(key: str) -> None:
    """Raise RejectedError for a key that cannot be one."""
    if not 0 < len(key) <= MAX_KEY_CHARS or not key.isprintable():
        raise RejectedError(
            "The key cannot be used",
            f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable characters.",
            "Use a UUID, for example.",
            HEADER,
        )
