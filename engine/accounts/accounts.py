"""Connected accounts: their credentials sealed, kept fresh, and marked when a person must act."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

import sqlalchemy as sa

from ..contract import (
    Account,
    AccountProvider,
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    Credentials,
    JsonObject,
    RejectedError,
)
from ..contract.manifest import AccountSetting
from ..errors import ConflictError, NotFoundError, not_here
from ..storage.database import CONNECTED, accounts, flow_versions, flows
from ..storage.patience import in_turn
from ..storage.seal import SealError
from ..times import iso
from .settings import available, checked_settings, with_choices

if TYPE_CHECKING:
    from ..host.engine import Engine

RECONNECT = "reconnect"
REFRESH_AHEAD_S = 7 * 86400.0
REFRESH_EVERY_S = 600.0
# Access can be withdrawn without a word; so often is every account's proven again.
INTERVAL_VARIABLE = "APPMIXER_PROOF_INTERVAL_S"
DEFAULT_PROOF_INTERVAL_S = 3600.0
MAX_PROOF_INTERVAL_S = 7 * 86400.0
# When a proof could not be had, because the service did not answer.
PROOF_AGAIN_S = 60.0
# Thousands of accounts may be due at once: a few at a time, with a breath after each.
PROVERS = 4
PROOF_PAUSE_S = 0.05
LOOK_EVERY_S = 10.0
# How old a token in memory may be that another process has renewed.
CACHE_S = 5.0
# So many accounts are kept in memory; those that were read last.
MAX_CACHED = 2_000
MAX_NAME_CHARS = 100
SEALED = {"accessToken", "secrets", "obtainedAt"}
UNREADABLE = (
    "Its stored token cannot be read: it was sealed with another key, or is damaged. "
    "Connect the account again."
)


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


@dataclass(frozen=True)
class HostedAccount:
    """The contract's Account; the token is read at each call."""

    id: str
    name: str
    profile: JsonObject
    settings: JsonObject
    accounts: Accounts = field(repr=False)

    async def access_token(self) -> str:
        return await self.accounts.access_token(self.id)

    async def refresh(self) -> str:
        return await self.accounts.refresh(self.id)


