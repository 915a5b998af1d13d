"""Tokens are renewed ahead of their end, and when a service has refused one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ..contract import AuthorizationError, ConnectorError, Credentials, Log
from ..storage.alone import alone
from ..storage.database import DATABASE_AWAY
from ..storage.fence import outside_fence
from ..storage.patience import in_turn
from ..storage.tables import CONNECTED, accounts
from .stored import (
    RECONNECT,
    REFRESH_AHEAD_S,
    StoredAccount,
    StoredAccounts,
    refusal,
    timestamp,
)

if TYPE_CHECKING:
    from .accounts import Accounts

REFRESH_EVERY_S = 600.0
# When the database is away.
REFRESH_AGAIN_S = 10.0


class Renewal:
    """Renews the tokens of accounts, one renewal at a time for each, of all processes."""

    def __init__(self, accounts: Accounts, stored: StoredAccounts, log: Log) -> None:
        self._accounts, self._stored, self._log = accounts, stored, log
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def keep_renewed(self) -> None:
        """Renew tokens ahead of their end, while the engine runs."""
        while True:
            rest_s = REFRESH_EVERY_S
            try:
                await self.refresh_due()
            except DATABASE_AWAY as error:
                self._log.warning("accounts_not_refreshed", error=type(error).__name__)
                rest_s = REFRESH_AGAIN_S
            await self._stored.clock.sleep(rest_s)

    async def refresh(self, account_id: str) -> str:
        """Renew a token that the service refused; many callers at once cause one renewal."""
        refused = (await self._stored.current(account_id)).credentials.access_token
        async with self._turn(account_id):
            account = await self._stored.fresh(account_id)
            if account.state == RECONNECT:
                raise refusal(account)
            if account.credentials.access_token != refused:
                return account.credentials.access_token
            renewed = await self._renew(account)
            if renewed.access_token == refused:
                reason = "The service no longer accepts the token, and it could not be renewed."
                await self._accounts.mark_reconnect(account_id, reason, token=refused)
                raise refusal(await self._stored.fresh(account_id))
            return renewed.access_token

    async def refresh_now(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Renew an account's token before it has to be; raise what the service says against it."""
        account = await self._accounts.served(owner_id, account_id)
        if account.state == RECONNECT:
            raise refusal(account)
        async with self._turn(account_id):
            present = await self._stored.fresh(account_id)
            if present.sealed == account.sealed:
                await self._renew(present)
        return await self._accounts.get(owner_id, account_id)

    async def refresh_due(self) -> int:
        """Renew every token that is near its end; return how many were due."""
        now = self._stored.clock.now
        # Nothing is renewed earlier than this, so thousands of others need not be opened.
        ends_soon = accounts.c.expires_at <= now + REFRESH_AHEAD_S
        stored = await self._stored.load(ends_soon & (accounts.c.state == CONNECTED))
        due = [each for each in stored if each.refresh_at is not None and each.refresh_at <= now]
        for account in due:
            try:
                await self._refresh_one(account)
            except Exception as error:  # one account's fault must not keep others from renewal
                self._log.error(
                    "account_not_refreshed", account=account.id, error=type(error).__name__
                )
        return len(due)

    async def _refresh_one(self, due: StoredAccount) -> None:
        expires_at = due.credentials.expires_at
        async with self._turn(due.id):
            account = await self._stored.fresh(due.id)
            if account.sealed != due.sealed or account.state == RECONNECT:
                return  # another process was quicker
            try:
                await self._renew(account)
            except ConnectorError as error:
                self._log.warning("account_not_refreshed", account=account.id, reason=error.title)
                has_ended = (
                    expires_at is not None and expires_at.timestamp() <= self._stored.clock.now
                )
                if has_ended and not isinstance(error, AuthorizationError):
                    reason = f"The token has expired. {error}"
                    token = account.credentials.access_token
                    await self._accounts.mark_reconnect(account.id, reason, token=token)

    async def _renew(self, account: StoredAccount) -> Credentials:
        """Ask the provider; store what is new. The account is marked when it is refused."""
        try:
            renewed = await self._accounts.provider(account.service).refresh(account.credentials)
        except AuthorizationError as error:
            token = account.credentials.access_token
            await self._accounts.mark_reconnect(account.id, str(error), token=token)
            raise
        if renewed != account.credentials:
            values = {
                "sealed": self._stored.sealed(renewed, self._stored.clock.now),
                "expires_at": timestamp(renewed),
                "profile": dict(renewed.profile),
            }
            # The former ones may work no more, so these are kept though a step asked for them.
            with outside_fence():
                await self._accounts.change(account, values)
        return renewed

    @asynccontextmanager
    async def _turn(self, account_id: str) -> AsyncGenerator[None]:
        """Wait until nobody renews the account, who may have stored others by now.

        Some services take what a token is renewed with only once.
        """
        lock = self._locks.get(account_id)
        if lock is None:
            lock = self._locks[account_id] = asyncio.Lock()
        writer = self._stored.storage.writer
        async with in_turn(lock, lambda: writer.is_hanging), alone(writer, f"renew:{account_id}"):
            yield
