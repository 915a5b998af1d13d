"""Owners and how they are recognised: API tokens, one-time invitations and browser sessions."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import RejectedError
from ..errors import ConflictError, NotFoundError
from ..settings import Settings
from ..storage.patience import in_time
from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import owners, tokens
from ..times import iso
from .api_token import TOKEN_VARIABLE, given_or_made_token, is_secret, new_secret

FIRST_OWNER = "main"
INVITATION_LIFE_S = 600.0
SESSION_LIFE_S = 7 * 86400.0
MAX_NAME_CHARS = 100
# A start that cannot store anything ends after this.
FIRST_COMMIT_S = 6.0

# The kinds of rows in the tokens table.
API, FIRST, ENVIRONMENT, SESSION, INVITATION = "api", "first", "environment", "session", "invite"
BEARERS = (API, FIRST, ENVIRONMENT)
# By so much of its hash a token is named, and so many are shown.
ID_CHARS, MAX_SHOWN = 16, 200


@dataclass(frozen=True)
class Identity:
    """Who asks."""

    owner_id: str
    owner_name: str
    is_administrator: bool


class Owners:
    """The owners of this engine; of their secrets only hashes are stored."""

    def __init__(self, storage: Storage, settings: Settings) -> None:
        self._storage, self._settings, self._clock = storage, settings, storage.clock
        self.first_owner_id = ""

    async def start(self) -> None:
        """Make the first owner and a token of theirs, unless they are there; raise StartError."""
        settings = self._settings
        given = settings.environment.get(TOKEN_VARIABLE, "").strip()
        token = await asyncio.to_thread(given_or_made_token, settings.data, given)
        kind = ENVIRONMENT if given else FIRST
        now = self._clock.now
        self.first_owner_id = await in_time(
            self._storage.writer.commit(
                lambda connection: _first_owner(connection, token, kind, now)
            ),
            FIRST_COMMIT_S,
        )

    async def identify(self, secret: str, *kinds: str) -> Identity | None:
        """Return whose secret it is, if it is one of these kinds and has not expired."""
        return await self._identify(hash_of(secret), kinds) if is_secret(secret) else None

    async def behind(self, mark: str) -> Identity | None:
        """Return whose session it is of which this is the hash; knowing that opens nothing."""
        return await self._identify(mark, (SESSION,))

    async def _identify(self, hashed: str, kinds: Sequence[str]) -> Identity | None:
        query = (
            sa.select(tokens.c.owner_id, owners.c.name, tokens.c.is_administrator)
            .join(owners, owners.c.id == tokens.c.owner_id)
            .where(tokens.c.hash == hashed, tokens.c.kind.in_(kinds), self._is_alive())
        )
        rows = await self._storage.rows(query)
        return next((Identity(row.owner_id, row.name, row.is_administrator) for row in rows), None)

    async def invite(self, identity: Identity) -> str:
        """Return a one-time secret that opens a session for the same person."""
        secret, now = new_secret(), self._clock.now
        is_administrator = identity.is_administrator
        row = _token_row(
            secret, identity.owner_id, INVITATION, now, is_administrator=is_administrator
        )
        await self._storage.writer.commit(
            lambda connection: connection.execute(sa.insert(tokens).values(row))
        )
        return secret

    async def redeem(self, invitation: str) -> str | None:
        """Exchange an invitation for a session's secret, or None if it was used or is too old."""
        if not is_secret(invitation):
            return None
        session, now = new_secret(), self._clock.now
        taken = (tokens.c.hash == hash_of(invitation)) & (tokens.c.kind == INVITATION)

        def exchange(connection: sa.Connection) -> str | None:
            gone = connection.execute(
                sa.delete(tokens)
                .where(taken, self._is_alive())
                .returning(tokens.c.owner_id, tokens.c.is_administrator)
            ).first()
            connection.execute(sa.delete(tokens).where(tokens.c.expires_at <= now))
            if gone is None:
                return None
            row = _token_row(session, gone[0], SESSION, now, is_administrator=gone[1])
            connection.execute(sa.insert(tokens).values(row))
            return session

        return await self._storage.writer.commit(exchange)

    async def sign_out(self, session: str) -> None:
        gone = (tokens.c.hash == hash_of(session)) & (tokens.c.kind == SESSION)
        await self._storage.writer.commit(
            lambda connection: connection.execute(sa.delete(tokens).where(gone))
        )

    async def create(self, name: str) -> dict[str, Any]:
        """Add an owner; the returned token is not kept and cannot be shown again."""
        name = name.strip()
        if not 0 < len(name) <= MAX_NAME_CHARS:
            raise RejectedError(
                "An owner needs a name",
                f"It has to have 1 to {MAX_NAME_CHARS} characters.",
                "Give the owner's name in the field name.",
                "name",
            )
        token, now, owner_id = new_secret(), self._clock.now, uuid.uuid4().hex

        def add(connection: sa.Connection) -> bool:
            row = {"id": owner_id, "name": name, "created_at": now}
            statement = insert(owners, connection).values(row).on_conflict_do_nothing()
            if connection.execute(statement).rowcount == 0:
                return False
            row = _token_row(token, owner_id, API, now, is_administrator=False)
            connection.execute(sa.insert(tokens).values(row))
            return True

        if not await self._storage.writer.commit(add):
            raise ConflictError(
                "The owner exists already",
                f"There is an owner named {name!r}.",
                "Choose another name.",
                "name",
            )
        return {"id": owner_id, "name": name, "createdAt": iso(now), "token": token}

    async def issue_token(self, name: str, *, replace: bool) -> dict[str, Any]:
        """Make an API token for an owner, who gets no administrator's rights by it.

        With `replace` it is the only one: all others end, and what was opened with them.
        """
        owner_id = await self._id_of(name)
        token, now = new_secret(), self._clock.now
        old = (tokens.c.owner_id == owner_id) & tokens.c.is_administrator.is_(False)

        def add(connection: sa.Connection) -> None:
            if replace:
                connection.execute(sa.delete(tokens).where(old))
            made = _token_row(token, owner_id, API, now, is_administrator=False)
            connection.execute(sa.insert(tokens).values(made))

        await self._storage.writer.commit(add)
        return {"id": owner_id, "name": name, "createdAt": iso(now), "token": token}

    async def tokens(self, name: str) -> Sequence[dict[str, Any]]:
        """Return what opens an owner's things, the newest first; no secret is among it."""
        owner_id = await self._id_of(name)
        shown = tokens.c.kind.in_([*BEARERS, SESSION])
        query = sa.select(tokens).where(tokens.c.owner_id == owner_id, shown, self._is_alive())
        query = query.order_by(tokens.c.created_at.desc(), tokens.c.hash).limit(MAX_SHOWN)
        return [_shown(row) for row in await self._storage.rows(query)]

    async def end_token(self, name: str, token_id: str) -> None:
        """End a token or a session of an owner's; raise NotFoundError, or ConflictError."""
        owner_id = await self._id_of(name)
        mine = tokens.c.owner_id == owner_id
        query = sa.select(tokens.c.hash, tokens.c.kind).where(
            mine, tokens.c.kind.in_([*BEARERS, SESSION])
        )
        found = {row.hash[:ID_CHARS]: row for row in await self._storage.rows(query)}.get(token_id)
        if found is None:
            raise NotFoundError(f"{name} has no token {token_id!r}.")
        if found.kind in (FIRST, ENVIRONMENT):
            raise ConflictError(
                "This token comes from outside",
                f"It is in {TOKEN_VARIABLE}, or in the file api-token of the data folder.",
                "Change it there, and start the engine again.",
            )
        gone = sa.delete(tokens).where(mine, tokens.c.hash == found.hash)
        await self._storage.writer.commit(lambda connection: connection.execute(gone))

    async def _id_of(self, name: str) -> str:
        query = sa.select(owners.c.id).where(owners.c.name == name)
        row = next(iter(await self._storage.rows(query)), None)
        if row is None:
            raise NotFoundError(f"There is no owner {name!r}.")
        return str(row.id)

    async def list(self) -> list[dict[str, Any]]:
        query = sa.select(owners).order_by(owners.c.created_at, owners.c.name)
        rows = await self._storage.rows(query)
        return [{"id": row.id, "name": row.name, "createdAt": iso(row.created_at)} for row in rows]

    def _is_alive(self) -> sa.ColumnElement[bool]:
        return tokens.c.expires_at.is_(None) | (tokens.c.expires_at > self._clock.now)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.hash[:ID_CHARS],
        "kind": row.kind,
        "isAdministrator": row.is_administrator,
        "createdAt": iso(row.created_at),
        "expiresAt": iso(row.expires_at),
    }


