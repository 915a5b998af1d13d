"""The customer service window, as far as inbound messages have told of it.

A person opens it by writing to a number, for 24 hours. What arrived while nothing listened is not
known here, so `closed` means: by all that we have seen.
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from appmixer.engine.contract import Event, KeepEntries, Store

from ..foreign_json.shapes import as_id, as_int, as_object, as_objects, as_text, as_unix_time
from ..people.identity import sender_of

WINDOW = timedelta(hours=24)
# Afterwards nothing is known of a person any more, instead of a window that has long been closed.
KEPT_S = 30 * 24 * 3600.0
MAX_KNOWN = 10_000
# What the service tells of a person, and what takes a message back, is no message of the person.
NOT_WRITTEN = frozenset({"system", "request_welcome", "revoke", "edit"})


@dataclass(frozen=True)
class Window:
    """`closes_at` is when it closes or has closed, aware and in UTC; None when unknown."""

    state: Literal["open", "closed", "unknown"]
    closes_at: datetime | None = None


class Windows:
    """The ledger: for each sender number and each id of a person, when the person last wrote."""

    def __init__(self, store: Store, keep: KeepEntries, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._clock = store, keep, clock
        self._writing = asyncio.Lock()
        # When people last wrote, of those who did so last: of an open window nobody needs to ask
        # the store, which would be the one read in a run (a sixth of its time).
        self._known: dict[str, int] = {}

    async def note(self, events: Sequence[Event]) -> None:
        """Take the times of what opens a window; batches may come twice, and late.

        What they tell is kept with what follows from them.
        """
        latest: dict[str, int] = {}
        moves: list[tuple[str, str]] = []
        for event in events:
            for key, written_at in _openings(event):
                latest[key] = max(written_at, latest.get(key, 0))
            moves += _moves(event)
        if not latest and not moves:
            return
        async with self._writing:
            known = await self._store.get([*latest, *(key for pair in moves for key in pair)])
            for old, new in moves:
                moved = max(latest.get(old, 0), as_int(known.get(old)) or 0)
                if moved:
                    latest[new] = max(moved, latest.get(new, 0))
            newer = {key: at for key, at in latest.items() if at > (as_int(known.get(key)) or 0)}
            if newer:
                await self._keep(newer, expires_in_s=KEPT_S)
            for key in latest:
                self._remember(key, max(latest[key], as_int(known.get(key)) or 0))

    async def state(self, phone_number_id: str, identities: Sequence[str]) -> Window:
        """Look the person up by any id: phone number (digits), BSUID, or the id of a group."""
        keys = [_key(phone_number_id, each) for each in identities]
        if all(key in self._known for key in keys):
            window = self._window([self._known[key] for key in keys])
            if window.state == "open":
                return window
        known = await self._store.get(keys)
        return self._window([as_int(each) or 0 for each in known.values()])

    async def has_heard(self, phone_number_ids: Sequence[str], identities: Sequence[str]) -> bool:
        """Tell whether the person, by any id, has lately written to one of the numbers."""
        keys = [_key(number, each) for number in phone_number_ids for each in identities]
        return bool(await self._store.get(keys))

    def _window(self, written_at: Sequence[int]) -> Window:
        last = max(written_at, default=0)
        if not last:
            return Window("unknown")
        closes_at = datetime.fromtimestamp(last, UTC) + WINDOW
        return Window("open" if self._clock() < closes_at else "closed", closes_at)

    def _remember(self, key: str, written_at: int) -> None:
        self._known.pop(key, None)
        self._known[key] = written_at
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]


def _openings(event: Event) -> Iterator[tuple[str, int]]:
    phone_number_id = as_text(event.payload.get("phoneNumberId"))
    if event.kind in ("message", "standby.message"):
        message = as_object(event.payload.get("message"))
        if as_text(message.get("type")) not in NOT_WRITTEN:
            contact = as_object(event.payload.get("contact"))
            yield from _written(phone_number_id, message, contact)
    elif event.kind == "calls":
        # A call by the person counts as a message.
        value = as_object(event.payload.get("value"))
        for call in as_objects(value.get("calls")):
            if call.get("direction") == "USER_INITIATED" and call.get("event") == "connect":
                yield from _written(phone_number_id, call, {})


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
            (_key(phone_number_id, old), _key(phone_number_id, new))
            for new in now
            if new not in before
        )


def _written(
    phone_number_id: str, item: Mapping[str, Any], contact: Mapping[str, Any]
) -> Iterator[tuple[str, int]]:
    written_at = as_unix_time(item.get("timestamp"))
    group_id = as_id(item.get("group_id"))
    identities = (group_id,) if group_id else sender_of(item, contact).identities
    for identity in identities if written_at is not None else ():
        yield _key(phone_number_id, identity), written_at or 0


def _key(phone_number_id: str, identity: str) -> str:
    return f"window:{phone_number_id}:{identity}"
