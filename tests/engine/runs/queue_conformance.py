"""The conformance suite for queues: what everything behind the seam `Queue` has to do.

An implementation comes with a `Site`, its rows and the processes that work on them, and runs every
check of `CHECKS` against a new one of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from appmixer.engine.runs.queue import Queue
from appmixer.engine.runs.work import SegmentWork, StepCall

CONNECTOR = "test:echo"
Execute = Callable[[SegmentWork], Awaitable[None]]
# What takes no time is given so much, to show that it does not happen.
MOMENT_S = 0.1


class Process(Protocol):
    """One process at work on the rows of a site."""

    @property
    def queue(self) -> Queue: ...

    async def wait(self, work: SegmentWork, delay_s: float) -> None:
        """Store a segment at rest, which becomes due by itself after so long."""
        ...

    async def die(self) -> None:
        """End as a process does that is killed: nothing is finished, and nothing given back."""
        ...

    async def lose(self) -> None:
        """Live on without the right to execute: the lease is over, the rows are another's."""
        ...


class Site(Protocol):
    """The rows of an implementation, and the processes on them."""

    patience_s: float
    """How long a check waits for what has to happen."""

    async def open(self, execute: Execute) -> Process:
        """Begin a process, which executes as soon as no other has the right to.

        A segment is done when `execute` returns, and not when it is cancelled.
        """
        ...

    async def store(self, works: Iterable[SegmentWork]) -> None:
        """Commit the rows of segments that are due now, and hand them over to nobody."""
        ...

    async def hold(self, run_id: str) -> None:
        """Commit that the segments of a run are not to be begun."""
        ...


def segment(
    name: str,
    rank: int = 1,
    *,
    talk: str = "",
    owner: str = "ann",
    flow: str = "flow",
    run: str = "",
) -> SegmentWork:
    """A segment of a conversation `talk`; without one it is alone in its own.

    With a `run` it works off a value of a list of that run.
    """
    return SegmentWork(
        id=name,
        run_id=run or name,
        owner_id=owner,
        connector=CONNECTOR,
        order_key=talk or name,
        flow_key=f"{owner}/{flow}",
        flow_id=flow,
        version=1,
        event_seq=rank,
        first=StepCall(f"{name}.0", "step", {}),
        rank=rank,
        list_id=run and f"{run}.0",
    )


@dataclass
class Record:
    """Executes segments, those that are `slow` until `go_on` is set, and notes what happened."""

    patience_s: float
    slow: set[str] = field(default_factory=set[str])
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list[str])
    ended: list[str] = field(default_factory=list[str])
    # Segments that were begun beside one of their conversation that they do not go beside.
    beside: list[str] = field(default_factory=list[str])
    # How many of one conversation have been under way at a time.
    most: int = 0
    _under_way: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def execute(self, work: SegmentWork) -> None:
        if any(not work.beside or each != work.beside for each in self._of(work.order_key)):
            self.beside.append(work.id)
        self._under_way.append((work.order_key, work.beside))
        self.most = max(self.most, len(self._of(work.order_key)))
        self.begun.append(work.id)
        try:
            # Long enough for what must not go on beside it.
            await asyncio.sleep(0.001)
            if work.id in self.slow:
                await self.go_on.wait()
            self.ended.append(work.id)
        finally:
            self._under_way.remove((work.order_key, work.beside))

    def _of(self, order_key: str) -> list[str]:
        return [beside for each, beside in self._under_way if each == order_key]

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self.patience_s
        while not is_so():
            assert time.monotonic() < end, f"{what}; begun {self.begun}, ended {self.ended}"
            await asyncio.sleep(0.005)

    async def until_ended(self, names: Iterable[str]) -> None:
        wanted = set(names)
        await self.until(lambda: wanted <= {*self.ended}, f"not all of {sorted(wanted)} ended")

    async def until_begun(self, *names: str) -> None:
        wanted = set(names)
        await self.until(lambda: wanted <= {*self.begun}, f"not all of {sorted(wanted)} begun")


async def _hand_over(site: Site, process: Process, *works: SegmentWork) -> None:
    await site.store(works)
    process.queue.hand_over(works)


async def segments_of_a_conversation_go_one_after_the_other_by_rank(site: Site) -> None:
    record = Record(site.patience_s, slow={"1"})
    process = await site.open(record.execute)
    await _hand_over(site, process, segment("1", 1, talk="x"))
    await record.until_begun("1")

    for rank in (5, 3, 4, 2):
        await _hand_over(site, process, segment(str(rank), rank, talk="x"))
    await asyncio.sleep(MOMENT_S)
    record.go_on.set()
    await record.until_ended("12345")

    assert record.ended == ["1", "2", "3", "4", "5"]
    assert record.beside == []


async def a_slow_conversation_holds_up_no_other(site: Site) -> None:
    record = Record(site.patience_s, slow={"slow"})
    process = await site.open(record.execute)

    behind = segment("behind", 2, talk="x")
    await _hand_over(site, process, segment("slow", 1, talk="x"), behind, segment("other"))
    await record.until_ended(["other"])
    before = list(record.ended)
    record.go_on.set()
    await record.until_ended(["slow", "behind"])

    assert before == ["other"]


