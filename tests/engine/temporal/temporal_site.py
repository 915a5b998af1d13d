"""Temporal as the suite for queues sees it: processes that share a database and a real server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.contract import SystemClock
from appmixer.engine.host.turn import Turn
from appmixer.engine.observe.faults import Faults
from appmixer.engine.observe.logs import get_log
from appmixer.engine.runs.work import SegmentWork
from appmixer.engine.settings import TemporalSettings
from appmixer.engine.storage.claims import PROCESS
from appmixer.engine.storage.database import migrate, open_database
from appmixer.engine.storage.readers import Readers
from appmixer.engine.storage.seal import Seal
from appmixer.engine.storage.storage import Storage
from appmixer.engine.storage.writer import Writer
from appmixer.engine.temporal.temporal import Temporal
from appmixer.engine.temporal.worker import WORKFLOWS

from ..runs.embedded_site import (
    LEASE_S,
    LOOK_S,
    EmbeddedSite,
    LeasedProcess,
    cut_off,
    run_out,
)
from ..runs.queue_conformance import CONNECTOR, Execute

HEARTBEAT_S = 1.0
# What no timer was made for, because the process died, is ended so late.
LATE_S = 1.0
AGAIN_S = 1.0


class TemporalProcess(LeasedProcess):
    """One that has a turn to hand over, and a lease to execute.

    It lives and dies with its `helper`, if it has one, which executes beside it.
    """

    helper: TemporalProcess | None = None

    def __init__(self, site: TemporalSite, execute: Execute, workflows: Sequence[type]) -> None:
        """Execute nothing without `workflows`, and only hand over."""
        super().__init__(site, execute, site.in_memory)
        name = f"{PROCESS}{len(site.processes)}-{id(self)}"
        self._lease_over = asyncio.Event()
        log = get_log("test")
        self.lease = Turn(
            self.writer,
            log,
            on_lost=self._lose_lease,
            is_alone=False,
            name=name,
            lease_s=LEASE_S,
            look_s=LOOK_S,
        )
        self.temporal = Temporal(
            site.settings,
            Storage(site.readers, self.writer, site.seal, SystemClock()),
            turn=self.fence,
            lease=self.lease.fence,
            do=self._execute,
            read=self.due.read,
            hand_over=self.due.hand_over,
            wake=_wake_nobody,
            under_way=lambda: (),
            stop=lambda _: None,
            connectors=lambda: [CONNECTOR],
            side_by_side=5,
            late_s=site.late_s,
            log=log,
            describe=Faults(log).describe,
            heartbeat_s=HEARTBEAT_S,
            again_s=AGAIN_S,
            workflows=workflows,
        )
        self.due.late_s, self.due.horizon_s = site.late_s, 2 * LATE_S
        tasks = dict(self.temporal.tasks)
        if not workflows:
            del tasks["temporal worker"]
        self.tasks.extend(asyncio.ensure_future(each()) for each in tasks.values())

    async def start(self) -> None:
        await self.lease.make()
        await self.temporal.start()
        self.tasks.append(asyncio.create_task(self.lease.keep()))
        await self.lease.is_mine.wait()

    async def _begin(self, work: SegmentWork) -> None:
        await self.temporal.execute(work)

    async def wait(self, work: SegmentWork, delay_s: float) -> None:
        at = await self.store_wait(work, delay_s)
        self.due.add_end(work.id, at)
        self.temporal.add_end(work.id, at)

    def _lose_lease(self) -> None:
        self.temporal.works.leave()
        self._lease_over.set()

    async def help(self, other: TemporalProcess) -> None:
        """Execute beside another one, and never have the turn."""
        self._keeping.cancel()
        other.helper = self
        await self.start()

    async def die(self) -> None:
        if self.helper is not None:
            await self.helper.die()
        for task in self.temporal.activities.under_way:
            task.cancel()
        await super().die()
        await run_out(self.lease.name, self._site.writer)

    async def lose(self) -> None:
        await super().lose()
        await self.lose_lease()
        if self.helper is not None:
            await self.helper.lose_lease()

    async def lose_lease(self) -> None:
        await cut_off(self.lease, self._lease_over, self._site.writer)


async def _wake_nobody(at: float) -> None:
    raise AssertionError(f"nothing was scheduled, and something is due at {at}")


@dataclass
class TemporalSite(EmbeddedSite):
    settings: TemporalSettings = field(default_factory=lambda: TemporalSettings(""))
    # A new key, so its names are its own on a server of all tests.
    seal: Seal = field(default_factory=lambda: Seal(Fernet.generate_key()))
    late_s: float = LATE_S
    patience_s: float = 60.0
    workers: int = 1

    async def open(
        self, execute: Execute, workflows: Sequence[type] = WORKFLOWS
    ) -> TemporalProcess:
        process = TemporalProcess(self, execute, workflows)
        self.processes.append(process)
        await process.start()
        if self.workers > 1:
            await TemporalProcess(self, execute, workflows).help(process)
        return process


@contextlib.asynccontextmanager
async def temporal_site(
    postgres: str, address: str, workers: int = 1
) -> AsyncGenerator[TemporalSite]:
    database = open_database(sa.make_url(postgres).set(drivername="postgresql+psycopg"))
    await asyncio.to_thread(migrate, database)
    site = TemporalSite(
        database,
        Writer(database),
        Readers(database),
        20_000,
        settings=TemporalSettings(address),
        workers=workers,
    )
    try:
        yield site
    finally:
        for process in list(site.processes):
            await process.die()
        await site.readers.close()
        await asyncio.to_thread(site.writer.close)
        database.dispose()
