"""Get Conversation Window: answered from what has been heard, without a call of Meta."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from appmixer.engine.contract import Event, Json

from ..live import NUMBER, PERSON, WABA, Live

pytestmark = pytest.mark.anyio

ASKED = {"phoneNumberId": NUMBER, "to": PERSON}
DIGITS = PERSON.removeprefix("+")


def calls(**value: Any) -> Event:
    return Event("1", "calls", {"phoneNumberId": NUMBER, "wabaId": WABA, "value": value})


def now_of(live: Live) -> datetime:
    return datetime.fromtimestamp(live.context.clock.now, UTC)


async def test_a_message_of_the_person_opens_it_until_24_hours_later(live: Live) -> None:
    await live.written_at(live.context.clock.now)

    found = await live.run("GetConversationWindow", **ASKED)

    assert found.model_dump(by_alias=False) == {
        "state": "open",
        "is_open": True,
        "closes_at": now_of(live) + timedelta(hours=24),
        "opened_by": "message",
        "free_until": None,
        "person": PERSON,
    }


@pytest.mark.parametrize(("age_h", "state", "is_open"), [(23, "open", True), (24, "closed", False)])
async def test_it_closes_after_24_hours(live: Live, age_h: int, state: str, is_open: bool) -> None:
    await live.written_at(live.context.clock.now - age_h * 3600)

    found = await live.run("GetConversationWindow", **ASKED, businessAccountId=WABA)

    assert (found.state, found.is_open) == (state, is_open)
    assert found.closes_at == now_of(live) + timedelta(hours=24 - age_h)


async def test_nothing_is_known_of_a_person_who_has_not_been_heard(live: Live) -> None:
    found = await live.run("GetConversationWindow", **ASKED)

    assert (found.state, found.is_open, found.closes_at) == ("unknown", False, None)


async def test_it_says_by_which_call_it_was_opened(live: Live) -> None:
    at = str(int(live.context.clock.now))
    theirs = {"from": DIGITS, "direction": "USER_INITIATED", "event": "connect", "timestamp": at}
    ours = {"type": "call", "status": "ACCEPTED", "recipient_id": "16505559876", "timestamp": at}
    await live.context.plugin.before_routing([calls(calls=[theirs]), calls(statuses=[ours])])

    called = await live.run("GetConversationWindow", **ASKED)
    accepted = await live.run("GetConversationWindow", **{**ASKED, "to": "+16505559876"})

    assert (called.state, called.opened_by) == ("open", "call")
    assert (accepted.state, accepted.opened_by) == ("open", "ourCall")


async def test_the_free_time_after_an_ad_is_told_beside_a_window_that_stays_closed(
    live: Live,
) -> None:
    await live.written_at(live.context.clock.now - 30 * 3600)
    until = int(live.context.clock.now) + 3600
    status: dict[str, Json] = {
        "id": "wamid.1",
        "status": "sent",
        "timestamp": str(until - 72 * 3600),
        "recipient_id": DIGITS,
        "conversation": {"expiration_timestamp": str(until)},
        "pricing": {"type": "free_entry_point"},
    }
    told: dict[str, Json] = {"phoneNumberId": NUMBER, "wabaId": WABA, "status": status}
    await live.context.plugin.before_routing([Event("1", "status", told)])

    found = await live.run("GetConversationWindow", **ASKED)

    assert (found.state, found.free_until) == ("closed", datetime.fromtimestamp(until, UTC))


async def test_asking_calls_meta_for_no_more_than_the_senders_proof(live: Live) -> None:
    await live.run("GetConversationWindow", **ASKED)
    proven = len(live.requests)

    await live.run("GetConversationWindow", **ASKED)

    assert len(live.requests) == proven
    assert {each.method for each in live.requests} == {"GET"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": ""}, "to"),
        ({"to": "somebody"}, "to"),
        ({"to": "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"}, "to"),
        ({"phoneNumberId": "999"}, "phoneNumberId"),
        ({"businessAccountId": "999"}, "businessAccountId"),
    ],
)
async def test_wrong_input_is_refused_with_its_field(
    live: Live, wrong: dict[str, str], field: str
) -> None:
    assert await live.refusal("GetConversationWindow", **{**ASKED, **wrong}) == field
