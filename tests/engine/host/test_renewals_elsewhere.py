"""Two processes renew an account: a service may take what it is renewed with only once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy import event

from appmixer.engine.accounts.accounts import Accounts
from appmixer.engine.accounts.stored import StoredAccounts
from appmixer.engine.contract import AuthorizationError, Connector, Credentials
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage import alone
from appmixer.engine.storage.tables import accounts, leases

from ..api.test_accounts import PROFILE, SERVICE, Renewing, accounts_of

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]


@pytest.fixture
async def engines(
    tmp_path: Path, postgres: str, connectors: dict[str, Connector]
) -> AsyncIterator[tuple[Engine, Engine]]:
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    one = Settings(data=tmp_path / "one", environment=key, database_url=postgres)
    async with (
        open_engine(one, connectors) as first,
        open_engine(replace(one, data=tmp_path / "other"), connectors) as second,
    ):
        yield first, second


def numbered(number: int, clock: Clock) -> Credentials:
    ends = datetime.fromtimestamp(clock.now + 3600.0, UTC)
    return Credentials(f"token {number}", PROFILE, "keys", ends, {"refresh": f"{number}"})


@dataclass(kw_only=True)
class Once(Renewing):
    """Takes each refresh token once, and answers when it is told to."""

    clock: Clock
    may_answer: asyncio.Event

    async def refresh(self, credentials: Credentials) -> Credentials:
        self.asked.append(credentials)
        if credentials.secrets["refresh"] != f"{len(self.asked)}":
            raise AuthorizationError("The refresh token was refused", "It has been used.")
        renewed = numbered(len(self.asked) + 1, self.clock)
        await self.may_answer.wait()
        return renewed


async def when_due(accounts: Accounts, owner_id: str, account_id: str) -> Any:
    return await accounts.renewal.refresh_due()


async def when_refused(accounts: Accounts, owner_id: str, account_id: str) -> Any:
    return await (await accounts.hosted(account_id)).refresh()


async def when_asked_for(accounts: Accounts, owner_id: str, account_id: str) -> Any:
    return (await accounts.renewal.refresh_now(owner_id, account_id))["state"]


@pytest.mark.parametrize(
    ("renew", "ends"),
    [(when_due, 1), (when_refused, "token 2"), (when_asked_for, "connected")],
)
async def test_two_processes_renew_an_account_once(
    engines: tuple[Engine, Engine],
    until: Until,
    renew: Callable[[Accounts, str, str], Coroutine[Any, Any, Any]],
    ends: Any,
) -> None:
    clock = Clock(time.time())
    provider = Once(renewed=Exception(), clock=clock, may_answer=asyncio.Event())
    for engine in engines:
        engine.providers[SERVICE] = provider
    one, other = (accounts_of(engine, clock) for engine in engines)
    owner_id = engines[0].owners.first_owner_id
    account = await one.keep(owner_id, SERVICE, numbered(1, clock))
    clock.advance(2000.0)
    looks: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("INSERT INTO leases"):
            looks.append(statement)

    async def both_have_begun() -> bool:
        return len(provider.asked) == 2 or len(looks) > 2

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        renewing = [
            asyncio.create_task(renew(each, owner_id, account["id"])) for each in (one, other)
        ]
        await until(both_have_begun)
        provider.may_answer.set()
        ended = await asyncio.gather(*renewing, return_exceptions=True)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    shown = await one.get(owner_id, account["id"])

    assert ended == [ends, ends]
    assert (shown["state"], shown["reason"]) == ("connected", "")
    assert [each.access_token for each in provider.asked] == ["token 1"]
    assert await other.access_token(account["id"]) == "token 2"
    assert not await engines[0].rows(sa.select(leases).where(leases.c.name.startswith("renew:")))


async def test_a_process_that_has_died_while_it_renewed_is_waited_for_only_so_long(
    engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "LEASE_S", 0.0)
    one, other = engines
    ahead = alone.alone(one.writer, "renew:one")

    async with ahead, asyncio.timeout(60), alone.alone(other.writer, "renew:one"):
        found = await one.rows(sa.select(leases.c.name).where(leases.c.name == "renew:one"))

    assert len(found) == 1


async def test_a_refusal_of_a_token_says_nothing_of_one_that_another_process_stores_just_then(
    engines: tuple[Engine, Engine], until: Until
) -> None:
    one, other = engines
    clock, owner_id = Clock(time.time()), one.owners.first_owner_id
    account = await one.accounts.keep(owner_id, SERVICE, numbered(1, clock))
    newer = StoredAccounts(other.storage, other.account_settings).sealed(
        numbered(2, clock), clock.now
    )
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def waits() -> bool:
        with other.database.connect() as connection:
            return bool(connection.scalar(waiting))

    with other.database.begin() as storing:
        storing.execute(sa.update(accounts).values(sealed=newer))
        marking = asyncio.create_task(
            one.accounts.mark_reconnect(account["id"], "It was revoked.", token="token 1")
        )
        await until(waits)
    await marking
    shown = await one.accounts.get(owner_id, account["id"])

    assert (shown["state"], shown["reason"]) == ("connected", "")
