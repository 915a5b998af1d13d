"""How business accounts and their numbers stand, as far as Meta has told by webhook.

Each fact has an entry of its own under the WABA that told it, so that news may come in any order,
repeatedly, and to several processes at once. What Meta never tells, nobody knows here: a send is
refused for it only where Meta would refuse it for certain.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from appmixer.engine.contract import Event, Json, KeepEntries, Store

from ..foreign_json.meta_fields import read_time
from ..foreign_json.shapes import as_id, as_int, as_object, as_objects, as_text

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update
ACCOUNT = "account_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/business_capability_update
CAPABILITY = "business_capability_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/phone_number_quality_update
QUALITY = "phone_number_quality_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/phone_number_name_update
NAME = "phone_number_name_update"
KINDS = (ACCOUNT, CAPABILITY, QUALITY, NAME)

# https://developers.facebook.com/documentation/business-messaging/whatsapp/policy-enforcement
NO_FIRST_WORD = "RESTRICTED_BIZ_INITIATED_MESSAGING"
NO_ANSWER = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
RESTRICTION = re.compile(r"[A-Z_]{1,80}")
MAX_RESTRICTIONS = 20
BANNED = ("DISABLE", "ACCOUNT_DELETED")
# The same limits, as numbers here and as words where numbers of Meta's are described.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
TIERS = {250: "TIER_250", 2000: "TIER_2K", 10_000: "TIER_10K", 100_000: "TIER_100K"}
UNLIMITED = "TIER_UNLIMITED"

KEPT_S = 400 * 24 * 3600.0
# How long what was read of a WABA counts before it is read again: another process may know more.
RECENT_S = 60.0
MAX_KNOWN = 1000
MAX_CHARS = 500


@dataclass(frozen=True)
class Told:
    """A fact in Meta's word for it, and when Meta told it; `ends_at` is None for no known end."""

    value: str
    at: datetime
    detail: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Trouble:
    """What keeps a WABA or a number from sending, or will, in sentences."""

    state: Literal["advice", "fault"]
    title: str
    what: str
    cure: str


@dataclass(frozen=True)
class Standing:
    """What is known of a WABA: facts by `digits of the number:name`, without a number its own."""

    told: Mapping[str, Told]

    def of_account(self, name: str) -> Told | None:
        return self.told.get(f":{name}")

    def of_number(self, display: str, name: str) -> Told | None:
        return self.told.get(f"{digits_of(display)}:{name}")

    def limit(self, display: str) -> Told | None:
        """Return how many people may be written to first: what was told last counts."""
        both = (self.of_account("limit"), self.of_number(display, "limit"))
        return max((each for each in both if each), key=lambda each: each.at, default=None)

    def restrictions(self, now: datetime) -> list[Told]:
        """Return what the WABA may not do now; one without an end has none that is known."""
        found = (each for key, each in self.told.items() if key.startswith(":restriction:"))
        return [each for each in found if each.ends_at is None or each.ends_at > now]

    def is_banned(self) -> bool:
        ban = self.of_account("ban")
        return ban is not None and ban.value in BANNED

    def until(self, restriction: str, now: datetime) -> datetime | None:
        """Return the end of a restriction that holds now; None also if nobody knows its end."""
        held = (each for each in self.restrictions(now) if each.value == restriction)
        return next((each.ends_at for each in held), None)

    def troubles(self, waba_id: str, now: datetime, display: str = "") -> Iterator[Trouble]:
        """Yield what is wrong with the WABA and with this number, or with each of its numbers."""
        yield from _account_troubles(self, f"WhatsApp Business Account {waba_id}", now)
        for key, each in self.told.items():
            number, _, name = key.partition(":")
            is_meant = not display or number == digits_of(display)
            if number and is_meant and name == "quality" and each.value == "FLAGGED":
                told = f"Meta has flagged +{number}, as it told {_on(each)}. {FLAGGED}"
                yield Trouble("advice", f"Meta has flagged +{number}", told, BETTER)


