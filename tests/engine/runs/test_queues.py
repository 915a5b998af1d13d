"""Two implementations of the seam pass the suite, and it notices those that are broken."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from appmixer.engine.runs.embedded import EmbeddedQueue
from appmixer.engine.runs.work import SegmentWork

from . import queue_conformance as suite
from .embedded_site import embedded_site
from .memory_queue import MemoryQueue, MemorySite

pytestmark = pytest.mark.anyio

every_check = pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)


def at(folder: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(folder / "queue.sqlite"))


@every_check
async def test_the_queue_in_memory(check: suite.Check) -> None:
    async with MemorySite().running() as site:
        await check(site)


@every_check
async def test_the_embedded_queue(check: suite.Check, tmp_path: Path) -> None:
    async with embedded_site(at(tmp_path)) as site:
        await check(site)


@every_check
async def test_the_embedded_queue_when_memory_is_full(check: suite.Check, tmp_path: Path) -> None:
    async with embedded_site(at(tmp_path), in_memory=6) as site:
        await check(site)


@every_check
async def test_the_embedded_queue_whose_processes_share_a_database(
    check: suite.Check, postgres: str
) -> None:
    async with embedded_site(sa.make_url(postgres).set(drivername="postgresql+psycopg")) as site:
        await check(site)


async def test_what_is_handed_over_while_the_table_is_read_is_asked_for_at_once() -> None:
    executed: list[str] = []

    async def execute(work: SegmentWork) -> None:
        executed.append(work.id)

    queue = EmbeddedQueue(execute)
    queue.before_rows()
    queue.hand_over([suite.segment("1", 1)])
    queue.take_rows([], set())
    await asyncio.sleep(0)

    assert executed == [], "the table may have had an older one"
    assert queue.wants_rows.is_set()


async def test_others_on_the_loop_have_their_turn_while_many_segments_begin() -> None:
    executed: list[str] = []

    async def execute(work: SegmentWork) -> None:
        executed.append(work.id)

    queue = EmbeddedQueue(execute, places=4_000)
    queue.before_rows()
    queue.take_rows([], set())
    queue.hand_over([suite.segment(str(each), each) for each in range(400)])
    begun = [0]
    while len(executed) < 400:
        await asyncio.sleep(0)
        begun.append(len(executed))

    assert max(after - before for before, after in pairwise(begun)) <= 128


class NewestFirst(MemoryQueue):
    def _free(self) -> Iterator[SegmentWork]:
        works = self.rows.works.values()
        newest = max(works, key=lambda work: work.rank, default=None)
        return iter([newest] if newest and not self.rows.holders else [])


class ManyAtOnce(MemoryQueue):
    """Forgets that a conversation has one segment at a time."""

    def _free(self) -> Iterator[SegmentWork]:
        works = sorted(self.rows.works.values(), key=lambda work: work.rank)
        return (work for work in works if work.id not in self.rows.holders)


class OneAtATime(MemoryQueue):
    def _free(self) -> Iterator[SegmentWork]:
        return iter(()) if self.rows.holders else super()._free()


class Lossy(MemoryQueue):
    def _is_due(self, work: SegmentWork) -> bool:
        return super()._is_due(work) and work.rank % 7 != 0


class Twice(MemoryQueue):
    """Executes whatever it is given, whether it is known or not."""

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        for work in works:
            self._begin(work)


class OnlyWhatIsHandedOver(MemoryQueue):
    _given: frozenset[str] = frozenset()

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        self._given |= {work.id for work in works}
        super().hand_over(works)

    def _is_due(self, work: SegmentWork) -> bool:
        return work.id in self._given and super()._is_due(work)


class NewestHandedOverFirst(MemoryQueue):
    """Executes what is handed over before it looks what there was."""

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        for work in works:
            if not any(each.order_key == work.order_key for each in self._under_way()):
                self._begin(work)

    def _under_way(self) -> Iterable[SegmentWork]:
        return [self.rows.works[each] for each in self.rows.holders]


class ForEver(MemoryQueue):
    """Leaves to a process what it has begun, though that is gone."""

    def _is_held(self, segment_id: str) -> bool:
        return segment_id in self.rows.holders


class Unfenced(MemoryQueue):
    """Goes on with what it knows when its lease is over."""

    _tried: frozenset[str] = frozenset()

    def _take(self) -> None:
        super()._take()
        for work in [] if self.has_lease else list(self.rows.works.values()):
            if work.id not in self._tried:
                self._tried |= {work.id}
                self._begin(work)


class FirstComeFirstServed(MemoryQueue):
    def _has_place(self, work: SegmentWork, held: list[SegmentWork]) -> bool:
        return len(held) < 4


class FairToOwners(MemoryQueue):
    """Gives places to owners, whatever their flows."""

    def _has_place(self, work: SegmentWork, held: list[SegmentWork]) -> bool:
        return sum(each.owner_id == work.owner_id for each in held) < 2


class Early(MemoryQueue):
    def _is_due(self, work: SegmentWork) -> bool:
        return True


class Abrupt(MemoryQueue):
    async def close(self) -> None:
        self._is_closed = True
        for task in self.tasks:
            task.cancel()


class Tireless(MemoryQueue):
    """Goes on until nothing is left when it is to close."""

    async def close(self) -> None:
        while self.tasks:
            await asyncio.wait(self.tasks)


class Strict(MemoryQueue):
    """Knows no lists: one at a time, whatever it is."""

    def _free(self) -> Iterator[SegmentWork]:
        free = super()._free()
        busy = {self.rows.works[each].order_key for each in self.rows.holders}
        return (work for work in free if work.order_key not in busy)


class Overtaking(MemoryQueue):
    """Lets what follows a list begin with its last values."""

    def _goes_beside(self, work: SegmentWork, before: list[SegmentWork]) -> bool:
        mine = [each.beside for each in before if each.order_key == work.order_key]
        return all(beside and beside in (work.beside, "run") for beside in mine)


class Stubborn(MemoryQueue):
    """Executes what it was given, whatever is said of it since."""

    def _is_due(self, work: SegmentWork) -> bool:
        return super()._is_due(work) or self.rows.due_at[work.id] == math.inf


BROKEN: list[tuple[type[MemoryQueue], suite.Check]] = [
    (Strict, suite.values_of_one_runs_lists_go_side_by_side),
    (OneAtATime, suite.values_of_one_runs_lists_go_side_by_side),
    (ManyAtOnce, suite.what_follows_a_list_in_its_conversation_begins_after_all_its_values),
    (Overtaking, suite.what_follows_a_list_in_its_conversation_begins_after_all_its_values),
    (Stubborn, suite.what_is_withdrawn_is_not_begun_and_holds_up_nothing),
    (NewestFirst, suite.segments_of_a_conversation_go_one_after_the_other_by_rank),
    (ManyAtOnce, suite.segments_of_a_conversation_go_one_after_the_other_by_rank),
    (OneAtATime, suite.a_slow_conversation_holds_up_no_other),
    (Lossy, suite.all_that_is_handed_over_is_executed),
    (ManyAtOnce, suite.all_that_is_handed_over_is_executed),
    (Twice, suite.what_is_known_is_not_executed_a_second_time),
    (OnlyWhatIsHandedOver, suite.what_nobody_has_handed_over_is_executed_and_first),
    (NewestHandedOverFirst, suite.what_nobody_has_handed_over_is_executed_and_first),
    (ForEver, suite.another_goes_on_in_order_when_a_process_dies),
    (ManyAtOnce, suite.another_goes_on_in_order_when_a_process_dies),
    (Unfenced, suite.a_process_whose_rows_are_anothers_begins_nothing_more),
    (FirstComeFirstServed, suite.one_owners_slow_segments_keep_no_other_owner_waiting),
    (FirstComeFirstServed, suite.one_flows_slow_segments_keep_no_other_flow_waiting),
    (FairToOwners, suite.one_flows_slow_segments_keep_no_other_flow_waiting),
    (FirstComeFirstServed, suite.owners_take_turns),
    (Early, suite.what_is_due_later_is_not_executed_before_its_time),
    (Early, suite.a_delay_outlives_the_process),
    (OnlyWhatIsHandedOver, suite.a_delay_outlives_the_process),
    (Abrupt, suite.a_close_waits_for_what_is_under_way_and_leaves_the_rest_to_the_next),
    (Tireless, suite.a_close_waits_for_what_is_under_way_and_leaves_the_rest_to_the_next),
]


@pytest.mark.parametrize(
    ("broken", "check"), BROKEN, ids=[f"{each.__name__}-{check.__name__}" for each, check in BROKEN]
)
async def test_the_suite_notices(broken: type[MemoryQueue], check: suite.Check) -> None:
    # What is broken shows when it comes to it, which a busy machine may put off once.
    for _ in range(3):
        try:
            async with MemorySite(broken, patience_s=1.0).running() as site:
                await check(site)
        except AssertionError:
            return
    pytest.fail("the suite has not noticed it")


def test_every_check_has_a_broken_queue_that_it_notices() -> None:
    assert {check for _, check in BROKEN} == set(suite.CHECKS)
