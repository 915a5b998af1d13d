"""An engine as a process whose one clock a test moves: a file says how far it is ahead."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

# Waits are taken in slices, since nobody tells a process's event loop that its clock has moved.
ENGINE = [
    sys.executable,
    "-c",
    """
import asyncio, os, time
from contextlib import suppress
from pathlib import Path

from appmixer.engine import contract
from appmixer.engine.cli import main
from appmixer.engine.host import engine

SLICE_S = 0.1
FILE = Path(os.environ["MOVED_CLOCK"])


class MovedClock(contract.SystemClock):
    ahead_s, looked_at = 0.0, 0.0

    def _ahead(self):
        if time.monotonic() - self.looked_at > SLICE_S:
            type(self).looked_at = time.monotonic()
            type(self).ahead_s = float(FILE.read_text())
        return self.ahead_s

    @property
    def now(self):
        return time.time() + self._ahead()

    @property
    def elapsed(self):
        return time.monotonic() + self._ahead()

    async def sleep(self, seconds):
        until = self.elapsed + seconds
        await asyncio.sleep(0)
        while (left := until - self.elapsed) > 0:
            await asyncio.sleep(min(left, SLICE_S))

    async def wait(self, event, seconds):
        until = self.elapsed + seconds
        await asyncio.sleep(0)
        while (left := until - self.elapsed) > 0 and not event.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, SLICE_S)):
                    await event.wait()


engine.SystemClock = MovedClock
main()
""",
]


@contextmanager
def moved(folder: Path) -> Generator[Callable[[float], None]]:
    """Give what moves the clock of an engine that is started from `ENGINE` meanwhile."""
    file, ahead_s = folder / "ahead", 0.0

    def move(seconds: float) -> None:
        nonlocal ahead_s
        ahead_s += seconds
        fresh = file.with_suffix(".new")
        fresh.write_text(str(ahead_s), "utf-8")
        fresh.replace(file)

    move(0.0)
    os.environ["MOVED_CLOCK"] = str(file)
    try:
        yield move
    finally:
        del os.environ["MOVED_CLOCK"]