async def all_that_is_handed_over_is_executed(site: Site) -> None:
    record = Record(site.patience_s)
    process = await site.open(record.execute)
    works = [
        segment(f"{number}", number, talk=f"talk {number % 17}", owner=f"owner {number % 17 % 3}")
        for number in range(200)
    ]

    for start in range(0, 200, 10):
        await _hand_over(site, process, *works[start : start + 10])
    await record.until_ended(work.id for work in works)

    assert record.beside == []
    for talk in range(17):
        of_talk = [int(each) for each in record.ended if int(each) % 17 == talk]
        assert of_talk == sorted(of_talk)


async def what_is_known_is_not_executed_a_second_time(site: Site) -> None:
    record = Record(site.patience_s, slow={"under way"})
    process = await site.open(record.execute)
    works = segment("under way", 1, talk="x"), segment("behind", 2, talk="x")
    await _hand_over(site, process, *works)
    await record.until_begun("under way")

    for _ in range(3):
        process.queue.hand_over(works)
    await asyncio.sleep(MOMENT_S)
    record.go_on.set()
    await record.until_ended(["under way", "behind"])
    await asyncio.sleep(MOMENT_S)

    assert record.begun == ["under way", "behind"]
    assert record.beside == []


async def what_nobody_has_handed_over_is_executed_and_first(site: Site) -> None:
    await site.store([segment(str(rank), rank, talk="x") for rank in (1, 2, 3)])
    record = Record(site.patience_s)

    process = await site.open(record.execute)
    await _hand_over(site, process, segment("4", 4, talk="x"))
    await record.until_ended("1234")

    assert record.ended == ["1", "2", "3", "4"]


async def another_goes_on_in_order_when_a_process_dies(site: Site) -> None:
    dies, lives = Record(site.patience_s, slow={"1"}), Record(site.patience_s)
    process = await site.open(dies.execute)
    await _hand_over(site, process, *(segment(str(rank), rank, talk="x") for rank in (1, 2, 3)))
    await dies.until_begun("1")
    other = await site.open(lives.execute)
    await asyncio.sleep(MOMENT_S)
    early = list(lives.begun)

    await process.die()
    await _hand_over(site, other, segment("4", 4, talk="x"))
    await lives.until_ended("1234")

    assert (early, dies.ended) == ([], [])
    assert lives.ended == ["1", "2", "3", "4"]
    assert lives.beside == []


async def a_process_whose_rows_are_anothers_begins_nothing_more(site: Site) -> None:
    former, present = Record(site.patience_s, slow={"1"}), Record(site.patience_s)
    process = await site.open(former.execute)
    await _hand_over(site, process, segment("1", 1, talk="x"), segment("2", 2, talk="x"))
    await former.until_begun("1")
    other = await site.open(present.execute)

    await process.lose()
    await _hand_over(site, other, segment("3", 3, talk="x"))
    await present.until_ended("123")
    former.go_on.set()
    await asyncio.sleep(MOMENT_S)

    assert former.begun == ["1"]
    assert present.ended == ["1", "2", "3"], "what the other had begun, nobody knows to be done"


async def one_owners_slow_segments_keep_no_other_owner_waiting(site: Site) -> None:
    many = [segment(f"many {number}") for number in range(40)]
    record = Record(site.patience_s, slow={work.id for work in many})
    process = await site.open(record.execute)
    await _hand_over(site, process, *many)
    await record.until(lambda: len(record.begun) > 0, "none begun")

    await _hand_over(site, process, segment("few", 99, owner="bob"))
    await record.until_ended(["few"])
    before = list(record.ended)
    record.go_on.set()
    await record.until_ended(record.slow)

    assert before == ["few"]


async def one_flows_slow_segments_keep_no_other_flow_waiting(site: Site) -> None:
    many = [segment(f"many {number}", flow="busy") for number in range(40)]
    record = Record(site.patience_s, slow={work.id for work in many})
    process = await site.open(record.execute)
    await _hand_over(site, process, *many)
    await record.until(lambda: len(record.begun) > 0, "none begun")

    await _hand_over(site, process, segment("few", 99, flow="quiet"))
    await record.until_ended(["few"])
    before = list(record.ended)
    record.go_on.set()
    await record.until_ended(record.slow)

    assert before == ["few"]


async def owners_take_turns(site: Site) -> None:
    record = Record(site.patience_s)
    process = await site.open(record.execute)
    many = [segment(f"many {number}", number) for number in range(40)]
    few = [segment(f"few {number}", 100 + number, owner="bob") for number in range(5)]

    await _hand_over(site, process, *many, *few)
    await record.until_ended(work.id for work in [*many, *few])

    last = record.begun.index("few 4")
    assert last < 30, f"five of one owner came after {last - 4} of another"


