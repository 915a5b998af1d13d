"""How long it takes to say whether a person can be reached, of very many people."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.store import DatabaseStore, put_rows
from appmixer.whatsapp.plugin.ledgers.windows import Windows, window_key

from .figures import Figures, Target, latencies_ms, median

MAX_MS = 1.0
NUMBER = "106540352242922"
AT_ONCE = 20_000


def measure(people: int, lookups: int, folder: Path) -> tuple[Figures, list[Target]]:
    """Keep the windows of so many people, and look some of them up, who are nowhere in memory."""
    latencies_s = asyncio.run(_measure(people, lookups, folder))
    figures: Figures = {
        "people": people,
        "lookups": lookups,
        "latencyMs": latencies_ms(latencies_s),
    }
    name = "a window looked up, median in ms"
    return figures, [Target(name, median(latencies_s) * 1000, MAX_MS)]


async def _measure(people: int, lookups: int, folder: Path) -> list[float]:
    async with open_engine(Settings(data=folder, environment={}), None) as engine:
        store = DatabaseStore(engine.storage, "bench")
        now = engine.storage.clock.now
        for rows in _rows(people, int(now), store):
            await engine.storage.writer.commit(partial(put_rows, rows=rows))
        windows = Windows(store, store.put, lambda: datetime.now(UTC))
        latencies_s: list[float] = []
        chosen = random.Random(1)
        for _ in range(lookups):
            person = _person(chosen.randrange(people))
            began = time.perf_counter()
            found = await windows.state(NUMBER, [person])
            latencies_s.append(time.perf_counter() - began)
            if found.state == "unknown":
                raise RuntimeError(f"{person} was not found")
        return latencies_s


def _rows(people: int, now: int, store: DatabaseStore) -> Iterator[list[dict[str, object]]]:
    for start in range(0, people, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, people))
        yield store.rows({window_key(NUMBER, _person(n)): now - n % 86_400 for n in numbers})


def _person(number: int) -> str:
    return f"1650{number:07}"
