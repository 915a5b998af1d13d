"""Which windows close when, and who was answered: kept for those who want to know it before.

What a message opens is written under the minute in which it closes again, so that whoever asks
reads the minutes that come, and neither all people nor a timer for each. Several messages that
come together are one entry. Nothing is kept of business accounts that nobody asks about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appmixer.engine.contract import Event, Json, KeepEntries, Store

from ..foreign_json.shapes import as_id, as_int, as_list, as_object, as_text, as_texts, as_unix_time
from ..people.identity import recipient_of
from .windows import WINDOW, Opening, openings_of, window_key

CLOSINGS = "closings"
# Two days after a window opened nobody asks when it closes.
KEPT_S = 48 * 3600.0
# What another process has started or stopped is known after this.
ASK_AGAIN_S = 60.0
MINUTE_S = 60
# The minutes whose entries are counted in memory.
MAX_COUNTED = 5_000
# So many entries are read at a time.
AT_ONCE = 200


@dataclass(frozen=True)
class Closing:
    """A window that closes, and what opened it."""

    phone_number_id: str
    identities: tuple[str, ...]
    opening: Opening

    @property
    def at(self) -> int:
        return self.opening.at + int(WINDOW.total_seconds())

    def to_json(self) -> Json:
        return [self.phone_number_id, [*self.identities], self.opening.to_json()]

    @classmethod
    def read(cls, kept: Json) -> Closing:
        number, identities, opening = as_list(kept)
        return cls(as_text(number), tuple(as_texts(identities)), Opening.read(opening))


class Closings:
    """The ledger. One process at a time notes; any may read."""

    def __init__(
        self,
        store: Store,
        keep: KeepEntries,
        listeners: Callable[[str], Awaitable[Sequence[str]]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._keep = store, keep
        self._listeners, self._clock = listeners, clock
        self._wanted: set[str] = set()
        self._asked_at: float | None = None
        # What was kept last may not be readable yet, so that entries are counted here, too.
        self._counts: dict[str, int] = {}

    def want(self, topic: str) -> None:
        """Keep what concerns a topic's business account from now on."""
        if topic.startswith(f"{CLOSINGS}:"):
            self._wanted.add(topic.split(":")[1])

    async def note(self, events: Sequence[Event]) -> None:
        """Take what opens windows and what was sent."""
        wanted = await self._asked_for()
        concerned = [each for each in events if as_text(each.payload.get("wabaId")) in wanted]
        if not concerned:
            return
        entries = await self._answers(concerned)
        opened: dict[str, list[Json]] = {}
        for event in concerned:
            for closing in _closings(event):
                key = _minute_key(as_text(event.payload["wabaId"]), closing.at // MINUTE_S)
                opened.setdefault(key, []).append(closing.to_json())
        await self._count(opened)
        for key, closings in opened.items():
            entries[f"{key}:{self._counts[key]}"] = closings
            self._counts[key] += 1
            entries[key] = self._counts[key]
        if entries:
            await self._keep(entries, expires_in_s=KEPT_S)

    async def owed(
        self, waba_id: str, first: tuple[int, int], last_minute: int, at_most: int
    ) -> tuple[list[Closing], tuple[int, int]]:
        """Return whose windows close in these minutes while they wait for an answer.

        `first` is a minute since 1970 and the entry of it to begin with. The second value is where
        to go on; a person who has written or was answered since is left out.
        """
        minute, number = first
        minutes = range(minute, last_minute + 1)
        keys = {_minute_key(waba_id, each): each for each in minutes}
        counts = await self._store.get([*keys])
        places = [
            (keys[key], entry)
            for key in keys
            for entry in range(number if keys[key] == minute else 0, as_int(counts.get(key)) or 0)
        ]
        found: dict[tuple[str, str], Closing] = {}
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            if len(found) >= at_most:
                return [*found.values()], some[0]
            names = [f"{_minute_key(waba_id, each)}:{entry}" for each, entry in some]
            entries = await self._store.get(names)
            closings = [Closing.read(each) for kept in entries.values() for each in as_list(kept)]
            for closing in await self._waiting(closings):
                found[closing.phone_number_id, closing.identities[0]] = closing
        return [*found.values()], (max(last_minute + 1, minute), 0)

    async def _waiting(self, closings: Sequence[Closing]) -> list[Closing]:
        """Return those of people who have not written and were not answered since."""
        windows = [window_key(each.phone_number_id, each.identities[0]) for each in closings]
        answered = [
            _answered_key(each.phone_number_id, identity)
            for each in closings
            for identity in each.identities
        ]
        known = await self._store.get([*windows, *answered])
        return [
            each
            for each, window in zip(closings, windows, strict=True)
            if Opening.read(known.get(window)).at == each.opening.at
            and all(
                (as_int(known.get(_answered_key(each.phone_number_id, identity))) or 0)
                < each.opening.at
                for identity in each.identities
            )
        ]

    async def _asked_for(self) -> set[str]:
        now = self._clock().timestamp()
        if self._asked_at is None or not 0 <= now - self._asked_at < ASK_AGAIN_S:
            topics = await self._listeners(f"{CLOSINGS}:")
            self._wanted = {topic.split(":")[1] for topic in topics}
            self._asked_at = now
        return self._wanted

    async def _answers(self, events: Sequence[Event]) -> dict[str, Json]:
        latest: dict[str, int] = {}
        for event in events:
            for key, at in _answers_in(event):
                latest[key] = max(at, latest.get(key, 0))
        known: Mapping[str, Json] = await self._store.get([*latest]) if latest else {}
        return {key: at for key, at in latest.items() if at > (as_int(known.get(key)) or 0)}

    async def _count(self, keys: Mapping[str, object]) -> None:
        new = [key for key in keys if key not in self._counts]
        if len(self._counts) + len(new) > MAX_COUNTED:
            for key in [*self._counts][: len(new)]:
                if key not in keys:
                    del self._counts[key]
        # Another process may have counted on since this one did last.
        known: Mapping[str, Json] = await self._store.get([*keys]) if keys else {}
        for key in keys:
            self._counts[key] = max(self._counts.get(key, 0), as_int(known.get(key)) or 0)


def _closings(event: Event) -> Iterator[Closing]:
    """Yield what the person opens; of conversations that another app leads, nobody here owes."""
    for each in openings_of(event) if event.kind in ("message", "calls") else ():
        if not each.is_group and each.identities and each.opening.by != "ourCall":
            yield Closing(each.phone_number_id, each.identities, each.opening)


def _answers_in(event: Event) -> Iterator[tuple[str, int]]:
    """Yield who was sent something, be it from here, by another app or from a colleague's phone."""
    number = as_text(event.payload.get("phoneNumberId"))
    told = as_object(event.payload.get("echo" if event.kind == "echo" else "status"))
    at = as_unix_time(told.get("timestamp")) or 0
    if event.kind == "echo":
        identities = [as_id(told.get("to_user_id")), as_id(told.get("to"))]
    elif event.kind == "status" and told.get("status") == "sent":
        person = recipient_of(told, as_object(event.payload.get("contact")))
        is_group = told.get("recipient_type") == "group"
        identities = [] if is_group else [*person.identities]
    else:
        return
    yield from ((_answered_key(number, each), at) for each in identities if each)


def _minute_key(waba_id: str, minute: int) -> str:
    return f"closing:{waba_id}:{minute}"


def _answered_key(phone_number_id: str, identity: str) -> str:
    return f"answered:{phone_number_id}:{identity}"
