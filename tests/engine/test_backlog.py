"""The order in which events that wait are routed."""

from __future__ import annotations

from appmixer.engine.backlog import Backlog

A, B = frozenset({"a"}), frozenset({"b"})


def test_owners_take_turns_and_each_keeps_its_order() -> None:
    backlog = Backlog()
    for seq in range(1, 6):
        backlog.add(seq, B, "")
    backlog.add(6, A, "")

    assert backlog.take(3) == [1, 6, 2]
    assert backlog.take(9) == [3, 4, 5]
    assert (len(backlog), backlog.seen) == (0, 6)


def test_what_is_put_back_comes_before_what_waits() -> None:
    backlog = Backlog()
    for seq in range(1, 5):
        backlog.add(seq, B, "talk")
    taken = backlog.take(3)

    backlog.put_back(taken[1:])

    assert len(backlog) == 3
    assert backlog.take(9) == [2, 3, 4]


def test_a_conversation_keeps_its_order_whoever_listens_to_its_events() -> None:
    backlog = Backlog()
    backlog.add(1, B, "")
    backlog.add(2, B, "talk")
    backlog.add(3, A, "talk")
    backlog.add(4, A, "")

    first = backlog.take(2)
    backlog.put_back(first)
    taken = backlog.take(9)
    backlog.add(5, A, "talk")
    backlog.add(6, B, "")

    assert first == [1, 4]
    assert taken.index(2) < taken.index(3)
    assert backlog.take(9) == [5, 6]
