"""The engine over Temporal: one process's part of it, made of what the others are made of."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from ..contract import Log
from ..observe.faults import Describe
from ..runs.waits import Row
from ..runs.work import SegmentWork
from ..settings import TemporalSettings
from ..storage.fence import Fence
from ..storage.storage import Storage
from .activities import Activities
from .dispatch import AGAIN_S, Dispatch
from .link import Link
from .names import Names
from .page import page_about
from .timers import Timers
from .upkeep import Upkeep
from .worker import WORKFLOWS, Works

# After so long without a sign of life Temporal takes an execution for dead.
HEARTBEAT_S = 10.0
# What is under way when the process ends has so long to end.
GRACE_S = 5.0


class Temporal:
    """Has what is due executed by all processes on a database, this one among them.

    `turn` is open while this process hands over, `lease` while it executes. `do` executes a
    segment and says whether it is done, `read` reads what rows are to do, and `hand_over` gets
    what is due next. `wake` has the process that has the turn wake triggers that are due by a time.
    What no timer was made for is found in the tables `late_s` after its time. `stop` lets a run, of
    those that are `under_way` here, begin no further step.
    """

    def __init__(
        self,
        settings: TemporalSettings,
        storage: Storage,
        *,
        turn: Fence,
        lease: Fence,
        do: Callable[[SegmentWork], Awaitable[bool]],
        read: Callable[[Sequence[Row]], Awaitable[list[SegmentWork]]],
        hand_over: Callable[[Sequence[Row]], Awaitable[None]],
        wake: Callable[[float], Awaitable[None]],
        under_way: Callable[[], Collection[str]],
        stop: Callable[[str], None],
        connectors: Callable[[], Collection[str]],
        side_by_side: int,
        late_s: float,
        log: Log,
        describe: Describe,
        heartbeat_s: float = HEARTBEAT_S,
        again_s: float = AGAIN_S,
        workflows: Sequence[type] = WORKFLOWS,
    ) -> None:
        self.link = Link(settings, uuid.uuid4().hex, log)
        names = self._names = Names(storage.seal)
        self._settings = settings
        self.dispatch = Dispatch(
            link=self.link,
            names=names,
            rows=storage.rows,
            turn=turn,
            hand_over=hand_over,
            side_by_side=side_by_side,
            heartbeat_s=heartbeat_s,
            log=log,
            describe=describe,
            again_s=again_s,
        )
        self.timers = Timers(self.link, names, storage.clock, log, late_s)
        self.activities = Activities(
            writer=storage.writer,
            rows=storage.rows,
            lease=lease,
            execute=do,
            fresh=self.dispatch.fresh,
            tell=self.dispatch.tell,
            read=read,
            hand_over=hand_over,
            wake=wake,
            connectors=connectors,
            describe=describe,
            clock=storage.clock,
            heartbeat_s=heartbeat_s,
        )
        self.upkeep = Upkeep(storage.writer, storage.rows, under_way, stop, log)
        self.works = Works(self.link, names, lease, self.activities, workflows)

    def troubles(self) -> dict[str, str]:
        """Return why Temporal is of no use just now, by its name, or nothing."""
        return {"temporal": self.link.trouble} if self.link.trouble else {}

    async def execute(self, work: SegmentWork) -> None:
        """Have a segment executed by whichever process takes it; return when it is over."""
        await self.dispatch.execute(work)

    @property
    def has_page(self) -> bool:
        """Say whether it is known where Temporal's own page is."""
        return bool(self._settings.ui)

    def page_about(self, order_key: str) -> str:
        """Return the address of Temporal's page about a conversation."""
        return page_about(self._settings, self._names.conversation(order_key))

    def add_end(self, segment_id: str, at: float) -> None:
        """Have a wait ended at a time."""
        self.timers.add_wait(segment_id, at)

    def add_schedule(self, at: float) -> None:
        """Have triggers woken that are due at a time."""
        self.timers.add_schedule(at)

    @property
    def tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What lives as long as the process."""
        return {
            "temporal": self.link.keep,
            "temporal worker": self.works.work,
            "temporal timers": self.timers.work,
            "executions elsewhere": self.dispatch.watch,
            "stops": self.upkeep.heed_stops,
            "claims": self.upkeep.remove_old,
        }

    def leave(self) -> None:
        """Execute nothing more: the lease is over."""
        self.works.leave()

    async def start(self) -> None:
        """Connect; raise StartError when somebody has to change something first."""
        await self.link.start()

    async def close(self) -> None:
        """Wait shortly for what this process executes; the rest is another's."""
        await self.activities.close(GRACE_S)
        self.dispatch.close()
