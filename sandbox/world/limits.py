"""How much may be sent and asked: throughput, pair rate, people per day, calls per hour.

Only counts and answers yes or no; which error follows is said where the call is answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
MESSAGES_PER_SECOND: Mapping[str, int] = MappingProxyType({"STANDARD": 80, "HIGH": 1000})
COEXISTENCE_PER_SECOND = 20
# A pair may have one message in six seconds, and borrow up to 45 of them from the future.
PAIR_INTERVAL_S = 6.0
PAIR_BURST = 45
# https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
PEOPLE_PER_DAY: Mapping[str, int | None] = MappingProxyType(
    {
        "TIER_50": 50,
        "TIER_250": 250,
        "TIER_1K": 1_000,
        "TIER_2K": 2_000,
        "TIER_10K": 10_000,
        "TIER_100K": 100_000,
        "TIER_UNLIMITED": None,
    }
)
# https://developers.facebook.com/docs/graph-api/overview/rate-limiting
CALLS_PER_HOUR = 200
CALLS_PER_HOUR_WHEN_ACTIVE = 5_000
CALLS_PER_USER_AND_HOUR = 200
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions
CALL_REQUESTS = ((24 * 3600.0, 1), (7 * 24 * 3600.0, 2))
HOUR_S = 3600.0
DAY_S = 24 * 3600.0
MAX_PAIRS = 100_000


@dataclass
class Limits:
    """What was counted lately. Times are those of the world's clock."""

    sends: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    pairs: dict[str, float] = field(default_factory=dict[str, float])
    """By number and address: when everything borrowed is paid back."""
    reached: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """By portfolio: people written to first, and when; oldest first."""
    marketing: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    call_requests: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    calls: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])

    def takes_send(self, number_id: str, per_second: int, now: float) -> bool:
        """Whether the number may send one more message in this second; counts it if so."""
        recent = self._recent(self.sends, number_id, now - 1.0)
        if len(recent) >= per_second:
            return False
        recent.append(now)
        return True

    def count_inbound(self, number_id: str, now: float) -> None:
        """What people write uses the same throughput, but is never refused."""
        self._recent(self.sends, number_id, now - 1.0).append(now)

    def takes_pair(self, number_id: str, address: str, now: float) -> bool:
        """Whether the person may get one more message from the number; counts it if so."""
        key = f"{number_id}:{address}"
        debt_s = max(self.pairs.get(key, now) - now, 0.0)
        if debt_s > (PAIR_BURST - 1) * PAIR_INTERVAL_S:
            return False
        if len(self.pairs) >= MAX_PAIRS:
            self.pairs = {pair: paid for pair, paid in self.pairs.items() if paid > now}
        self.pairs[key] = now + debt_s + PAIR_INTERVAL_S
        return True

    def takes_person(self, business_id: str, address: str, tier: str, now: float) -> bool:
        """Whether the portfolio may write first to this person today; counts them if so."""
        most = PEOPLE_PER_DAY.get(tier)
        if most is None:
            return True
        people = self.reached.setdefault(business_id, {})
        while people and now - next(iter(people.values())) >= DAY_S:
            del people[next(iter(people))]
        if address in people:
            return True
        if len(people) >= most:
            return False
        people[address] = now
        return True

    def takes_marketing(self, address: str, cap: int, now: float) -> bool:
        """Whether the person may get one more marketing template, from whichever business."""
        recent = self._recent(self.marketing, address, now - DAY_S)
        if len(recent) >= cap:
            return False
        recent.append(now)
        return True

    def takes_call_request(self, number_id: str, address: str, now: float) -> bool:
        key = f"{number_id}:{address}"
        longest_s = max(period_s for period_s, _ in CALL_REQUESTS)
        asked = self._recent(self.call_requests, key, now - longest_s)
        for period_s, most in CALL_REQUESTS:
            if sum(1 for at in asked if now - at < period_s) >= most:
                return False
        asked.append(now)
        return True

    def takes_call(self, key: str, most: int, now: float) -> bool:
        """Whether one more Graph call fits into the hour; counts it if so."""
        recent = self._recent(self.calls, key, now - HOUR_S)
        if len(recent) >= most:
            return False
        recent.append(now)
        return True

    def share_of_calls(self, key: str, most: int, now: float) -> int:
        """Percent of the hour's calls that are used up."""
        return 100 * len(self._recent(self.calls, key, now - HOUR_S)) // most

    def minutes_until_free(self, key: str, now: float) -> int:
        """Until the oldest call of a full hour no longer counts, in whole minutes."""
        recent = self.calls.get(key)
        return 0 if not recent else max(int(-(-(recent[0] + HOUR_S - now) // 60)), 1)

    @staticmethod
    def _recent(kept: dict[str, deque[float]], key: str, since: float) -> deque[float]:
        times = kept.get(key)
        if times is None:
            times = kept[key] = deque()
        while times and times[0] <= since:
            times.popleft()
        return times


def throughput(level: str, *, is_on_biz_app: bool) -> int:
    """Messages a second of a number."""
    if is_on_biz_app:
        return COEXISTENCE_PER_SECOND
    return MESSAGES_PER_SECOND.get(level, MESSAGES_PER_SECOND["STANDARD"])
