"""What executes segments: the executor behind its queue, whose turn it is, and what stops a run."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from structlog.typing import FilteringBoundLogger

from ..contract import Plugin
from ..flows.flows import Flows
from ..flows.input_checks import InputChecks
from ..flows.models import ComponentType
from ..limits import Limits
from ..observe.faults import Describe
from ..observe.tasks import Tasks
from ..runs.commands import Commands
from ..runs.counts import WaitCounts
from ..runs.due import HORIZON_S, SWEEP_ALONE_S, SWEEP_AMONG_OTHERS_S, Due
from ..runs.embedded import EmbeddedQueue
from ..runs.ending import end_some
from ..runs.retrying import Retries
from ..runs.segments import Executor
from ..runs.steps import Steps
from ..settings import TemporalSettings
from ..storage.claims import PROCESS
from ..storage.storage import Storage
from .actions import Actions
from .notices import StreamedNotices
from .turn import Turn

if TYPE_CHECKING:
    from ..temporal.temporal import Temporal

# Where Temporal's timers do things in time: what has none is done so much later.
LATE_S = 10.0


@dataclass(frozen=True)
class Execution:
    """The parts, which know of one another."""

    executor: Executor
    queue: EmbeddedQueue
    turn: Turn
    lease: Turn | None
    """By which this process executes, where others do as well."""
    temporal: Temporal | None
    due: Due
    commands: Commands
    retries: Retries

    async def open(self, opened: contextlib.AsyncExitStack) -> None:
        """Take part in what processes share, until that is closed; raise StartError."""
        opened.push_async_callback(self.turn.close)
        if self.lease is not None and self.temporal is not None:
            await self.lease.make()
            opened.push_async_callback(self.lease.close)
            await self.temporal.start()

    def let_end(self, opened: contextlib.AsyncExitStack) -> None:
        """Wait shortly for what is under way when that is closed."""
        opened.push_async_callback(self.queue.close)
        if self.temporal is not None:
            opened.push_async_callback(self.temporal.close)

    def begin(self, tasks: Tasks) -> None:
        """Begin what lives as long as the process."""
        tasks.begin("turn", self.turn.keep)
        if self.lease is not None and self.temporal is not None:
            tasks.begin("lease", self.lease.keep)
            for name, work in self.temporal.tasks.items():
                tasks.begin(name, work)
        tasks.begin("queue", self.due.sweep)
        tasks.begin("timers", self.due.end_waits)


def make_execution(
    storage: Storage,
    *,
    database: sa.Engine,
    over: TemporalSettings | None,
    limits: Limits,
    types: Mapping[str, ComponentType],
    plugins: Mapping[str, Plugin],
    flows: Flows,
    actions: Actions,
    input_checks: InputChecks,
    notices: StreamedNotices,
    wake: Callable[[float], None],
    log: FilteringBoundLogger,
    describe: Describe,
) -> Execution:
    """Make them; nothing is executed before the queue is given something and has the turn.

    `wake` is called when triggers are due by a time in this process, which has the turn.
    """
    clock = storage.clock
    executor = Executor(
        writer=storage.writer,
        rows=storage.rows,
        types=types,
        document=flows.document,
        steps=Steps(
            rows=storage.rows,
            seal=storage.seal,
            types=types,
            act=actions.do_call,
            may_wait=WaitCounts(storage.rows, limits, clock).check,
            input_checks=input_checks,
            form_faults=flows.forms.run_faults,
            clock=clock,
        ),
        describe=describe,
        notices=notices,
        hand_over=lambda rows, fresh: due.hand_over(rows, fresh),
        leave=lambda: queue.leave(),
        end_run=lambda run_id: end_run(run_id),
        add_end=lambda segment_id, at: add_end(segment_id, at),
        side_by_side=limits.side_by_side,
        clock=clock,
    )
    turn = Turn(
        storage.writer,
        log,
        on_lost=lambda: due.leave_all(),
        is_alone=database.dialect.name == "sqlite",
        executes_alone=over is None,
    )
    lease: Turn | None = None
    temporal: Temporal | None = None
    if over is not None:
        lease, temporal = _make_temporal(
            over,
            storage,
            executor=executor,
            turn=turn,
            due=lambda: due,
            wake=wake,
            plugins=plugins,
            log=log,
            describe=describe,
        )
    queue = EmbeddedQueue(
        temporal.execute if temporal is not None else executor.execute,
        side_by_side=limits.side_by_side,
        context=turn.fence.context,
    )

    def add_end(segment_id: str, at: float) -> None:
        due.add_end(segment_id, at)
        if temporal is not None:
            temporal.add_end(segment_id, at)

    def stop_run(run_id: str) -> None:
        executor.stop(run_id)
        queue.withdraw(run_id)

    async def end_run(run_id: str) -> None:
        stop_run(run_id)
        while await storage.writer.commit_in_the_end(partial(end_some, run_id=run_id)):
            pass

    due = Due(
        writer=storage.writer,
        rows=storage.rows,
        queue=queue,
        clock=clock,
        give_up=executor.give_up_row,
        log=log,
        fence=turn.fence,
        connectors=lambda: plugins.keys(),
        late_s=0.0 if temporal is None else LATE_S,
        horizon_s=HORIZON_S if temporal is None else 2 * LATE_S,
        sweep_s=SWEEP_ALONE_S if turn.is_alone else SWEEP_AMONG_OTHERS_S,
        stop=None if turn.is_alone else stop_run,
    )
    commands = Commands(
        storage=storage,
        stop=stop_run,
        hand_over=due.hand_over,
        notices=notices,
        side_by_side=limits.side_by_side,
        is_alone=turn.is_alone,
        clock=clock,
    )
    retries = Retries(storage, flows.document, due.hand_over, notices)
    return Execution(executor, queue, turn, lease, temporal, due, commands, retries)


def _make_temporal(
    over: TemporalSettings,
    storage: Storage,
    *,
    executor: Executor,
    turn: Turn,
    due: Callable[[], Due],
    wake: Callable[[float], None],
    plugins: Mapping[str, Plugin],
    log: FilteringBoundLogger,
    describe: Describe,
) -> tuple[Turn, Temporal]:
    """Make what has segments executed by all processes, and the lease by which this one does."""
    # Imported here: what is installed without its extra is the engine of one process at a time.
    from ..temporal.temporal import Temporal
    from .relay import tell_due

    async def wake_due(at: float) -> None:
        if turn.fence.is_open.is_set():
            wake(at)
        else:
            await storage.readers.read(partial(tell_due, at=at))

    lease = Turn(
        storage.writer,
        log,
        on_lost=lambda: temporal.leave(),
        is_alone=False,
        name=f"{PROCESS}{uuid.uuid4().hex}",
    )
    temporal = Temporal(
        over,
        storage,
        turn=turn.fence,
        lease=lease.fence,
        do=executor.execute,
        read=lambda rows: due().read(rows),
        hand_over=lambda rows: due().hand_over(rows),
        wake=wake_due,
        under_way=lambda: [each.work.run_id for each in executor.under_way],
        stop=executor.stop,
        connectors=lambda: plugins.keys(),
        side_by_side=executor.side_by_side,
        late_s=LATE_S,
        log=log,
        describe=describe,
    )
    return lease, temporal
