"""The order in which events that wait are routed."""

from __future__ import annotations

from appmixer.engine.events.backlog import Backlog

A, B = frozenset({"a"}), frozenset({"b"})


def test_owners_take_turns_and_each_keeps_its_order() -> None:
    backlog = Backlog()
    for seq in range(1, 6):
        backlog.add(seq, B, "", 1)
    backlog.add(6, A, "", 1)

    assert backlog.take(3, 100) == [1, 6, 2]
    assert backlog.take(9, 100) == [3, 4, 5]
    assert (len(backlog), backlog.seen) == (0, 6)


def test_no_more_is_taken_than_may_be_done_at_once_and_one_event_at_least() -> None:
    backlog = Backlog()
    for seq in range(1, 6):
        backlog.add(seq, B, "", 4)

    assert backlog.take(9, 6) == [1, 2]
    assert backlog.take(9, 1) == [3]


def test_a_conversation_keeps_its_order_whoever_listens_to_its_events() -> None:
    backlog = Backlog()
    backlog.add(1, B, "", 1)
    backlog.add(2, B, "talk", 1)
    backlog.add(3, A, "talk", 1)
    backlog.add(4, A, "", 1)

    first = backlog.take(2, 100)
    second = backlog.take(9, 100)
    backlog.add(5, A, "talk", 1)
    backlog.add(6, B, "", 1)

    assert (first, second) == ([1, 4], [2, 3])
    assert backlog.take(9, 100) == [5, 6]
