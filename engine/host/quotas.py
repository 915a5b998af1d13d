"""The contract's Quota in memory: a bucket of tokens for each quota of a manifest and each key."""

from __future__ import annotations

from collections.abc import Mapping

from ..contract import Clock, ThrottledError
from ..contract.manifest import QuotaRule

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
        quota = self._quotas[resource]
        interval_s = quota.window_s / quota.limit
        capacity_s = interval_s * (quota.burst or quota.limit)
        now = self._clock.elapsed
        full_at = max(self._full_at.get((resource, key), now), now) + interval_s
        wait_s = full_at - now - capacity_s
        if wait_s > self._max_wait_s:
            raise ThrottledError(
                f"The quota {resource!r} is used up",
                cause=f"At most {quota.limit} in {quota.window_s:g} s for each {quota.scope}.",
                cure="Nothing to do: it goes on by itself when there is room.",
                retry_after_s=wait_s,
            )
        if len(self._full_at) >= MAX_BUCKETS:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[resource, key] = full_at
        if wait_s > 0:
            await self._clock.sleep(wait_s)
