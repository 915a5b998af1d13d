"""The worker of a process keeps nothing from ending, also when it does not end itself."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from appmixer.engine.observe.logs import get_log
from appmixer.engine.settings import TemporalSettings
from appmixer.engine.storage.fence import Fence
from appmixer.engine.temporal import worker
from appmixer.engine.temporal.link import Link
from appmixer.engine.temporal.worker import Works

pytestmark = pytest.mark.anyio


class Endless:
    """A worker that hears of its end and goes on."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = 0

    async def run(self) -> None:
        self.begun.set()
        while self.cancelled < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1

    async def shutdown(self) -> None:
        await asyncio.Event().wait()


async def test_a_worker_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless()

    async def make(_: object) -> Endless:
        return endless

    monkeypatch.setattr(worker, "SHUTDOWN_S", 0.1)
    monkeypatch.setattr(Works, "_make", make)
    lease, unused = Fence(), cast("Any", None)
    lease.is_open.set()
    link = Link(TemporalSettings("127.0.0.1:9"), "somebody", get_log("test"))
    working = asyncio.create_task(Works(link, unused, lease, unused).work())
    await endless.begun.wait()

    working.cancel()
    done, _ = await asyncio.wait([working], timeout=20)

    assert done == {working}
    assert endless.cancelled > 0, "it was asked to end"
