"""Sends are journalled before they leave, and statuses may come in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from appmixer.engine.contract import Event
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.plugin.graph.callback_data import pack
from appmixer.whatsapp.plugin.ledgers.deliveries import (
    Attempt,
    Deliveries,
    Delivery,
    keep_accepted,
    step_of,
)

pytestmark = pytest.mark.anyio

WABA = "102290129340398"
STEP_ID = "run-1:step-2"
STEP = step_of(WABA, STEP_ID)
NOW = datetime(2026, 9, 21, tzinfo=UTC)


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext()


@pytest.fixture
def deliveries(context: RecordingContext) -> Deliveries:
    report = context.host.report_fates
    return Deliveries(
        context.store, context.store.put, report, context.host.tell_owners, lambda: NOW
    )


def status(name: str, at: int = 1, step_id: str | None = STEP_ID, **extra: Any) -> Event:
    content = {"id": "wamid.9", "status": name, "timestamp": str(at), **extra}
    if step_id is not None:
        content["biz_opaque_callback_data"] = pack(step_id)
    return Event(name, "status", {"wabaId": WABA, "status": content})


def told(context: RecordingContext) -> list[tuple[str, str, int]]:
    """Return what the host was told of steps: step, state, time."""
    return [(each.step_id, each.state, int(each.at.timestamp())) for each in context.host.fates]


def never(attempt: str) -> bool:
    """What a host says that is certain of nothing."""
    return False


async def test_a_step_begins_once(deliveries: Deliveries) -> None:
    first = await deliveries.begin(STEP, "attempt", never)
    second = await deliveries.begin(STEP, "attempt", never)

    assert (first, second) == (None, Attempt("sending", name="attempt"))


async def test_an_accepted_send_gives_its_result_again(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await keep_accepted(context, STEP, "wamid.9", {"messageId": "wamid.9"})

    assert await deliveries.begin(STEP, "attempt", never) == Attempt(
        "accepted", "wamid.9", {"messageId": "wamid.9"}
    )


async def test_a_refused_send_may_begin_again(deliveries: Deliveries) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await deliveries.refused(STEP)

    assert await deliveries.begin(STEP, "attempt", never) is None


async def test_a_send_of_unknown_outcome_stays_so(deliveries: Deliveries) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await deliveries.unknown(STEP)

    assert await deliveries.begin(STEP, "attempt", never) == Attempt("unknown")


async def test_a_status_resolves_a_send_whose_answer_was_lost(deliveries: Deliveries) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await deliveries.unknown(STEP)
    await deliveries.note([status("sent")])

    assert await deliveries.begin(STEP, "attempt", never) == Attempt("accepted", "wamid.9")


async def test_a_status_that_overtakes_the_answer_is_not_undone_by_it(
    deliveries: Deliveries,
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await deliveries.note([status("sent")])
    await deliveries.unknown(STEP)

    assert await deliveries.begin(STEP, "attempt", never) == Attempt("accepted", "wamid.9")


async def test_a_status_for_a_step_that_never_began_writes_no_journal(
    deliveries: Deliveries,
) -> None:
    await deliveries.note([status("sent")])

    assert await deliveries.begin(STEP, "attempt", never) is None


async def test_a_later_status_does_not_take_the_result_away(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await keep_accepted(context, STEP, "wamid.9", {"a": 1})
    await deliveries.note([status("sent"), status("delivered")])

    assert await deliveries.begin(STEP, "attempt", never) == Attempt(
        "accepted", "wamid.9", {"a": 1}
    )


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])), ids=str)
async def test_the_furthest_status_counts_in_whatever_order_they_come(
    deliveries: Deliveries, order: tuple[str, ...]
) -> None:
    times = {"sent": 1, "delivered": 2, "read": 3}

    for name in order:
        await deliveries.note([status(name, times[name])])

    history = {name: datetime.fromtimestamp(at, UTC) for name, at in times.items()}
    assert await deliveries.delivery(WABA, "wamid.9") == Delivery(
        "wamid.9", "read", history["read"], STEP_ID, history
    )


async def test_a_failure_is_final_and_keeps_its_reason(deliveries: Deliveries) -> None:
    errors = [{"code": 131047}]

    await deliveries.note([status("failed", 5, errors=errors), status("sent", 9)])

    delivery = await deliveries.delivery(WABA, "wamid.9")
    assert delivery is not None
    assert (delivery.status, delivery.errors) == ("failed", tuple(errors))


async def test_nothing_is_known_of_a_message_without_a_status(deliveries: Deliveries) -> None:
    assert await deliveries.delivery(WABA, "wamid.9") is None


@pytest.mark.parametrize(
    "event",
    [
        status("captured", type="payment"),
        status("failed", type="payment"),
        status("warning"),
        Event("1", "status", {"status": {"status": "sent"}}),
        Event("1", "status", {"status": 7}),
        Event("1", "message", {"message": {"id": "wamid.9"}}),
    ],
)
async def test_other_statuses_leave_the_ledger_alone(deliveries: Deliveries, event: Event) -> None:
    await deliveries.note([event])

    assert await deliveries.delivery(WABA, "wamid.9") is None


async def test_the_statuses_of_a_send_are_told_to_the_host_as_its_steps_fates(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await keep_accepted(context, STEP, "wamid.9", {})

    await deliveries.note([status("read", 3), status("sent", 1), status("delivered", 2)])
    await deliveries.note([status("played", 4)])

    assert told(context) == [
        (STEP_ID, "read", 3),
        (STEP_ID, "accepted", 1),
        (STEP_ID, "delivered", 2),
        (STEP_ID, "played", 4),
    ]


async def test_a_status_that_overtakes_the_answer_is_told_too(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    await deliveries.begin(STEP, "attempt", never)

    await deliveries.note([status("delivered")])

    assert told(context) == [(STEP_ID, "delivered", 1)]


@pytest.mark.parametrize(
    ("errors", "title", "code"),
    [
        (
            [{"code": 131047, "title": "Re-engagement message"}],
            "Outside the 24-hour customer service window",
            131047,
        ),
        ([], "The message has failed", None),
    ],
)
async def test_a_failure_is_told_with_cause_and_cure(
    deliveries: Deliveries,
    context: RecordingContext,
    errors: list[dict[str, Any]],
    title: str,
    code: int | None,
) -> None:
    await deliveries.begin(STEP, "attempt", never)

    await deliveries.note([status("failed", errors=errors)])

    [fate] = context.host.fates
    assert fate.state == "failed"
    assert fate.error is not None
    assert (fate.error.title, fate.error.code, bool(fate.error.cause)) == (title, code, True)
    assert bool(fate.error.cure) == bool(code)


@pytest.mark.parametrize(
    "event",
    [
        status("delivered", step_id=None),
        status("delivered", step_id="run-2:step-1"),
        status("delivered", id="wamid.of-another-sender"),
        status("failed", recipient_type="group", recipient_participant_id="16505551234"),
        status("captured", type="payment"),
    ],
    ids=["of nobody", "never sent", "another message", "one of a group", "a payment"],
)
async def test_what_says_nothing_of_a_send_of_ours_is_told_to_nobody(
    deliveries: Deliveries, context: RecordingContext, event: Event
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    await keep_accepted(context, STEP, "wamid.9", {})

    await deliveries.note([event])

    assert context.host.fates == []


async def test_a_status_of_another_business_account_says_nothing_of_our_step(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    await deliveries.begin(STEP, "attempt", never)
    payload = {**status("failed").payload, "wabaId": "2002"}

    await deliveries.note([Event("failed", "status", payload)])

    assert context.host.fates == []


async def test_a_late_failure_says_nothing_of_a_step_that_a_person_has_done_again(
    deliveries: Deliveries, context: RecordingContext
) -> None:
    again = f"{STEP_ID}#2"
    await deliveries.begin(STEP, "attempt", never)
    await deliveries.unknown(STEP, is_over=True)
    await deliveries.begin(f"{STEP}#2", "attempt", never)
    await keep_accepted(context, f"{STEP}#2", "wamid.10", {})
    # A step whose name begins like this one's is none of it.
    await deliveries.begin(f"{STEP}1", "attempt", never)

    await deliveries.note([status("failed")])
    assert told(context) == []

    await deliveries.note([status("read", step_id=again, id="wamid.10")])
    await deliveries.note([status("failed")])
    assert told(context) == [(again, "read", 1)]