class Health:
    """The ledger for the WABAs of all accounts: who asks has been proven to have the WABA."""

    def __init__(self, store: Store, keep: KeepEntries, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._clock = store, keep, clock
        self._writing = asyncio.Lock()
        # A send asks each time, and Meta tells something once in weeks.
        self._known: dict[str, tuple[datetime, Standing]] = {}

    async def note(self, events: Sequence[Event]) -> None:
        """Take what a batch tells, to be kept with what follows from it."""
        latest: dict[str, Told] = {}
        for event in events:
            if event.kind in KINDS:
                for key, told in facts_of(event, self._clock()):
                    latest[key] = max(told, latest.get(key, told), key=lambda each: each.at)
        if not latest:
            return
        async with self._writing:
            present = await self._store.get([*latest])
            newer = {
                key: told
                for key, told in latest.items()
                if key not in present or told.at >= _told(present[key]).at
            }
            if newer:
                await self._keep(
                    {key: _entry(each) for key, each in newer.items()}, expires_in_s=KEPT_S
                )
            for key, told in newer.items():
                waba_id, name = key.removeprefix(_PREFIX).split(":", 1)
                if waba_id in self._known:
                    read_at, known = self._known[waba_id]
                    self._known[waba_id] = read_at, Standing({**known.told, name: told})

    async def of(self, waba_id: str) -> Standing:
        now = self._clock()
        read_at, known = self._known.get(waba_id, (None, Standing({})))
        if read_at is not None and 0 <= (now - read_at).total_seconds() < RECENT_S:
            return known
        prefix = f"{_PREFIX}{waba_id}:"
        found = await self._store.scan(prefix)
        known = Standing({key.removeprefix(prefix): _told(each) for key, each in found.items()})
        self._known.pop(waba_id, None)
        self._known[waba_id] = now, known
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        return known

    async def troubles(self, waba_id: str, display: str = "") -> list[Trouble]:
        return [*(await self.of(waba_id)).troubles(waba_id, self._clock(), display)]


def news_of(event: Event) -> Iterator[Trouble]:
    """Yield what is wrong by the event alone."""
    if event.kind in KINDS:
        at = read_time(event.payload.get("entryTime")) or datetime.fromtimestamp(0, UTC)
        waba_id = as_id(event.payload.get("wabaId"))
        prefix = f"{_PREFIX}{waba_id}:"
        told = {key.removeprefix(prefix): each for key, each in facts_of(event, at)}
        yield from Standing(told).troubles(waba_id, at)


def digits_of(display: str) -> str:
    return re.sub("[^0-9]", "", display)


def facts_of(event: Event, now: datetime) -> Iterator[tuple[str, Told]]:
    """Yield the ledger's keys and facts of an event."""
    value = as_object(event.payload.get("value"))
    waba_id = as_id(event.payload.get("wabaId"))
    number = digits_of(as_text(value.get("display_phone_number")))[:20]
    if not waba_id or ":" in waba_id or (event.kind in (QUALITY, NAME) and not number):
        return
    about = number if event.kind in (QUALITY, NAME) else ""
    at = read_time(event.payload.get("entryTime")) or now
    for name, told, detail, ends_at in _READERS[event.kind](value):
        if told:
            kept = Told(_short(told), at, _short(detail), ends_at)
            yield f"{_PREFIX}{waba_id}:{about}:{name}", kept


_Fact = tuple[str, str, str, datetime | None]


def _of_account(value: Mapping[str, Any]) -> Iterator[_Fact]:
    happened = as_text(value.get("event"))
    if happened == "ACCOUNT_DELETED":
        yield "ban", happened, "", None
    elif happened == "DISABLED_UPDATE":
        ban = as_object(value.get("ban_info"))
        date = as_text(ban.get("waba_ban_date"))
        yield "ban", as_text(ban.get("waba_ban_state")), date, None
    elif happened == "ACCOUNT_VIOLATION":
        violation = as_object(value.get("violation_info"))
        remedy = as_text(violation.get("remediation"))
        yield "violation", as_text(violation.get("violation_type")), remedy, None
    elif happened == "ACCOUNT_RESTRICTION":
        for each in as_objects(value.get("restriction_info"))[:MAX_RESTRICTIONS]:
            kind = as_text(each.get("restriction_type"))
            if RESTRICTION.fullmatch(kind):
                end = read_time(each.get("expiration"))
                yield f"restriction:{kind}", kind, as_text(each.get("remediation")), end


def _of_capability(value: Mapping[str, Any]) -> Iterator[_Fact]:
    yield "limit", _tier(value.get("max_daily_conversations_per_business")), "", None


def _of_quality(value: Mapping[str, Any]) -> Iterator[_Fact]:
    happened = as_text(value.get("event"))
    limit = value.get("max_daily_conversations_per_business") or value.get("current_limit")
    yield "limit", _tier(limit), "", None
    if happened in ("FLAGGED", "UNFLAGGED"):
        yield "quality", happened, "", None
    elif happened == "THROUGHPUT_UPGRADE":
        yield "throughput", "HIGH", "", None


def _of_name(value: Mapping[str, Any]) -> Iterator[_Fact]:
    told = (as_text(value.get(each)) for each in ("requested_verified_name", "rejection_reason"))
    detail = ": ".join(each for each in told if each not in ("", "NONE"))
    yield "name", as_text(value.get("decision")), detail, None


def _tier(limit: object) -> str:
    count = as_int(limit)
    if count is None:
        return as_text(limit)
    return UNLIMITED if count < 0 else TIERS.get(count, str(count))


_READERS = {ACCOUNT: _of_account, CAPABILITY: _of_capability, QUALITY: _of_quality, NAME: _of_name}
_PREFIX = "health:"


def _short(text: str) -> str:
    return text.replace("\0", " ")[:MAX_CHARS]


def _entry(told: Told) -> dict[str, Json]:
    end = None if told.ends_at is None else int(told.ends_at.timestamp())
    at = int(told.at.timestamp())
    return {"value": told.value, "at": at, "detail": told.detail, "endsAt": end}


def _told(entry: Json) -> Told:
    kept = as_object(entry)
    at = read_time(kept.get("at")) or datetime.fromtimestamp(0, UTC)
    ends_at = read_time(kept.get("endsAt"))
    return Told(as_text(kept.get("value")), at, as_text(kept.get("detail")), ends_at)


def _account_troubles(standing: Standing, name: str, now: datetime) -> Iterator[Trouble]:
    ban = standing.of_account("ban")
    if ban is not None and ban.value in BANNED:
        did = "deleted" if ban.value == "ACCOUNT_DELETED" else "disabled"
        told = f"{name} was {did}, as Meta told {_on(ban)}: nothing can be sent from it."
        yield Trouble("fault", f"{name} was {did}", told, APPEAL)
    elif ban is not None and ban.value == "SCHEDULE_FOR_DISABLE":
        when = f" on {ban.detail}" if ban.detail else " soon"
        told = f"Meta will disable {name}{when}, as it told {_on(ban)}."
        yield Trouble("advice", f"{name} will be disabled", told, APPEAL)
    for each in standing.restrictions(now):
        until = f" until {each.ends_at:%Y-%m-%d %H:%M} UTC" if each.ends_at else ""
        means = RESTRICTIONS.get(each.value, f"Meta's word for what it may not do: {each.value}.")
        told = f"Meta has restricted {name}{until}, as it told {_on(each)}. {means}"
        is_fault = each.value in (NO_FIRST_WORD, NO_ANSWER)
        state: Literal["advice", "fault"] = "fault" if is_fault else "advice"
        yield Trouble(state, f"{name} is restricted", told, each.detail or APPEAL)


def _on(told: Told) -> str:
    return f"on {told.at:%Y-%m-%d}"


RESTRICTIONS = {
    NO_FIRST_WORD: "It may write to nobody whose 24-hour window is not open.",
    NO_ANSWER: "It may not answer people who write to it.",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "It may not add phone numbers.",
}
APPEAL = "Look for the policy notice in WhatsApp Manager, and appeal there if it is wrong."
FLAGGED = "Many people have blocked or reported it, and Meta may restrict it."
BETTER = "Send less, and only to people who expect it, until its quality is better."
