"""Accounts as they are in the database: their credentials sealed, read and kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import sqlalchemy as sa

from ..contract import AuthorizationError, Credentials, JsonObject, RejectedError
from ..contract.manifest import AccountSetting
from ..storage.seal import SealError
from ..storage.storage import Storage
from ..storage.tables import accounts
from .settings import with_choices

RECONNECT = "reconnect"
REFRESH_AHEAD_S = 7 * 86400.0
# How old a token in memory may be that another process has renewed.
CACHE_S = 5.0
# So many accounts are kept in memory; those that were read last.
MAX_CACHED = 2_000
SEALED = {"accessToken", "secrets", "obtainedAt"}
UNREADABLE = (
    "Its stored token cannot be read: it was sealed with another key, or is damaged. "
    "Connect the account again."
)
# The settings that accounts of a service have.
DeclaredSettings = Callable[[str], Sequence[AccountSetting]]


@dataclass(frozen=True)
class StoredAccount:
    """An account as it was in the database at `read_at`.

    One whose token cannot be read has to be connected again, whatever the database says.
    """

    id: str
    owner_id: str
    service: str
    name: str
    profile: JsonObject
    settings: JsonObject
    credentials: Credentials
    obtained_at: float | None
    state: str
    reason: str
    created_at: float
    read_at: float
    sealed: bytes = field(repr=False)

    @property
    def refresh_at(self) -> float | None:
        """When to renew: a week before the end, or at half of a shorter life."""
        if self.credentials.expires_at is None or self.obtained_at is None:
            return None
        expires_at = self.credentials.expires_at.timestamp()
        life_s = max(expires_at - self.obtained_at, 0.0)
        return expires_at - min(REFRESH_AHEAD_S, life_s / 2)


class StoredAccounts:
    """Reads accounts, and remembers those that were read last."""

    def __init__(self, storage: Storage, declared: DeclaredSettings) -> None:
        self.storage, self.declared, self.clock = storage, declared, storage.clock
        self._read: dict[str, StoredAccount] = {}
        self._ids: dict[tuple[str, str, str], str] = {}
        # Many runs need the same account at once: one of them reads it.
        self._reading: dict[str, asyncio.Task[StoredAccount]] = {}

    async def id_of(self, owner_id: str, service: str, name: str) -> str:
        """Return the id of the owner's account with this name; raise RejectedError."""
        key = (owner_id, service, name)
        account_id = self._ids.get(key)
        if account_id is None or account_id not in self._read:
            account_id = self._ids[key] = await self._id_of(owner_id, service, name)
        return account_id

    async def current(self, account_id: str) -> StoredAccount:
        """Return the account, perhaps a few seconds old; raise AuthorizationError."""
        known = self._read.get(account_id)
        if known is not None and self.clock.now - known.read_at < CACHE_S:
            return known
        if account_id not in self._reading:
            reading = asyncio.create_task(self.fresh(account_id), name=f"read {account_id}")
            self._reading[account_id] = reading
            reading.add_done_callback(partial(self._is_read, account_id))
        return await asyncio.shield(self._reading[account_id])

    async def fresh(self, account_id: str) -> StoredAccount:
        """Return the account as it is; raise AuthorizationError when it is gone."""
        stored = await self.load(accounts.c.id == account_id)
        if not stored:
            self.forget(account_id)
            raise AuthorizationError(
                "The account is gone",
                "It was deleted from this engine.",
                "Connect it again, or choose another account in the flow.",
            )
        self._read.pop(account_id, None)
        self._read[account_id] = stored[0]
        while len(self._read) > MAX_CACHED:
            self.forget(next(iter(self._read)))
        return stored[0]

    def forget(self, account_id: str) -> None:
        """Read it anew the next time."""
        self._read.pop(account_id, None)
        self._reading.pop(account_id, None)
        self._ids = {key: each for key, each in self._ids.items() if each != account_id}

    def _is_read(self, account_id: str, reading: asyncio.Task[StoredAccount]) -> None:
        if self._reading.get(account_id) is reading:
            del self._reading[account_id]
        if not reading.cancelled():
            reading.exception()  # whoever waits is told; perhaps nobody does any more

    async def _id_of(self, owner_id: str, service: str, name: str) -> str:
        query = sa.select(accounts.c.id).where(
            accounts.c.owner_id == owner_id, accounts.c.service == service, accounts.c.name == name
        )
        rows = await self.storage.rows(query)
        if not rows:
            raise RejectedError(
                f"There is no account {name}",
                f"No account of {service} is connected under this name.",
                "Connect it first, or choose another account.",
                "account",
            )
        return str(rows[0].id)

    async def load(self, which: sa.ColumnElement[bool]) -> Sequence[StoredAccount]:
        query = sa.select(accounts).where(which).order_by(accounts.c.created_at, accounts.c.name)
        return await self.storage.readers.read(
            lambda connection: [self._opened(row) for row in connection.execute(query).all()]
        )

    def _opened(self, row: sa.Row[Any]) -> StoredAccount:
        secrets = self._secrets_in(row)
        credentials = Credentials(
            access_token=secrets["accessToken"] if secrets else "",
            profile=row.profile,
            name=row.name,
            expires_at=_moment(row.expires_at),
            secrets=secrets["secrets"] if secrets else {},
            owner_id=row.owner_id,
        )
        return StoredAccount(
            id=row.id,
            owner_id=row.owner_id,
            service=row.service,
            name=row.name,
            profile=with_choices(row.profile, row.settings, self.declared(row.service)),
            settings=row.settings,
            credentials=credentials,
            obtained_at=secrets["obtainedAt"] if secrets else None,
            state=row.state if secrets else RECONNECT,
            reason=row.reason if secrets else UNREADABLE,
            created_at=row.created_at,
            read_at=self.clock.now,
            sealed=row.sealed,
        )

    def _secrets_in(self, row: sa.Row[Any]) -> Mapping[str, Any] | None:
        """Return what the row seals, or None: one bad row must not stop the other accounts."""
        try:
            secrets = self.storage.seal.open(row.sealed)
        except (SealError, ValueError):
            return None
        is_whole = isinstance(secrets, dict) and SEALED <= secrets.keys()
        return cast("Mapping[str, Any]", secrets) if is_whole else None

    def sealed(self, credentials: Credentials, now: float) -> bytes:
        return self.storage.seal.close(
            {
                "accessToken": credentials.access_token,
                "secrets": dict(credentials.secrets),
                "obtainedAt": now,
            }
        )


def packed(credentials: Credentials) -> dict[str, Any]:
    """Return the credentials as JSON; unpacked makes them again."""
    return {**asdict(credentials), "expires_at": timestamp(credentials)}


def unpacked(packed: Mapping[str, Any]) -> Credentials:
    fields: dict[str, Any] = {**packed, "expires_at": _moment(packed["expires_at"])}
    return Credentials(**fields)


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)


def refusal(account: StoredAccount) -> AuthorizationError:
    return AuthorizationError(
        f"The account {account.name} has to be connected again",
        account.reason,
        "Open Accounts and choose Connect again; paused runs go on afterwards.",
    )


def timestamp(credentials: Credentials) -> float | None:
    return None if credentials.expires_at is None else credentials.expires_at.timestamp()
