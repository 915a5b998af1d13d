"""The customer service window, as far as inbound messages have told of it.

A person opens it for 24 hours by writing to a number, by calling it, or by accepting its call. What
arrived while nothing listened is not known here, so `closed` means: by all that we have seen.
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages

Beside it stands until when messages are free because the person came from an ad. That is a price:
Meta delivers free text no longer for it, so nothing asks it whether to send.
https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from appmixer.engine.contract import Event, Json, KeepEntries, Store

from ..foreign_json.shapes import (
    as_id,
    as_int,
    as_list,
    as_object,
    as_objects,
    as_text,
    as_unix_time,
)
from ..people.identity import Person, recipient_of, sender_of

WINDOW = timedelta(hours=24)
# Afterwards nothing is known of a person any more, and what would be refused is tried again.
KEPT_S = 400 * 24 * 3600.0
MAX_KNOWN = 10_000
# What the service tells of a person, and what takes a message back, is no message of the person.
NOT_WRITTEN = frozenset({"system", "request_welcome", "revoke", "edit"})
FREE_ENTRY_S = 72 * 3600
# Statuses come late, and of what is over nobody asks.
FREE_KEPT_S = 30 * 24 * 3600.0
# https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
FREE_ENTRY = "free_entry_point"

OpenedBy: TypeAlias = Literal["message", "call", "ourCall"]


@dataclass(frozen=True)
class Window:
    """`closes_at` is when it closes or has closed, aware and in UTC; None when unknown."""

    state: Literal["open", "closed", "unknown"]
    closes_at: datetime | None = None
    opened_by: OpenedBy | None = None


class Opening(NamedTuple):
    """What opened a window, and when; `ourCall` is a call of the business that was accepted."""

    at: int
    by: OpenedBy = "message"

    def to_json(self) -> Json:
        return self.at if self.by == "message" else [self.at, self.by]

    @classmethod
    def read(cls, kept: Json | None) -> Opening:
        """Return what is kept; the oldest there can be where there is nothing."""
        at, *by = as_list(kept) or [kept]
        return cls(as_int(at) or 0, cast("OpenedBy", by[0] if by else "message"))


class Opened(NamedTuple):
    """A window that an event opens, to a person by all ids or to a group."""

    phone_number_id: str
    identities: tuple[str, ...]
    is_group: bool
    opening: Opening


class Windows:
    """The ledger: for each sender number and each id of a person, when its window last opened."""

    def __init__(self, store: Store, keep: KeepEntries, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._clock = store, keep, clock
        self._writing = asyncio.Lock()
        # What opened windows last, of those who did so last: of an open window nobody needs to ask
        # the store, which would be the one read in a run (a sixth of its time).
        self._known: dict[str, Opening] = {}

    async def note(self, events: Sequence[Event]) -> None:
        """Take the times of what opens a window; batches may come twice, and late.

        What they tell is kept with what follows from them.
        """
        latest: dict[str, Opening] = {}
        moves: list[tuple[str, str]] = []
        free: dict[str, tuple[int, int]] = {}
        for event in events:
            for opened in openings_of(event):
                for identity in opened.identities:
                    key = window_key(opened.phone_number_id, identity)
                    latest[key] = max(opened.opening, latest.get(key, NEVER))
            moves += _moves(event)
            free |= _free_entries(event)
        if not latest and not moves and not free:
            return
        async with self._writing:
            asked = [*latest, *(key for pair in moves for key in pair), *free]
            known = await self._store.get(asked)
            for old, new in moves:
                moved = max(latest.get(old, NEVER), Opening.read(known.get(old)))
                if moved.at:
                    latest[new] = max(moved, latest.get(new, NEVER))
            before = {key: Opening.read(known.get(key)) for key in latest}
            newer = {key: each.to_json() for key, each in latest.items() if each > before[key]}
            if newer:
                await self._keep(newer, expires_in_s=KEPT_S)
            if longer := _longer(free, known):
                await self._keep(longer, expires_in_s=FREE_KEPT_S)
            for key, opening in latest.items():
                self._remember(key, max(opening, before[key]))

    async def state(self, phone_number_id: str, identities: Sequence[str]) -> Window:
        """Look the person up by any id: phone number (digits), BSUID, or the id of a group."""
        keys = [window_key(phone_number_id, each) for each in identities]
        if all(key in self._known for key in keys):
            window = self._window([self._known[key] for key in keys])
            if window.state == "open":
                return window
        known = await self._store.get(keys)
        return self._window([Opening.read(each) for each in known.values()])

    async def free_until(self, phone_number_id: str, identities: Sequence[str]) -> datetime | None:
        """Return until when messages to the person are free after an ad, as far as Meta told."""
        known = await self._store.get([_free_key(phone_number_id, each) for each in identities])
        until = max((as_int(each) or 0 for each in known.values()), default=0)
        return datetime.fromtimestamp(until, UTC) if until > self._clock().timestamp() else None

    async def has_heard(self, phone_number_ids: Sequence[str], identities: Sequence[str]) -> bool:
        """Tell whether the person, by any id, has written to one of the numbers in 400 days."""
        keys = [window_key(number, each) for number in phone_number_ids for each in identities]
        return bool(await self._store.get(keys))

    def _window(self, openings: Sequence[Opening]) -> Window:
        last = max(openings, default=NEVER)
        if not last.at:
            return Window("unknown")
        closes_at = datetime.fromtimestamp(last.at, UTC) + WINDOW
        return Window("open" if self._clock() < closes_at else "closed", closes_at, last.by)

    def _remember(self, key: str, opening: Opening) -> None:
        self._known.pop(key, None)
        self._known[key] = opening
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]


NEVER = Opening(0)


def openings_of(event: Event) -> Iterator[Opened]:
    """Yield the windows that an event opens."""
    phone_number_id = as_text(event.payload.get("phoneNumberId"))
    if event.kind in ("message", "standby.message"):
        message = as_object(event.payload.get("message"))
        if as_text(message.get("type")) not in NOT_WRITTEN:
            contact = as_object(event.payload.get("contact"))
            yield from _opened(phone_number_id, message, sender_of(message, contact), "message")
    elif event.kind == "calls":
        value = as_object(event.payload.get("value"))
        for call in as_objects(value.get("calls")):
            if call.get("direction") == "USER_INITIATED" and call.get("event") == "connect":
                yield from _opened(phone_number_id, call, sender_of(call, {}), "call")
        # That a call of the business is connected says only that it rings.
        for status in as_objects(value.get("statuses")):
            if status.get("type") == "call" and status.get("status") == "ACCEPTED":
                yield from _opened(phone_number_id, status, recipient_of(status, {}), "ourCall")


def _free_entries(event: Event) -> dict[str, tuple[int, int]]:
    """Return when a message was free after an ad, and until when others are, by key."""
    status = as_object(event.payload.get("status"))
    if event.kind not in ("status", "standby.status"):
        return {}
    if as_text(as_object(status.get("pricing")).get("type")) != FREE_ENTRY:
        return {}
    at = as_unix_time(status.get("timestamp")) or 0
    told = as_object(status.get("conversation")).get("expiration_timestamp")
    phone_number_id = as_text(event.payload.get("phoneNumberId"))
    person = recipient_of(status, as_object(event.payload.get("contact")))
    until = as_unix_time(told) or 0
    return {_free_key(phone_number_id, each): (at, until) for each in person.identities}


def _longer(free: Mapping[str, tuple[int, int]], known: Mapping[str, Json]) -> dict[str, Json]:
    """Return what is new of it; where Meta tells no end, it is that of the first such message."""
    found: dict[str, Json] = {}
    for key, (at, told) in free.items():
        before = as_int(known.get(key)) or 0
        until = told or (before if before > at else at + FREE_ENTRY_S)
        if until > before:
            found[key] = until
    return found


def _moves(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the old and the new key of a person who changed the number or the user id.

    It is the person who has opened the window. Of what becomes of it Meta says nothing; an answer
    that it does not deliver is reported, one that is held back here would be lost.
    """
    message = as_object(event.payload.get("message"))
    if event.kind not in ("message", "standby.message") or message.get("type") != "system":
        return
    phone_number_id = as_text(event.payload.get("phoneNumberId"))
    contact = as_object(event.payload.get("contact"))
    now = sender_of(message, contact).identities
    before = sender_of({**message, "system": {}}, contact).identities
    for old in before:
        yield from (
            (window_key(phone_number_id, old), window_key(phone_number_id, new))
            for new in now
            if new not in before
        )


def _opened(
    phone_number_id: str, item: Mapping[str, Any], person: Person, by: OpenedBy
) -> Iterator[Opened]:
    at = as_unix_time(item.get("timestamp"))
    group_id = as_id(item.get("group_id"))
    if at is not None:
        identities = (group_id,) if group_id else person.identities
        yield Opened(phone_number_id, identities, bool(group_id), Opening(at, by))


def window_key(phone_number_id: str, identity: str) -> str:
    """Return where the store has what opened a window last, as Opening.read takes it."""
    return f"window:{phone_number_id}:{identity}"


def _free_key(phone_number_id: str, identity: str) -> str:
    return f"free:{phone_number_id}:{identity}"
