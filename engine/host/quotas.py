"""The contract's Quota: a bucket of tokens for each quota of a manifest and each key.

It is in memory, or, where several processes execute, in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ..contract import Clock, ThrottledError
from ..contract.manifest import QuotaRule
from ..storage.fence import outside_fence
from ..storage.tables import rates
from ..storage.writer import Joined, Writer

MAX_WAIT_S = 2.0
# A bucket that is full again is no different from one that never was.
MAX_BUCKETS = 10_000


class Buckets:
    """The quotas of one connector in this process.

    Each bucket is one number, the time at which it will be full again (the generic cell rate
    algorithm), so it needs no timer.
    """

    def __init__(
        self, quotas: Mapping[str, QuotaRule], clock: Clock, max_wait_s: float = MAX_WAIT_S
    ) -> None:
        self._quotas, self._clock, self._max_wait_s = quotas, clock, max_wait_s
        self._full_at: dict[tuple[str, str], float] = {}

    async def take(self, resource: str, key: str) -> None:
        interval_s, capacity_s = _of(self._quotas[resource])
        now = self._clock.elapsed
        full_at = max(self._full_at.get((resource, key), now), now) + interval_s
        wait_s = full_at - now - capacity_s
        if wait_s > self._max_wait_s:
            raise _used_up(resource, self._quotas[resource], wait_s)
        if len(self._full_at) >= MAX_BUCKETS:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[resource, key] = full_at
        if wait_s > 0:
            await self._clock.sleep(wait_s)


@dataclass(frozen=True)
class SharedBuckets:
    """The quotas of one connector in all processes on one PostgreSQL, by its clock.

    `writer` is for nothing else, so that nobody waits for a bucket longer than taking from it is.
    """

    connector: str
    quotas: Mapping[str, QuotaRule]
    writer: Writer
    clock: Clock
    max_wait_s: float = MAX_WAIT_S

    async def take(self, resource: str, key: str) -> None:
        quota = self.quotas[resource]
        name = f"{self.connector} {resource} {key}"
        with outside_fence():
            taking = _Taking(name, *_of(quota), self.max_wait_s)
            wait_s = await self.writer.commit(Joined(_take, taking))
        if wait_s > self.max_wait_s:
            raise _used_up(resource, quota, wait_s)
        if wait_s > 0:
            await self.clock.sleep(wait_s)


@dataclass(frozen=True, slots=True)
class _Taking:
    name: str
    interval_s: float
    capacity_s: float
    max_wait_s: float


_NOW = sa.extract("epoch", sa.func.clock_timestamp())


def _take(connection: sa.Connection, takings: Sequence[_Taking]) -> list[float]:
    """Return how long each has to wait for its token, which is taken unless that is too long."""
    # In one order, so that no two processes wait for each other.
    names = sorted({each.name for each in takings})
    found = postgresql.insert(rates).values([{"name": name, "full_at": 0.0} for name in names])
    # Nobody else takes from them before the end of the transaction.
    held = found.on_conflict_do_update(
        index_elements=["name"], set_={"full_at": rates.c.full_at}
    ).returning(rates.c.name, rates.c.full_at)
    full_at = {row.name: row.full_at for row in connection.execute(held)}
    now = float(connection.scalar(sa.select(_NOW)) or 0.0)
    waits: list[float] = []
    for each in takings:
        following = max(full_at[each.name], now) + each.interval_s
        waits.append(following - now - each.capacity_s)
        if waits[-1] <= each.max_wait_s:
            full_at[each.name] = following
    changes = [{"of": name, "to": at} for name, at in full_at.items()]
    change = sa.update(rates).where(rates.c.name == sa.bindparam("of"))
    connection.execute(change.values(full_at=sa.bindparam("to")), changes)
    return waits


def _of(quota: QuotaRule) -> tuple[float, float]:
    """Return how long a token takes to come back, and all that a bucket holds."""
    interval_s = quota.window_s / quota.limit
    return interval_s, interval_s * (quota.burst or quota.limit)


def _used_up(resource: str, quota: QuotaRule, wait_s: float) -> ThrottledError:
    return ThrottledError(
        f"The quota {resource!r} is used up",
        cause=f"At most {quota.limit} in {quota.window_s:g} s for each {quota.scope}.",
        cure="Nothing to do: it goes on by itself when there is room.",
        retry_after_s=wait_s,
    )