def _token_row(
    secret: str, owner_id: str, kind: str, now: float, *, is_administrator: bool
) -> dict[str, Any]:
    life_s = {INVITATION: INVITATION_LIFE_S, SESSION: SESSION_LIFE_S}.get(kind)
    return {
        "hash": hash_of(secret),
        "owner_id": owner_id,
        "kind": kind,
        "is_administrator": is_administrator,
        "created_at": now,
        "expires_at": None if life_s is None else now + life_s,
    }


def _first_owner(connection: sa.Connection, token: str, kind: str, now: float) -> str:
    """Store the token for the first owner. A token from the environment ends with its variable."""
    row = {"id": uuid.uuid4().hex, "name": FIRST_OWNER, "created_at": now}
    connection.execute(insert(owners, connection).values(row).on_conflict_do_nothing())
    owner_id: str = connection.execute(
        sa.select(owners.c.id).order_by(owners.c.created_at).limit(1)
    ).scalar_one()
    ended = [ENVIRONMENT, FIRST] if kind == ENVIRONMENT else [ENVIRONMENT]
    connection.execute(
        sa.delete(tokens).where(tokens.c.kind.in_(ended), tokens.c.hash != hash_of(token))
    )
    values = _token_row(token, owner_id, kind, now, is_administrator=True)
    statement = insert(tokens, connection).values(values).on_conflict_do_nothing()
    connection.execute(statement)
    return owner_id
