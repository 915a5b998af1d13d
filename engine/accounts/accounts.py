"""Connected accounts: each owner's, with what people see of them and what connectors get."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import sqlalchemy as sa

from ..contract import (
    ACCOUNT_LOST,
    Account,
    AccountProvider,
    Credentials,
    JsonObject,
    Log,
    RejectedError,
)
from ..errors import ConflictError, NotFoundError, not_here
from ..observe.faults import Describe
from ..observe.stream import Stream
from ..storage.notices import put_notice
from ..storage.tables import CONNECTED, accounts
from ..times import iso
from .keeping import (
    checked_name,
    keep_row,
    named_users_in,
    of_running_flows,
    running_flows,
    users_in,
)
from .proofs import Proofs, read_interval_s
from .renewal import Renewal
from .settings import available, checked_settings
from .stored import RECONNECT, StoredAccount, StoredAccounts, refusal, timestamp


@dataclass(frozen=True)
class HostedAccount:
    """The contract's Account; the token is read at each call."""

    id: str
    name: str
    owner_id: str
    profile: JsonObject
    settings: JsonObject
    accounts: Accounts = field(repr=False)

    async def access_token(self) -> str:
        return await self.accounts.access_token(self.id)

    async def refresh(self) -> str:
        return await self.accounts.renewal.refresh(self.id)


