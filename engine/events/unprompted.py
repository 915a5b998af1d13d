"""Runs that no event begins: by the clock, by a request, or because somebody says so."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import sqlalchemy as sa
from pydantic import BaseModel

from ..runs.notices import Notices
from ..runs.states import RunState
from ..runs.waits import Row
from ..runs.work import SegmentWork
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, events, runs
from .starts import Start, json_text, store_runs


class Asked(Protocol):
    """The row of what a trigger has asked for: where it stands, and on whose behalf."""

    @property
    def owner_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def connector(self) -> str: ...
    @property
    def flow_key(self) -> str: ...
    @property
    def flow_id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def component(self) -> str: ...


class HandOver(Protocol):
    """Brings what a commit has made due to the queue."""

    def __call__(
        self, rows: Sequence[Row], fresh: Sequence[SegmentWork] = ()
    ) -> Awaitable[None]: ...


@dataclass(frozen=True)
class Unprompted:
    """Stores such runs and hands them over; `also` shares the commit, and may call it off."""

    storage: Storage
    hand_over: HandOver
    notices: Notices

    async def after_seq(self) -> int:
        """Return the last event: no earlier one ends a wait of a run that begins now."""
        query = sa.select(sa.func.max(events.c.seq).label("seq"))
        return int((await self.storage.rows(query))[0].seq or 0)

    async def store(self, starts: Sequence[Start], also: Callable[[sa.Connection], bool]) -> bool:
        """Return whether they were stored."""
        write = partial(_store, starts=starts, also=also, now=self.storage.clock.now)
        if not await self.storage.writer.commit(write):
            return False
        await self.hand_over([], [start.work for start in starts if start.error is None])
        for start in starts:
            state = RunState.FAILED if start.error else RunState.RUNNING
            begun = start.begun
            self.notices.tell_run(start.owner_id, start.run_id, start.flow_id, state, begun)
        return True


def starts_of(
    asked: Asked,
    what: str,
    kind: str,
    port: str,
    after_seq: int,
    *,
    outputs: Sequence[BaseModel | Mapping[str, Any]] = (),
    error: dict[str, Any] | None = None,
    like: str | None = None,
) -> list[Start]:
    """Return a run for each output, or one that has failed; `what` makes their ids."""
    values = [
        each.model_dump(mode="json") if isinstance(each, BaseModel) else dict(each)
        for each in outputs
    ]
    return [
        Start(
            run_id=hashlib.sha256(f"{what}|{number}".encode()).hexdigest()[:32],
            owner_id=asked.owner_id,
            account_id=asked.account_id,
            listener_id="",
            connector=asked.connector,
            flow_key=asked.flow_key,
            flow_id=asked.flow_id,
            version=asked.version,
            component=asked.component,
            type=kind,
            event_seq=0,
            order="",
            depth=0,
            origin=None,
            value=value,
            port=port,
            output=None if value is None else json_text({port: [value]}),
            error=error,
            after_seq=after_seq,
            # The versions of tests have numbers below zero.
            is_test=asked.version < 0,
            like_run_id=like,
        )
        for number, value in enumerate([None] if error else values)
    ]


def as_outputs(result: BaseModel | Sequence[BaseModel] | None) -> Sequence[BaseModel]:
    """Return what `receive` gave as a list."""
    if result is None:
        return []
    return [result] if isinstance(result, BaseModel) else list(result)


def is_connected(connection: sa.Connection, account_id: str) -> bool:
    """Say whether the account works, or none is needed; nobody changes it before the commit."""
    if not account_id:
        return True
    mine = accounts.c.id == account_id
    state = connection.scalar(sa.select(accounts.c.state).where(mine).with_for_update(read=True))
    return bool(state == CONNECTED)


def _store(
    connection: sa.Connection,
    starts: Sequence[Start],
    also: Callable[[sa.Connection], bool],
    now: float,
) -> bool:
    if not also(connection):
        return False
    store_runs(connection, starts, now)
    for start in starts:
        if start.like_run_id is not None:
            mine = runs.c.id == start.run_id
            connection.execute(sa.update(runs).where(mine).values(like_run_id=start.like_run_id))
    return True
