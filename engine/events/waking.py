"""Waking triggers at the times for which they have asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import sqlalchemy as sa

from ..contract import AuthorizationError, JsonObject, Log, ThrottledError
from ..flows.flows import Flows
from ..flows.schedules import MISSED_AFTER_S, next_time
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.fence import Fence
from ..storage.storage import Storage
from ..storage.store import put_rows
from ..storage.tables import CONNECTED, accounts, flows, schedules
from ..times import iso
from .starts import Start
from .unprompted import Unprompted, as_outputs, is_connected, starts_of

# So many triggers are awake at once, and one owner's take half of what the others leave.
PLACES = 64
# So many due ones are in memory, of each owner the oldest in turn.
AT_ONCE = 500
# A trigger that asks a service for news may take so long.
LONGEST_S = 60.0
# What other processes have stored is found after this; what this one has stored, at once.
LOOK_ALONE_S, LOOK_AMONG_OTHERS_S = 60.0, 2.0
# Many may be due within a moment: they are looked for together.
LOOK_GAP_S = 0.1
# A database that is away is asked again after this.
PAUSE_S = 1.0


@dataclass
class Waker:
    """Wakes triggers, owner after owner. One per database is at work, while `fence` is open.

    What was asked for in the name of an account that has to be connected again, or of a connector
    that is not among `connectors`, waits.
    """

    storage: Storage
    flows: Flows
    unprompted: Unprompted
    fence: Fence
    connectors: Callable[[], Collection[str]]
    log: Log
    describe: Describe
    look_s: float = LOOK_ALONE_S
    # Has `look` called at a time in the process that has the turn then; None where this one looks
    # at its clock.
    add_timer: Callable[[float], None] | None = None
    # Whether nothing is to be done before some time comes.
    is_at_rest: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _due: dict[str, deque[sa.Row[Any]]] = field(default_factory=dict[str, "deque[sa.Row[Any]]"])
    _awake: dict[str, str] = field(default_factory=dict[str, str])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    _look_at: float = 0.0
    _is_cut: bool = False

    def look(self, at: float = 0.0) -> None:
        """Look again, now or at a time: something was asked for or has come due."""
        self._look_at = min(self._look_at, at)
        self._changed.set()

    def expect(self, times: Iterable[float]) -> None:
        """Look again, now and at the times for which something was stored just now."""
        self.look()
        for at in times:
            self._look_then(at)

    async def work(self) -> None:
        """Wake whatever is due until cancelled."""
        try:
            while True:
                await self.fence.enter()
                self._changed.clear()
                try:
                    if self._look_at <= self.storage.clock.now or self._wants_more:
                        await self._look()
                except DATABASE_AWAY as error:
                    self.log.warning("schedules_not_read", error=type(error).__name__)
                    self._look_at = 0.0
                    await asyncio.sleep(PAUSE_S)
                    continue
                self._fill_places()
                rest_s = max(self._look_at - self.storage.clock.now, 0.0)
                self.is_at_rest = not (
                    self._due or self._awake or self._changed.is_set() or not rest_s
                )
                await self.storage.clock.wait(self._changed, rest_s)
                self.is_at_rest = False
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._due.clear()

    @property
    def _wants_more(self) -> bool:
        return self._is_cut and not self._due

    async def _look(self) -> None:
        """Read what is due, of each owner the oldest in turn, and when something is due next."""
        now = self.storage.clock.now
        place = sa.func.row_number().over(
            partition_by=schedules.c.owner_id, order_by=(schedules.c.wake_at, schedules.c.id)
        )
        may_wake = (schedules.c.account_id == "") | (accounts.c.state == CONNECTED)
        query = (
            sa.select(schedules, flows.c.id.label("flow_id"), place.label("place"))
            .join(flows, flows.c.key == schedules.c.flow_key)
            .join(accounts, accounts.c.id == schedules.c.account_id, isouter=True)
            .where(
                schedules.c.wake_at <= now,
                schedules.c.connector.in_(list(self.connectors())),
                may_wake,
            )
            .order_by("place", schedules.c.wake_at)
            .limit(AT_ONCE + PLACES)
        )
        soonest = sa.func.min(schedules.c.wake_at).label("at")
        following = sa.select(soonest).where(schedules.c.wake_at > now)
        self._look_at = now + self.look_s
        rows = await self.storage.rows(query)
        if self.add_timer is None:
            [after] = await self.storage.rows(following)
            if after.at is not None:
                self._look_at = min(self._look_at, max(after.at, now + LOOK_GAP_S))
        self._is_cut = len(rows) == AT_ONCE + PLACES
        self._due = {}
        for row in rows:
            if row.id not in self._awake:
                self._due.setdefault(row.owner_id, deque()).append(row)

    def _fill_places(self) -> None:
        """Wake in turn, as long as there are places and the owner has not its share of them."""
        owners = deque(self._due)
        while owners and len(self._awake) < PLACES and self.fence.is_open.is_set():
            owner_id = owners.popleft()
            mine = sum(each == owner_id for each in self._awake.values())
            left = PLACES - (len(self._awake) - mine)
            if mine >= max(left // 2, 1):
                continue
            row = self._due[owner_id].popleft()
            if self._due[owner_id]:
                owners.append(owner_id)
            else:
                del self._due[owner_id]
            self._awake[row.id] = owner_id
            task = asyncio.create_task(self._do(row), name=f"wake {row.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _do(self, row: sa.Row[Any]) -> None:
        try:
            await self._wake(row)
        except DATABASE_AWAY as error:
            self.log.warning("trigger_not_woken", schedule=row.id, error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)
            self.look()
        except Exception as error:  # whatever it is, it must not keep other triggers asleep
            self.describe(error, schedule=row.id)
            await self._later(row, LONGEST_S, "It could not be woken; the log tells more.")
        finally:
            del self._awake[row.id]
            self._changed.set()

    async def _wake(self, row: sa.Row[Any]) -> None:
        now = self.storage.clock.now
        if not row.catches_up and now - row.due_at > MISSED_AFTER_S:
            await self._store(row, now, [])
            return
        event = {"schedule": row.name, "scheduledAt": iso(row.due_at), "actualAt": iso(now)}
        what = f"schedule|{row.id}|{row.due_at!r}"
        after_seq = await self.unprompted.after_seq()
        kind = (await self.flows.document(row.flow_key, row.version)).components[row.component].type
        begin = partial(starts_of, cast("Any", row), what, kind, after_seq=after_seq)
        kept: Sequence[Mapping[str, Any]] = []
        try:
            port, result, kept = await self._receive(row, event)
            starts = begin(port, outputs=as_outputs(result))
        except DATABASE_AWAY:
            raise
        except ThrottledError as error:
            await self._later(row, error.retry_after_s, str(error))
            return
        except TimeoutError:
            reason = f"It has not come to an end within {LONGEST_S:g} seconds."
            await self._later(row, LONGEST_S, reason)
            return
        except Exception as error:  # a component's fault must not keep other triggers asleep
            if isinstance(error, AuthorizationError) and row.account_id:
                # It goes on when the account has been connected again.
                await self._later(row, 0.0, str(error))
                await self.flows.accounts.mark_reconnect(row.account_id, str(error), asked_at=now)
                return
            starts = begin("", error=self.describe(error, component=row.component))
        try:
            await self._store(row, now, starts, kept)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # no database takes what the trigger gave
            failed = begin("", error=self.describe(error, component=row.component))
            await self._store(row, now, failed)

    async def _store(
        self,
        row: sa.Row[Any],
        now: float,
        starts: Sequence[Start],
        kept: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        due_at = next_time(row.rule, max(now, row.due_at), row.due_at)
        if not await self.unprompted.store(starts, self._moving_on(row, due_at, kept)):
            self.look()
        elif due_at is not None:
            self._look_then(due_at)

    async def _receive(
        self, row: sa.Row[Any], event: JsonObject
    ) -> tuple[str, Any, Sequence[Mapping[str, Any]]]:
        trigger, context = await self.flows.trigger(
            row.owner_id, row.flow_key, row.version, row.component
        )
        # What it asks of a network bounds how long it takes, not what time it is.
        async with asyncio.timeout(LONGEST_S):
            result = await trigger.receive(context, event)
        return trigger.port, result, context.kept

    def _moving_on(
        self, row: sa.Row[Any], due_at: float | None, kept: Sequence[Mapping[str, Any]]
    ) -> Callable[[sa.Connection], bool]:
        """Return what writes when it is due next, unless somebody else has, or it was stopped."""

        def move_on(connection: sa.Connection) -> bool:
            if not is_connected(connection, row.account_id):
                return False
            change = {"due_at": due_at, "wake_at": due_at, "reason": ""}
            moved = sa.update(schedules).where(_is_same(row)).values(change)
            if not connection.execute(moved).rowcount:
                return False
            if kept:
                put_rows(connection, kept)
            return True

        return move_on

    async def _later(self, row: sa.Row[Any], delay_s: float, reason: str) -> None:
        """Look at it again after a delay; it stays due for the same time."""
        wake_at = self.storage.clock.now + max(delay_s, 0.0)
        change = sa.update(schedules).where(_is_same(row)).values(wake_at=wake_at, reason=reason)
        await self.storage.writer.commit(lambda connection: connection.execute(change))
        self._look_then(wake_at)

    def _look_then(self, at: float) -> None:
        if self.add_timer is None:
            self.look(at)
        else:
            self.add_timer(at)


def _is_same(row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(
        schedules.c.id == row.id,
        schedules.c.due_at == row.due_at,
        schedules.c.version == row.version,
    )