class Accounts:
    """All accounts of all owners."""

    on_connected: Callable[[str], Awaitable[None]] | None = None
    """Called with an account's id once it works (again)."""
    on_lost: Callable[[], None] | None = None
    """Called once an account has to be connected again."""

    def __init__(
        self,
        stored: StoredAccounts,
        providers: Mapping[str, AccountProvider],
        stream: Stream,
        environment: Mapping[str, str],
        log: Log,
        describe: Describe,
    ) -> None:
        self._stored, self._providers, self._stream, self._log = stored, providers, stream, log
        self._writer, self._clock = stored.storage.writer, stored.clock
        self.renewal = Renewal(self, stored, log)
        self.proofs = Proofs(self, stored, read_interval_s(environment), log, describe)

    def provider(self, service: str) -> AccountProvider:
        if service not in self._providers:
            known = ", ".join(sorted(self._providers)) or "none"
            raise NotFoundError(f"There is no service {service!r}; there is: {known}.")
        return self._providers[service]

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
        """Store credentials with what a person has set, and with what they or the manifest ask for.

        That may be known from the account in whose place they are stored; what is not is refused
        with a RejectedError that names the setting.
        """
        declared = self._stored.declared(service)
        given = checked_settings(declared, settings)
        known = await self._settings_of(owner_id, service, checked_name(name))
        asks = {each.name: each.description for each in declared if each.required}
        asks |= credentials.asks
        needed = {key: known[key] for key in asks if key in known} | given
        labels = {each.name: each.label for each in declared}
        for key, why in asks.items():
            if key not in needed:
                cure = f"Name it in the setting {key}."
                raise RejectedError(f"{labels.get(key, key)} is needed", why, cure, key)
        if needed:
            credentials = replace(credentials, owner_id=owner_id)
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
        now = self._clock.now
        sealed = self._stored.sealed(credentials, now)
        values = {
            "profile": dict(credentials.profile),
            "sealed": sealed,
            "expires_at": timestamp(credentials),
            "state": CONNECTED,
            "reason": "",
            "proof_due_at": now + self.proofs.interval_s,
        }
        account_id = await self._writer.commit(
            lambda connection: keep_row(
                connection, owner_id, service, credentials.name, name, values, settings or {}, now
            )
        )
        self._stored.forget(account_id)
        shown = await self.get(owner_id, account_id)
        self._stream.publish(owner_id, "account", shown)
        if self.on_connected is not None:
            await self.on_connected(account_id)
        return shown

    async def list(self, owner_id: str) -> list[dict[str, Any]]:
        stored = await self._stored.load(accounts.c.owner_id == owner_id)
        return [self._shown(each) for each in stored]

    async def get(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Return one of the owner's accounts; raise NotFoundError."""
        return self._shown(await self.owned(owner_id, account_id))

    async def change_settings(
        self, owner_id: str, account_id: str, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Set what is given and take back what is None; raise RejectedError that names the field.

        They stay when the account is renewed, proven or connected again.
        """
        account = await self.served(owner_id, account_id)
        given = checked_settings(self._stored.declared(account.service), changes)
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
            await self.change(account, {"profile": dict(profile)})
        shown = self._shown(await self._stored.fresh(account_id))
        self._stream.publish(owner_id, "account", shown)
        return shown

    async def named(self, owner_id: str, service: str, name: str) -> Account:
        """Return the owner's account with this name; raise RejectedError if there is none."""
        account_id = await self._stored.id_of(owner_id, service, name)
        return await self.hosted(account_id)

    async def delete(self, owner_id: str, account_id: str) -> None:
        """Forget an account; raise ConflictError while a running flow uses it."""
        account = await self.owned(owner_id, account_id)

        def remove(connection: sa.Connection) -> list[str]:
            users = running_flows(connection, account)
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
        self._stored.forget(account_id)
        self._stream.publish(owner_id, "account", {"id": account_id, "state": "deleted"})

    async def used_by(self, owner_id: str, account_id: str) -> Sequence[str]:
        """Return the names of the running flows that use an account of the owner's."""
        account = await self.owned(owner_id, account_id)
        rows = await self._stored.storage.rows(of_running_flows(account))
        return users_in(rows, account)

    async def flows_of(self, owner_id: str, account_id: str) -> Sequence[dict[str, str]]:
        """Return id and name of the running flows that use an account of the owner's."""
        account = await self.owned(owner_id, account_id)
        rows = await self._stored.storage.rows(of_running_flows(account))
        return [{"id": flow_id, "name": name} for name, flow_id in named_users_in(rows, account)]

    async def hosted(self, account_id: str) -> Account:
        """Return the account as connectors see it; raise NotFoundError."""
        account = await self._stored.current(account_id)
        return HostedAccount(
            account.id, account.name, account.owner_id, account.profile, account.settings, self
        )

    async def check(self, account_id: str) -> None:
        """Raise AuthorizationError when the account has to be connected again."""
        await self.access_token(account_id)

    async def access_token(self, account_id: str) -> str:
        """Return the token; raise AuthorizationError when the account has to be connected again."""
        account = await self._stored.current(account_id)
        if account.state == RECONNECT:
            raise refusal(account)
        return account.credentials.access_token

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
        account = await self._stored.fresh(account_id)
        if token is not None and account.credentials.access_token != token:
            return
        obtained_at = account.obtained_at
        if asked_at is not None and obtained_at is not None and obtained_at > asked_at:
            return
        now = self._clock.now
        is_same = (accounts.c.id == account_id) & (accounts.c.sealed == account.sealed)
        change = sa.update(accounts).where(is_same).values(state=RECONNECT, reason=reason)
        about = {"account": account.name, "connector": account.service, "cause": reason}

        def mark(connection: sa.Connection) -> bool:
            was = connection.scalar(sa.select(accounts.c.state).where(is_same).with_for_update())
            connection.execute(change)
            if was == CONNECTED:
                told = {**about, "title": "An account has to be connected again"}
                id = f"{account_id}|{now!r}"
                put_notice(connection, account.owner_id, ACCOUNT_LOST, id, told, now)
            return was is not None

        if not await self._writer.commit(mark):
            return
        account = await self._stored.fresh(account_id)
        self._log.warning("account_needs_reconnection", account=account_id)
        if self.on_lost is not None:
            self.on_lost()
        self._stream.publish(account.owner_id, "account", self._shown(account))

    async def change(self, account: StoredAccount, values: Mapping[str, Any]) -> None:
        """Store what was found out with the account's credentials, unless it got others since."""
        is_same = (accounts.c.id == account.id) & (accounts.c.sealed == account.sealed)
        change = sa.update(accounts).where(is_same).values(**values)
        if await self._writer.commit(lambda connection: connection.execute(change).rowcount):
            shown = self._shown(await self._stored.fresh(account.id))
            self._stream.publish(account.owner_id, "account", shown)

    async def owned(self, owner_id: str, account_id: str) -> StoredAccount:
        which = (accounts.c.id == account_id) & (accounts.c.owner_id == owner_id)
        stored = await self._stored.load(which)
        if not stored:
            raise NotFoundError(f"There is no account {account_id}.")
        return stored[0]

    async def served(self, owner_id: str, account_id: str) -> StoredAccount:
        """Return one of the owner's accounts; raise ConfigurationError if its connector is gone."""
        account = await self.owned(owner_id, account_id)
        if account.service not in self._providers:
            raise not_here(account.service)
        return account

    async def _settings_of(self, owner_id: str, service: str, name: str) -> JsonObject:
        query = sa.select(accounts.c.settings).where(
            accounts.c.owner_id == owner_id, accounts.c.service == service, accounts.c.name == name
        )
        for row in await self._stored.storage.rows(query):
            return cast("JsonObject", row.settings)
        return {}

    def _shown(self, account: StoredAccount) -> dict[str, Any]:
        """Return the account for people, without its secrets."""
        declared = self._stored.declared(account.service)
        return {
            "id": account.id,
            "service": account.service,
            "name": account.name,
            "profile": account.profile,
            "settings": account.settings,
            "availableSettings": [available(each, account.profile) for each in declared],
            "state": account.state,
            "reason": account.reason,
            "expiresAt": iso(timestamp(account.credentials)),
            "tokenSince": iso(account.obtained_at),
            "refreshAt": iso(account.refresh_at),
            "createdAt": iso(account.created_at),
        }
