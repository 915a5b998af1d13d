"""Who waits for an answer while a window closes, read minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from appmixer.engine.contract import Event, Json
from appmixer.engine.contract.testing import Clock, MemoryStore
from appmixer.whatsapp.plugin.ledgers.closings import ASK_AGAIN_S, Closings
from appmixer.whatsapp.plugin.ledgers.windows import Windows

pytestmark = pytest.mark.anyio

WABA, PHONE, PERSON = "102290129340398", "106540352242922", "16505551234"
AT = 1790000000
MINUTE = (AT + 24 * 3600) // 60


class Site:
    """Both ledgers as the plugin keeps them, and who listens."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore(self.clock)
        self.topics = [f"closings:{WABA}"]
        self.asked = 0
        self.begin()

    def begin(self) -> None:
        """Begin as after a restart: only the store is left."""
        self.windows = Windows(self.store, self.store.put, self.now)
        self.closings = Closings(self.store, self.store.put, self.listeners, self.now)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now, UTC)

    async def listeners(self, prefix: str) -> Sequence[str]:
        self.asked += 1
        return [each for each in self.topics if each.startswith(prefix)]

    async def note(self, *events: Event) -> None:
        await self.windows.note(events)
        await self.closings.note(events)

    async def owed(self, minute: int = MINUTE, at_most: int = 100) -> list[str]:
        found, _ = await self.closings.owed(WABA, (minute, 0), minute, at_most)
        return [each.identities[-1] for each in found]


@pytest.fixture
def site() -> Site:
    return Site()


def event(kind: str, **payload: Json) -> Event:
    return Event("1", kind, {"wabaId": WABA, "phoneNumberId": PHONE, **payload})


def message(at: int = AT, person: str = PERSON, **extra: Any) -> Event:
    said = {"from": person, "type": "text", "timestamp": str(at), **extra}
    return event("message", message=said)


def status(name: str, at: int, person: str = PERSON) -> Event:
    told = {"id": "wamid.1", "status": name, "timestamp": str(at), "recipient_id": person}
    return event("status", status=told)


IN_GROUP: Json = {
    "id": "wamid.1",
    "status": "sent",
    "timestamp": str(AT + 1),
    "recipient_type": "group",
    "recipient_id": "Y2FwaV9ncm91cDox",
    "recipient_participant_id": PERSON,
}


async def test_who_has_written_and_got_no_answer_waits(site: Site) -> None:
    await site.note(message())

    assert await site.owed() == [PERSON]
    assert await site.owed(MINUTE - 1) == await site.owed(MINUTE + 1) == []


@pytest.mark.parametrize(
    ("answer", "owed"),
    [
        (status("sent", AT + 1), []),
        (status("sent", AT - 1), [PERSON]),
        (status("failed", AT + 1), [PERSON]),
        (event("status", status=IN_GROUP), [PERSON]),
        (event("echo", echo={"to": PERSON, "timestamp": str(AT + 1)}), []),
    ],
)
async def test_what_was_sent_since_is_an_answer(site: Site, answer: Event, owed: list[str]) -> None:
    await site.note(message())
    await site.note(answer)

    assert await site.owed() == owed


async def test_an_answer_counts_although_word_of_an_earlier_one_comes_after_it(site: Site) -> None:
    await site.note(message())
    await site.note(status("sent", AT + 1))
    await site.note(status("sent", AT - 1))

    assert await site.owed() == []


async def test_a_later_message_closes_later_and_is_told_once(site: Site) -> None:
    await site.note(message(), message(AT + 1))
    await site.note(message(AT + 600))

    assert await site.owed() == []
    assert await site.owed(MINUTE + 10) == [PERSON]


async def test_calls_of_the_person_wait_and_accepted_ones_of_ours_do_not(site: Site) -> None:
    at = str(AT)
    theirs = {"from": PERSON, "direction": "USER_INITIATED", "event": "connect", "timestamp": at}
    ours = {"type": "call", "status": "ACCEPTED", "recipient_id": "16505559876", "timestamp": at}
    await site.note(event("calls", value={"calls": [theirs], "statuses": [ours]}))
    await site.note(message(group_id="Y2FwaV9ncm91cDox"))

    assert await site.owed() == [PERSON]


async def test_what_was_noted_before_a_restart_is_still_there_and_counted_on(site: Site) -> None:
    await site.note(message())
    site.begin()
    await site.note(message(person="16505559876"))

    assert sorted(await site.owed()) == [PERSON, "16505559876"]


async def test_nobody_is_lost_when_another_process_notes_in_between(site: Site) -> None:
    people = [PERSON, "16505559876", "16505550000"]
    one = site.windows, site.closings
    site.begin()
    other = site.windows, site.closings

    for (windows, closings), person in zip((one, other, one), people, strict=True):
        await windows.note([message(person=person)])
        await closings.note([message(person=person)])

    assert sorted(await site.owed()) == sorted(people)


async def test_many_are_read_in_parts_and_nobody_twice(site: Site) -> None:
    people = [f"1650555{number:04}" for number in range(450)]
    for person in people:
        await site.note(message(person=person))

    found: list[str] = []
    place: tuple[int, int] = (MINUTE, 0)
    while place[0] <= MINUTE:
        closings, place = await site.closings.owed(WABA, place, MINUTE, 150)
        found += [each.identities[-1] for each in closings]

    assert sorted(found) == people


async def test_nothing_is_kept_for_accounts_nobody_asks_about_nor_asked_at_each_message(
    site: Site,
) -> None:
    site.topics = ["closings:999"]

    await site.note(message())
    await site.note(message(AT + 1))

    assert await site.store.scan("closing:") == {}
    assert site.asked == 1


async def test_a_listener_of_another_process_is_known_after_a_minute(site: Site) -> None:
    site.topics = []
    await site.note(message())
    site.topics = [f"closings:{WABA}:{PHONE}"]
    site.clock.advance(ASK_AGAIN_S)

    await site.note(message(AT + 60))

    assert await site.owed(MINUTE + 1) == [PERSON]