async def what_is_due_later_is_not_executed_before_its_time(site: Site) -> None:
    record = Record(site.patience_s)
    process = await site.open(record.execute)
    delay_s = 3 * MOMENT_S

    asked_at = time.monotonic()
    await process.wait(segment("later", 1), delay_s)
    await process.wait(segment("much later", 1), 3600.0)
    await _hand_over(site, process, segment("now", 2))
    await record.until_begun("now", "later")

    assert time.monotonic() - asked_at >= delay_s
    assert sorted(record.begun) == ["later", "now"]


async def a_delay_outlives_the_process(site: Site) -> None:
    # It may be over before the process has died, which then does not come to its end.
    dies, lives = Record(site.patience_s, slow={"later"}), Record(site.patience_s)
    process = await site.open(dies.execute)
    delay_s = 5 * MOMENT_S

    asked_at = time.monotonic()
    await process.wait(segment("later"), delay_s)
    await process.die()
    await site.open(lives.execute)
    await lives.until_begun("later")

    assert time.monotonic() - asked_at >= delay_s
    assert dies.ended == []


async def a_close_waits_for_what_is_under_way_and_leaves_the_rest_to_the_next(site: Site) -> None:
    former, following = Record(site.patience_s, slow={"1"}), Record(site.patience_s)
    process = await site.open(former.execute)
    works = [segment(str(rank), rank, talk="x") for rank in (1, 2, 3)]
    await _hand_over(site, process, *works)
    await former.until_begun("1")

    closing = asyncio.ensure_future(process.queue.close())
    await asyncio.wait([closing], timeout=MOMENT_S)
    has_waited = not closing.done()
    await _hand_over(site, process, segment("4", 4, talk="x"), segment("5"))
    former.go_on.set()
    with suppress(asyncio.CancelledError):
        await closing
    await asyncio.sleep(MOMENT_S)
    await process.die()
    await site.open(following.execute)
    await following.until_ended("2345")

    assert has_waited
    assert (former.begun, former.ended) == (["1"], ["1"])
    assert [each for each in following.ended if each != "5"] == ["2", "3", "4"]


async def values_of_one_runs_lists_go_side_by_side(site: Site) -> None:
    record = Record(site.patience_s, slow={"1", "2"})
    process = await site.open(record.execute)
    values = [segment(name, 1, talk="x", run="run") for name in "123"]
    await _hand_over(site, process, *values)

    await record.until_begun("1", "2")
    record.go_on.set()
    await record.until_ended("123")

    assert record.most > 1
    assert record.beside == []


async def what_follows_a_list_in_its_conversation_begins_after_all_its_values(site: Site) -> None:
    record = Record(site.patience_s, slow={"value 2"})
    process = await site.open(record.execute)
    before = segment("before", 1, talk="x")
    values = [segment(f"value {number}", 2, talk="x", run="run") for number in range(4)]
    other = [segment(f"other {number}", 3, talk="x", run="other run") for number in range(2)]
    await _hand_over(site, process, before, *values, *other, segment("after", 4, talk="x"))

    await record.until_begun("value 2")
    await asyncio.sleep(MOMENT_S)
    early = [name for name in record.begun if not name.startswith("value")]
    record.go_on.set()
    await record.until_ended(["after"])

    assert early == ["before"]
    assert record.beside == []
    assert record.ended.index("after") == len(record.ended) - 1


async def what_is_withdrawn_is_not_begun_and_holds_up_nothing(site: Site) -> None:
    record = Record(site.patience_s, slow={"1"})
    process = await site.open(record.execute)
    await _hand_over(site, process, *(segment(str(rank), rank, talk="x") for rank in (1, 2, 3)))
    await record.until_begun("1")

    await site.hold("2")
    process.queue.withdraw("2")
    record.go_on.set()
    await record.until_ended("13")
    await asyncio.sleep(MOMENT_S)

    assert record.ended == ["1", "3"]


Check = Callable[[Site], Awaitable[None]]
CHECKS: Sequence[Check] = (
    values_of_one_runs_lists_go_side_by_side,
    what_follows_a_list_in_its_conversation_begins_after_all_its_values,
    what_is_withdrawn_is_not_begun_and_holds_up_nothing,
    segments_of_a_conversation_go_one_after_the_other_by_rank,
    a_slow_conversation_holds_up_no_other,
    all_that_is_handed_over_is_executed,
    what_is_known_is_not_executed_a_second_time,
    what_nobody_has_handed_over_is_executed_and_first,
    another_goes_on_in_order_when_a_process_dies,
    a_process_whose_rows_are_anothers_begins_nothing_more,
    one_owners_slow_segments_keep_no_other_owner_waiting,
    one_flows_slow_segments_keep_no_other_flow_waiting,
    owners_take_turns,
    what_is_due_later_is_not_executed_before_its_time,
    a_delay_outlives_the_process,
    a_close_waits_for_what_is_under_way_and_leaves_the_rest_to_the_next,
)
