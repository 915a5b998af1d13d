"""What is known of the 24 hours in which free text is delivered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import Event
from appmixer.engine.contract.testing import Clock, MemoryStore
from appmixer.whatsapp.plugin.ledgers.windows import Window, Windows
from appmixer.whatsapp.plugin.webhook.events import flatten

pytestmark = pytest.mark.anyio

PHONE = "106540352242922"
PERSON = "16505551234"
BODIES = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"
WRITTEN_AT = 1790000000
CLOSES_AT = datetime.fromtimestamp(WRITTEN_AT, UTC) + timedelta(hours=24)


def events(name: str) -> list[Event]:
    return flatten(json.loads((BODIES / f"{name}.json").read_text("utf-8")))


def message(at: int, **extra: Any) -> Event:
    content = {"id": "wamid.1", "from": PERSON, "timestamp": str(at), "type": "text", **extra}
    return Event("1", "message", {"phoneNumberId": PHONE, "message": content})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def windows(clock: Clock) -> Windows:
    store = MemoryStore(clock)
    return Windows(store, store.put, lambda: datetime.fromtimestamp(clock.now, UTC))


async def test_nothing_is_known_before_the_first_message(windows: Windows) -> None:
    assert await windows.state(PHONE, [PERSON]) == Window("unknown")


async def test_a_message_opens_the_window_for_24_hours(windows: Windows, clock: Clock) -> None:
    await windows.note([message(WRITTEN_AT)])

    clock.now = WRITTEN_AT + 24 * 3600 - 1
    assert await windows.state(PHONE, [PERSON]) == Window("open", CLOSES_AT, "message")
    clock.advance(1)
    assert await windows.state(PHONE, [PERSON]) == Window("closed", CLOSES_AT, "message")


async def test_the_window_belongs_to_one_number_and_one_person(windows: Windows) -> None:
    await windows.note([message(WRITTEN_AT)])

    assert (await windows.state("999", [PERSON])).state == "unknown"
    assert (await windows.state(PHONE, ["16505559876"])).state == "unknown"


async def test_the_person_is_found_by_number_and_by_bsuid(windows: Windows) -> None:
    await windows.note([message(WRITTEN_AT, from_user_id="US.1")])

    assert (await windows.state(PHONE, ["US.1"])).state == "open"
    assert (await windows.state(PHONE, [PERSON])).state == "open"
    assert (await windows.state(PHONE, ["unknown", PERSON])).state == "open"


async def test_a_late_old_message_does_not_move_the_window_back(windows: Windows) -> None:
    await windows.note([message(WRITTEN_AT)])
    await windows.note([message(WRITTEN_AT - 5000), message(WRITTEN_AT - 9000)])

    assert (await windows.state(PHONE, [PERSON])).closes_at == CLOSES_AT


async def test_a_window_stays_closed_for_more_than_a_year_and_is_unknown_then(
    windows: Windows, clock: Clock
) -> None:
    await windows.note([message(WRITTEN_AT)])

    for days in (31, 368):
        clock.advance(days * 24 * 3600)
        assert await windows.state(PHONE, [PERSON]) == Window("closed", CLOSES_AT, "message")
    clock.advance(2 * 24 * 3600)
    assert await windows.state(PHONE, [PERSON]) == Window("unknown")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("messages.text.reply", "open"),
        ("messages.reaction", "open"),
        ("messages.button", "open"),
        ("messages.unsupported.131051", "open"),
        ("fields.standby.message", "open"),
        ("fields.calls.connect.user_initiated", "open"),
        ("fields.calls.connect.business_initiated", "unknown"),
        ("messages.system.user_changed_number", "unknown"),
        ("messages.revoke", "unknown"),
        ("statuses.delivered", "unknown"),
    ],
)
async def test_only_what_a_person_does_opens_the_window(
    windows: Windows, name: str, state: str
) -> None:
    await windows.note(events(name))

    assert (await windows.state(PHONE, [PERSON])).state == state


@pytest.mark.parametrize("timestamp", [None, "soon", {}, "9" * 400, "9" * 15, "-1"])
async def test_a_message_without_a_time_tells_nothing(windows: Windows, timestamp: Any) -> None:
    await windows.note([message(0, timestamp=timestamp)])

    assert (await windows.state(PHONE, [PERSON])).state == "unknown"


def moved(**system: Any) -> Event:
    note = {"from_user_id": "US.111", "system": {"body": "x", **system}}
    return message(WRITTEN_AT + 60, type="system", **note)


@pytest.mark.parametrize(
    ("system", "now"),
    [
        ({"type": "user_changed_number", "wa_id": "16505550000"}, "16505550000"),
        ({"type": "user_changed_number", "wa_id": "16505550000", "user_id": "US.222"}, "US.222"),
        ({"type": "user_changed_user_id", "user_id": "US.222"}, "US.222"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_the_window_goes_with_a_person_who_changes_number_or_id(
    windows: Windows, clock: Clock, system: dict[str, str], now: str, together: bool
) -> None:
    written = [message(WRITTEN_AT), moved(**system)]
    for batch in [written] if together else [[each] for each in written]:
        await windows.note(batch)

    clock.now = WRITTEN_AT + 120

    assert await windows.state(PHONE, [now]) == Window("open", CLOSES_AT, "message")
    assert await windows.has_heard([PHONE], [now])


async def test_a_change_of_number_alone_opens_no_window(windows: Windows) -> None:
    await windows.note([moved(type="user_changed_number", wa_id="16505550000")])

    assert await windows.state(PHONE, ["16505550000"]) == Window("unknown")


async def test_a_group_has_a_window_of_its_own(windows: Windows) -> None:
    await windows.note([message(WRITTEN_AT, group_id="group-1")])

    assert (await windows.state(PHONE, ["group-1"])).state == "open"
    assert (await windows.state(PHONE, [PERSON])).state == "unknown"


def call_status(status: str) -> Event:
    told = {"id": "wacid.1", "timestamp": str(WRITTEN_AT), "type": "call", "status": status}
    value = {"statuses": [{**told, "recipient_id": PERSON, "recipient_user_id": "US.1"}]}
    return Event("1", "calls", {"phoneNumberId": PHONE, "value": value})


async def test_a_call_of_ours_opens_the_window_once_it_is_accepted(windows: Windows) -> None:
    for status in ("RINGING", "REJECTED"):
        await windows.note([call_status(status)])
    before = await windows.state(PHONE, [PERSON])

    await windows.note([call_status("ACCEPTED")])

    assert before == Window("unknown")
    assert await windows.state(PHONE, [PERSON]) == Window("open", CLOSES_AT, "ourCall")
    assert await windows.state(PHONE, ["US.1"]) == Window("open", CLOSES_AT, "ourCall")


async def test_what_opened_the_window_last_is_told_and_read_again(
    windows: Windows, clock: Clock
) -> None:
    await windows.note([message(WRITTEN_AT - 60), *events("fields.calls.connect.user_initiated")])

    window = await windows.state(PHONE, [PERSON])
    clock.advance(25 * 3600)  # a closed window is read from the store

    assert window == Window("open", CLOSES_AT, "call")
    assert await windows.state(PHONE, [PERSON]) == Window("closed", CLOSES_AT, "call")


def free_status(at: int, **extra: Any) -> Event:
    status: dict[str, Any] = {"id": "wamid.1", "status": "sent", "timestamp": str(at)}
    status["recipient_id"] = PERSON
    status["pricing"] = {"type": "free_entry_point"}
    return Event("1", "status", {"phoneNumberId": PHONE, "status": {**status, **extra}})


async def test_an_ad_is_a_price_that_stands_beside_the_window_and_opens_none(
    windows: Windows, clock: Clock
) -> None:
    await windows.note(events("statuses.sent.free_entry_point"))

    assert await windows.state(PHONE, [PERSON]) == Window("unknown")
    free_until = await windows.free_until(PHONE, [PERSON])
    assert free_until == datetime.fromtimestamp(1790259200, UTC)
    clock.now = 1790259200
    assert await windows.free_until(PHONE, [PERSON]) is None


async def test_without_an_end_told_it_is_72_hours_from_the_first_free_message(
    windows: Windows,
) -> None:
    for at in (WRITTEN_AT, WRITTEN_AT + 3600):
        await windows.note([free_status(at)])
    await windows.note([free_status(WRITTEN_AT + 7200, pricing={"type": "regular"})])

    first_ends = datetime.fromtimestamp(WRITTEN_AT, UTC) + timedelta(hours=72)
    assert await windows.free_until(PHONE, [PERSON]) == first_ends