class Accounts:
    """All accounts of all owners."""

    on_connected: Callable[[str], Awaitable[None]] | None = None
    """Called with an account's id once it works (again)."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._writer, self._clock = engine, engine.writer, clock
        self._read_accounts: dict[str, StoredAccount] = {}
        self._ids: dict[tuple[str, str, str], str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.proof_interval_s = _proof_interval_s(engine.settings.environment)

    def provider(self, service: str) -> AccountProvider:
        if service not in self._engine.providers:
            known = ", ".join(sorted(self._engine.providers)) or "none"
            raise NotFoundError(f"There is no service {service!r}; there is: {known}.")
        return self._engine.providers[service]

    async def connect_token(
        self,
        owner_id: str,
        service: str,
        access_token: str,
        name: str = "",
        settings: JsonObject | None = None,
    ) -> dict[str, Any]:
        """Connect with a pasted token; raise what the provider says against it."""
        credentials = await self.provider(service).connect_token(access_token)
        return await self.complete(owner_id, service, credentials, name, settings or {})

    async def complete(
        self, owner_id: str, service: str, credentials: Credentials, name: str, settings: JsonObject
    ) -> dict[str, Any]:
        """Store credentials with what a person has set, and with what they ask for.

        That may be known from the account in whose place they are stored; what is not is refused
        with a RejectedError that names the setting.
        """
        declared = self._declared(service)
        given = checked_settings(declared, settings)
        known = await self._settings_of(owner_id, service, checked_name(name))
        needed = {key: known[key] for key in credentials.asks if key in known} | given
        labels = {each.name: each.label for each in declared}
        for key, why in credentials.asks.items():
            if key not in needed:
                cure = f"Name it in the setting {key}."
                raise RejectedError(f"{labels.get(key, key)} is needed", why, cure, key)
        if needed:
            profile = await self.provider(service).check_settings(credentials, needed)
            credentials = replace(credentials, profile=profile)
        return await self.keep(owner_id, service, credentials, name, needed)

    async def keep(
        self,
        owner_id: str,
        service: str,
        credentials: Credentials,
        name: str = "",
        settings: JsonObject | None = None,
    ) -> dict[str, Any]:
        """Store credentials: in place of the account with this name or, unnamed, this profile.

        Its settings stay, with the given ones over them.
        """
        name = checked_name(name)
        now = self._clock()
        sealed = self._sealed(credentials, now)
        values = {
            "profile": dict(credentials.profile),
            "sealed": sealed,
            "expires_at": _timestamp(credentials),
            "state": CONNECTED,
            "reason": "",
            "proof_due_at": now + self.proof_interval_s,
        }
        account_id = await self._writer.commit(
            lambda connection: _keep(
                connection, owner_id, service, credentials.name, name, values, settings or {}, now
            )
        )
        self._read_accounts.pop(account_id, None)
        shown = await self.get(owner_id, account_id)
        self._engine.stream.publish(owner_id, "account", shown)
        if self.on_connected is not None:
            await self.on_connected(account_id)
        return shown

    async def list(self, owner_id: str) -> list[dict[str, Any]]:
        stored = await self._load(accounts.c.owner_id == owner_id)
        return [self._shown(each) for each in stored]

    async def get(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Return one of the owner's accounts; raise NotFoundError."""
        return self._shown(await self._owned(owner_id, account_id))

    async def change_settings(
        self, owner_id: str, account_id: str, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Set what is given and take back what is None; raise RejectedError that names the field.

        They stay when the account is renewed, proven or connected again.
        """
        account = await self._served(owner_id, account_id)
        given = checked_settings(self._declared(account.service), changes)
        profile = account.credentials.profile
        if given:
            provider = self.provider(account.service)
            profile = await provider.check_settings(account.credentials, given)

        def change(connection: sa.Connection) -> None:
            mine = accounts.c.id == account_id
            query = sa.select(accounts.c.settings).where(mine).with_for_update()
            present: dict[str, Any] = connection.scalar(query) or {}
            changed = {**present, **changes}
            kept = {name: value for name, value in changed.items() if value is not None}
            connection.execute(sa.update(accounts).where(mine).values(settings=kept))

        await self._writer.commit(change)
        if profile != account.credentials.profile:
            await self._change(account, {"profile": dict(profile)})
        shown = self._shown(await self._fresh(account_id))
        self._engine.stream.publish(owner_id, "account", shown)
        return shown

    async def named(self, owner_id: str, service: str, name: str) -> Account:
        """Return the owner's account with this name; raise RejectedError if there is none."""
        key = (owner_id, service, name)
        account_id = self._ids.get(key)
        if account_id is None or account_id not in self._read_accounts:
            account_id = self._ids[key] = await self._id_of(owner_id, service, name)
        return await self.hosted(account_id)

    async def delete(self, owner_id: str, account_id: str) -> None:
        """Forget an account; raise ConflictError while a running flow uses it."""
        account = await self._owned(owner_id, account_id)

        def remove(connection: sa.Connection) -> list[str]:
            users = _running_flows(connection, account)
            if not users:
                connection.execute(sa.delete(accounts).where(accounts.c.id == account_id))
            return users

        users = await self._writer.commit(remove)
        if users:
            raise ConflictError(
                f"The account {account.name} is in use",
                f"These running flows use it: {', '.join(users)}.",
                "Stop them first, or give them another account.",
            )
        self._forget(account_id)
        self._engine.stream.publish(owner_id, "account", {"id": account_id, "state": "deleted"})

    async def used_by(self, owner_id: str, account_id: str) -> Sequence[str]:
        """Return the names of the running flows that use an account of the owner's."""
        account = await self._owned(owner_id, account_id)
        rows = await self._engine.rows(_of_running_flows(account))
        return _users(rows, account)

    async def hosted(self, account_id: str) -> Account:
        """Return the account as connectors see it; raise NotFoundError."""
        account = await self._current(account_id)
        return HostedAccount(account.id, account.name, account.profile, account.settings, self)

    async def check(self, account_id: str) -> None:
        """Raise AuthorizationError when the account has to be connected again."""
        await self.access_token(account_id)

    async def access_token(self, account_id: str) -> str:
        """Return the token; raise AuthorizationError when the account has to be connected again."""
        account = await self._current(account_id)
        if account.state == RECONNECT:
            raise refusal(account)
        return account.credentials.access_token

    async def refresh(self, account_id: str) -> str:
        """Renew a token that the service refused; many callers at once cause one renewal."""
        refused = (await self._current(account_id)).credentials.access_token
        async with self._turn(account_id):
            account = await self._fresh(account_id)
            if account.state == RECONNECT:
                raise refusal(account)
            if account.credentials.access_token != refused:
                return account.credentials.access_token
            renewed = await self._renew(account)
            if renewed.access_token == refused:
                reason = "The service no longer accepts the token, and it could not be renewed."
                await self.mark_reconnect(account_id, reason, token=refused)
                raise refusal(await self._fresh(account_id))
            return renewed.access_token

    async def refresh_now(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Renew an account's token before it has to be; raise what the service says against it."""
        account = await self._served(owner_id, account_id)
        if account.state == RECONNECT:
            raise refusal(account)
        async with self._turn(account_id):
            await self._renew(account)
        return await self.get(owner_id, account_id)

    async def mark_reconnect(
        self,
        account_id: str,
        reason: str,
        *,
        asked_at: float | None = None,
        token: str | None = None,
    ) -> None:
        """Note that a person has to connect the account again; its work is paused until then.

        A refusal of `token`, or of what was asked at `asked_at`, says nothing of the credentials
        that are there by now.
        """
        account = await self._fresh(account_id)
        if token is not None and account.credentials.access_token != token:
            return
        obtained_at = account.obtained_at
        if asked_at is not None and obtained_at is not None and obtained_at > asked_at:
            return
        change = (
            sa.update(accounts)
            .where(accounts.c.id == account_id)
            .values(state=RECONNECT, reason=reason)
        )
        await self._writer.commit(lambda connection: connection.execute(change))
        account = await self._fresh(account_id)
        self._engine.log.warning("account_needs_reconnection", account=account_id)
        self._engine.stream.publish(account.owner_id, "account", self._shown(account))

    async def keep_renewed(self) -> None:
        """Renew tokens ahead of their end, while the engine runs."""
        while True:
            await self.refresh_due()
            await asyncio.sleep(REFRESH_EVERY_S)

    async def keep_proven(self) -> None:
        """Prove access again, one account after the other, while the engine runs."""
        look_every_s = min(LOOK_EVERY_S, self.proof_interval_s / 4)
        while True:
            has_proven = await self.prove_next()
            await asyncio.sleep(PROOF_PAUSE_S if has_proven else look_every_s)

    async def prove_next(self) -> bool:
        """Prove the account that is due first; return whether one was due."""
        claimed = await self._claim()
        if claimed is None:
            return False
        for account in await self._load(accounts.c.id == claimed):
            try:
                await self._prove_one(account)
            except Exception as error:  # one account's fault must not keep others from their proof
                given = [account.credentials.access_token]
                self._engine.describe(error, given=given, account=account.id)
        return True

    async def prove_now(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Prove what one of the owner's accounts reaches, and return it as it is then."""
        account = await self._owned(owner_id, account_id)
        if account.state == CONNECTED:
            await self._prove_one(account)
        return await self.get(owner_id, account_id)

    async def _claim(self) -> str | None:
        """Return the id of the account that is due first, and put its next proof off."""
        now = self._clock()
        query = (
            sa.select(accounts.c.id, accounts.c.proof_due_at)
            .where(accounts.c.state == CONNECTED, accounts.c.proof_due_at <= now)
            .order_by(accounts.c.proof_due_at)
            .limit(PROVERS)
        )
        for row in await self._engine.rows(query):
            # Another prover, perhaps of another process, may have been quicker.
            is_mine = (accounts.c.id == row.id) & (accounts.c.proof_due_at == row.proof_due_at)
            if await self._put_off(is_mine, now + self.proof_interval_s):
                return str(row.id)
        return None

    async def _put_off(self, which: sa.ColumnElement[bool], proof_due_at: float) -> int:
        change = sa.update(accounts).where(which).values(proof_due_at=proof_due_at)
        return await self._writer.commit(lambda connection: connection.execute(change).rowcount)

    async def _prove_one(self, account: StoredAccount) -> None:
        asked_at, token = self._clock(), account.credentials.access_token
        if account.state == RECONNECT:
            await self.mark_reconnect(account.id, account.reason, asked_at=asked_at, token=token)
            return
        try:
            profile = await self.provider(account.service).validate(account.credentials)
        except AuthorizationError as error:
            await self.mark_reconnect(account.id, str(error), asked_at=asked_at, token=token)
        except (ConnectorError, NotFoundError) as error:
            self._engine.log.warning("account_not_proven", account=account.id, reason=str(error))
            again_s = min(PROOF_AGAIN_S, self.proof_interval_s)
            await self._put_off(accounts.c.id == account.id, asked_at + again_s)
        else:
            if profile != account.credentials.profile:
                await self._change(account, {"profile": dict(profile)})

    async def _change(self, account: StoredAccount, values: Mapping[str, Any]) -> None:
        """Store what was found out with the account's credentials, unless it got others since."""
        is_same = (accounts.c.id == account.id) & (accounts.c.sealed == account.sealed)
        change = sa.update(accounts).where(is_same).values(**values)
        if await self._writer.commit(lambda connection: connection.execute(change).rowcount):
            shown = self._shown(await self._fresh(account.id))
            self._engine.stream.publish(account.owner_id, "account", shown)

    async def refresh_due(self) -> int:
        """Renew every token that is near its end; return how many were due."""
        now = self._clock()
        # Nothing is renewed earlier than this, so thousands of others need not be opened.
        ends_soon = accounts.c.expires_at <= now + REFRESH_AHEAD_S
        stored = await self._load(ends_soon & (accounts.c.state == CONNECTED))
        due = [each for each in stored if each.refresh_at is not None and each.refresh_at <= now]
        for account in due:
            try:
                await self._refresh_one(account)
            except Exception as error:  # one account's fault must not keep others from renewal
                self._engine.log.error(
                    "account_not_refreshed", account=account.id, error=type(error).__name__
                )
        return len(due)

    async def _refresh_one(self, account: StoredAccount) -> None:
        expires_at = account.credentials.expires_at
        async with self._turn(account.id):
            try:
                await self._renew(account)
            except ConnectorError as error:
                self._engine.log.warning(
                    "account_not_refreshed", account=account.id, reason=error.title
                )
                has_ended = expires_at is not None and expires_at.timestamp() <= self._clock()
                if has_ended and not isinstance(error, AuthorizationError):
                    reason = f"The token has expired. {error}"
                    token = account.credentials.access_token
                    await self.mark_reconnect(account.id, reason, token=token)

    async def _renew(self, account: StoredAccount) -> Credentials:
        """Ask the provider; store what is new. The account is marked when it is refused."""
        try:
            renewed = await self.provider(account.service).refresh(account.credentials)
        except AuthorizationError as error:
            token = account.credentials.access_token
            await self.mark_reconnect(account.id, str(error), token=token)
            raise
        if renewed != account.credentials:
            values = {
                "sealed": self._sealed(renewed, self._clock()),
                "expires_at": _timestamp(renewed),
                "profile": dict(renewed.profile),
            }
            await self._change(account, values)
        return renewed

    def _turn(self, account_id: str) -> AbstractAsyncContextManager[None]:
        lock = self._locks.get(account_id)
        if lock is None:
            lock = self._locks[account_id] = asyncio.Lock()
        return in_turn(lock, lambda: self._writer.is_hanging)

    async def _owned(self, owner_id: str, account_id: str) -> StoredAccount:
        which = (accounts.c.id == account_id) & (accounts.c.owner_id == owner_id)
        stored = await self._load(which)
        if not stored:
            raise NotFoundError(f"There is no account {account_id}.")
        return stored[0]

    async def _served(self, owner_id: str, account_id: str) -> StoredAccount:
        """Return one of the owner's accounts; raise ConfigurationError if its connector is gone."""
        account = await self._owned(owner_id, account_id)
        if account.service not in self._engine.providers:
            raise not_here(account.service)
        return account

    async def _current(self, account_id: str) -> StoredAccount:
        known = self._read_accounts.get(account_id)
        if known is not None and self._clock() - known.read_at < CACHE_S:
            return known
        return await self._fresh(account_id)

    async def _fresh(self, account_id: str) -> StoredAccount:
        stored = await self._load(accounts.c.id == account_id)
        if not stored:
            self._forget(account_id)
            raise AuthorizationError(
                "The account is gone",
                "It was deleted from this engine.",
                "Connect it again, or choose another account in the flow.",
            )
        self._read_accounts.pop(account_id, None)
        self._read_accounts[account_id] = stored[0]
        while len(self._read_accounts) > MAX_CACHED:
            self._forget(next(iter(self._read_accounts)))
        return stored[0]

    def _forget(self, account_id: str) -> None:
        self._read_accounts.pop(account_id, None)
        self._ids = {key: each for key, each in self._ids.items() if each != account_id}

    async def _settings_of(self, owner_id: str, service: str, name: str) -> JsonObject:
        query = sa.select(accounts.c.settings).where(
            accounts.c.owner_id == owner_id, accounts.c.service == service, accounts.c.name == name
        )
        for row in await self._engine.rows(query):
            return cast("JsonObject", row.settings)
        return {}

    async def _id_of(self, owner_id: str, service: str, name: str) -> str:
        query = sa.select(accounts.c.id).where(
            accounts.c.owner_id == owner_id, accounts.c.service == service, accounts.c.name == name
        )
        rows = await self._engine.rows(query)
        if not rows:
            raise RejectedError(
                f"There is no account {name}",
                f"No account of {service} is connected under this name.",
                "Connect it first, or choose another account.",
                "account",
            )
        return str(rows[0].id)

    async def _load(self, which: sa.ColumnElement[bool]) -> Sequence[StoredAccount]:
        query = sa.select(accounts).where(which).order_by(accounts.c.created_at, accounts.c.name)
        rows = await self._engine.rows(query)
        return await asyncio.to_thread(lambda: [self._opened(row) for row in rows])

    def _opened(self, row: sa.Row[Any]) -> StoredAccount:
        secrets = self._secrets_in(row)
        credentials = Credentials(
            access_token=secrets["accessToken"] if secrets else "",
            profile=row.profile,
            name=row.name,
            expires_at=_moment(row.expires_at),
            secrets=secrets["secrets"] if secrets else {},
        )
        return StoredAccount(
            id=row.id,
            owner_id=row.owner_id,
            service=row.service,
            name=row.name,
            profile=with_choices(row.profile, row.settings, self._declared(row.service)),
            settings=row.settings,
            credentials=credentials,
            obtained_at=secrets["obtainedAt"] if secrets else None,
            state=row.state if secrets else RECONNECT,
            reason=row.reason if secrets else UNREADABLE,
            created_at=row.created_at,
            read_at=self._clock(),
            sealed=row.sealed,
        )

    def _secrets_in(self, row: sa.Row[Any]) -> Mapping[str, Any] | None:
        """Return what the row seals, or None: one bad row must not stop the other accounts."""
        try:
            secrets = self._engine.seal.open(row.sealed)
        except (SealError, ValueError):
            return None
        is_whole = isinstance(secrets, dict) and SEALED <= secrets.keys()
        return cast("Mapping[str, Any]", secrets) if is_whole else None

    def _sealed(self, credentials: Credentials, now: float) -> bytes:
        return self._engine.seal.close(
            {
                "accessToken": credentials.access_token,
                "secrets": dict(credentials.secrets),
                "obtainedAt": now,
            }
        )

    def _declared(self, service: str) -> Sequence[AccountSetting]:
        """Return the settings that accounts of a service have."""
        connector = self._engine.connectors.get(service)
        return connector.manifest.auth.settings if connector is not None else ()

    def _shown(self, account: StoredAccount) -> dict[str, Any]:
        """Return the account for people, without its secrets."""
        declared = self._declared(account.service)
        return {
            "id": account.id,
            "service": account.service,
            "name": account.name,
            "profile": account.profile,
            "settings": account.settings,
            "availableSettings": [available(each, account.profile) for each in declared],
            "state": account.state,
            "reason": account.reason,
            "expiresAt": iso(_timestamp(account.credentials)),
            "tokenSince": iso(account.obtained_at),
            "refreshAt": iso(account.refresh_at),
            "createdAt": iso(account.created_at),
        }


def packed(credentials: Credentials) -> dict[str, Any]:
    """Return the credentials as JSON; unpacked makes them again."""
    return {**asdict(credentials), "expires_at": _timestamp(credentials)}


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


def checked_name(name: str) -> str:
    """Return the account's name without outer spaces; raise RejectedError when it is too long."""
    name = name.strip()
    if len(name) > MAX_NAME_CHARS or not (name == "" or name.isprintable()):
        raise RejectedError(
            "The account's name cannot be used",
            f"Names have up to {MAX_NAME_CHARS} printable characters.",
            "Choose a shorter, plain name.",
            "name",
        )
    return name


def _timestamp(credentials: Credentials) -> float | None:
    return None if credentials.expires_at is None else credentials.expires_at.timestamp()


def _keep(
    connection: sa.Connection,
    owner_id: str,
    service: str,
    suggestion: str,
    name: str,
    values: dict[str, Any],
    settings: JsonObject,
    now: float,
) -> str:
    mine = (accounts.c.owner_id == owner_id) & (accounts.c.service == service)
    rows = connection.execute(
        sa.select(accounts.c.id, accounts.c.name, accounts.c.profile, accounts.c.settings).where(
            mine
        )
    ).all()
    for row in rows:
        if row.name == name or (not name and row.profile == values["profile"]):
            present = {**values, "settings": {**row.settings, **settings}}
            connection.execute(sa.update(accounts).where(accounts.c.id == row.id).values(present))
            return str(row.id)
    account_id = uuid.uuid4().hex
    taken = {row.name for row in rows}
    made = {
        "id": account_id,
        "owner_id": owner_id,
        "service": service,
        "name": name or _free_name(suggestion[:MAX_NAME_CHARS], taken),
        "created_at": now,
        "settings": dict(settings),
    }
    connection.execute(sa.insert(accounts).values({**values, **made}))
    return account_id


def _proof_interval_s(environment: Mapping[str, str]) -> float:
    given = environment.get(INTERVAL_VARIABLE) or str(DEFAULT_PROOF_INTERVAL_S)
    try:
        interval_s = float(given)
    except ValueError:
        interval_s = 0.0
    if not 1 <= interval_s <= MAX_PROOF_INTERVAL_S:
        raise ConfigurationError(
            f"{INTERVAL_VARIABLE} cannot be {given}",
            "It is the time in seconds after which each account's access is proven again.",
            f"Give a number from 1 to {MAX_PROOF_INTERVAL_S:.0f}, or none for an hour.",
        )
    return interval_s


def _free_name(wanted: str, taken: set[str]) -> str:
    wanted = wanted.strip() or "account"
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


def _running_flows(connection: sa.Connection, account: StoredAccount) -> list[str]:
    return _users(connection.execute(_of_running_flows(account)).all(), account)


def _of_running_flows(account: StoredAccount) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(flows.c.name, flow_versions.c.document)
        .join(
            flow_versions,
            (flow_versions.c.flow_key == flows.c.key)
            & (flow_versions.c.version == flows.c.running_version),
        )
        .where(flows.c.owner_id == account.owner_id)
    )


def _users(rows: Sequence[sa.Row[Any]], account: StoredAccount) -> list[str]:
    return sorted(row.name for row in rows if _uses(row.document, account))


def _uses(document: Mapping[str, Any], account: StoredAccount) -> bool:
    prefix = account.service.replace(":", ".") + "."
    components = cast("Mapping[str, Mapping[str, Any]]", document["components"])
    return any(
        each.get("account") == account.name and str(each["type"]).startswith(prefix)
        for each in components.values()
    )
