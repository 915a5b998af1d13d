"""Each account's access is proven again and again, because it can be withdrawn without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..contract import AuthorizationError, ConfigurationError, ConnectorError, Log
from ..errors import NotFoundError
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.tables import CONNECTED, accounts
from .stored import RECONNECT, StoredAccount, StoredAccounts

if TYPE_CHECKING:
    from .accounts import Accounts

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


class Proofs:
    """Asks the services what accounts reach."""

    def __init__(
        self,
        accounts: Accounts,
        stored: StoredAccounts,
        interval_s: float,
        log: Log,
        describe: Describe,
    ) -> None:
        self._accounts, self._stored = accounts, stored
        self._log, self._describe = log, describe
        self.interval_s = interval_s

    async def keep_proven(self) -> None:
        """Prove access again, one account after the other, while the engine runs."""
        look_every_s = min(LOOK_EVERY_S, self.interval_s / 4)
        while True:
            try:
                has_proven = await self.prove_next()
            except DATABASE_AWAY as error:
                self._log.warning("accounts_not_proven", error=type(error).__name__)
                has_proven = False
            rest_s = PROOF_PAUSE_S if has_proven else look_every_s
            await self._stored.clock.sleep(rest_s)

    async def prove_next(self) -> bool:
        """Prove the account that is due first; return whether one was due."""
        claimed = await self._claim()
        if claimed is None:
            return False
        for account in await self._stored.load(accounts.c.id == claimed):
            try:
                await self._prove_one(account)
            except Exception as error:  # one account's fault must not keep others from their proof
                given = [account.credentials.access_token]
                self._describe(error, given=given, account=account.id)
        return True

    async def prove_now(self, owner_id: str, account_id: str) -> dict[str, Any]:
        """Prove what one of the owner's accounts reaches, and return it as it is then."""
        account = await self._accounts.owned(owner_id, account_id)
        if account.state == CONNECTED:
            await self._prove_one(account)
        return await self._accounts.get(owner_id, account_id)

    async def _claim(self) -> str | None:
        """Return the id of the account that is due first, and put its next proof off."""
        now = self._stored.clock.now
        query = (
            sa.select(accounts.c.id, accounts.c.proof_due_at)
            .where(accounts.c.state == CONNECTED, accounts.c.proof_due_at <= now)
            .order_by(accounts.c.proof_due_at)
            .limit(PROVERS)
        )
        for row in await self._stored.storage.rows(query):
            # Another prover, perhaps of another process, may have been quicker.
            is_mine = (accounts.c.id == row.id) & (accounts.c.proof_due_at == row.proof_due_at)
            if await self._put_off(is_mine, now + self.interval_s):
                return str(row.id)
        return None

    async def _put_off(self, which: sa.ColumnElement[bool], proof_due_at: float) -> int:
        change = sa.update(accounts).where(which).values(proof_due_at=proof_due_at)
        return await self._stored.storage.writer.commit(
            lambda connection: connection.execute(change).rowcount
        )

    async def _prove_one(self, account: StoredAccount) -> None:
        asked_at, token = self._stored.clock.now, account.credentials.access_token
        if account.state == RECONNECT:
            await self._accounts.mark_reconnect(
                account.id, account.reason, asked_at=asked_at, token=token
            )
            return
        try:
            profile = await self._accounts.provider(account.service).validate(account.credentials)
        except AuthorizationError as error:
            await self._accounts.mark_reconnect(
                account.id, str(error), asked_at=asked_at, token=token
            )
        except (ConnectorError, NotFoundError) as error:
            self._log.warning("account_not_proven", account=account.id, reason=str(error))
            again_s = min(PROOF_AGAIN_S, self.interval_s)
            await self._put_off(accounts.c.id == account.id, asked_at + again_s)
        else:
            if profile != account.credentials.profile:
                await self._accounts.change(account, {"profile": dict(profile)})


def read_interval_s(environment: Mapping[str, str]) -> float:
    """Return the interval that is set; raise ConfigurationError for one that cannot be."""
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
