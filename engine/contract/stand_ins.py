"""What a host gives a connector, in memory: for tests, which read what was done with it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from .errors import RejectedError, ThrottledError
from .values import File, Json

# 2026-09-21, so that recorded times are easy to recognise and never change.
START_OF_TIME = 1790000000.0


class Clock:
    """The time of a test, in seconds since 1970; it moves only when told, and then wakes sleepers.

    They wake in the order of their times, but all of them find the time as it is after the move.
    """

    def __init__(self, now: float = START_OF_TIME) -> None:
        self._now = now
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        return self._now

    @now.setter
    def now(self, seconds: float) -> None:
        self._now = seconds
        while self._sleepers and self._sleepers[0][0] <= seconds:
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    @property
    def elapsed(self) -> float:
        return self._now

    @property
    def sleepers(self) -> int:
        """How many wait for a time to come."""
        return sum(not sleeper.done() for *_, sleeper in self._sleepers)

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._later(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        # Counted from now, and not from when a task of its own would begin.
        either: list[asyncio.Future[Any]]
        either = [self._later(seconds), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in either:
                each.cancel()

    def _later(self, seconds: float) -> asyncio.Future[None]:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds <= 0:
            sleeper.set_result(None)
        else:
            heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), sleeper))
        return sleeper


@dataclass
class MemoryStore:
    """A Store that forgets with the test; it takes only what JSON can hold."""

    clock: Clock = field(default_factory=Clock)
    entries: dict[str, tuple[str, float | None]] = field(
        default_factory=dict[str, "tuple[str, float | None]"]
    )

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        return {key: self._read(key) for key in keys if self._is_present(key)}

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        expires_at = None if expires_in_s is None else self.clock.now + expires_in_s
        self.entries.update({key: (json.dumps(each), expires_at) for key, each in entries.items()})

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        if self._is_present(key):
            return self._read(key)
        await self.put({key: value}, expires_in_s=expires_in_s)
        return None

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        return await self.get([key for key in self.entries if key.startswith(prefix)])

    async def increase(self, key: str, by: float, *, expires_in_s: float | None = None) -> float:
        total = cast("float", self._read(key)) + by if self._is_present(key) else by
        if self._is_present(key):
            self.entries[key] = (json.dumps(total), self.entries[key][1])
        else:
            await self.put({key: total}, expires_in_s=expires_in_s)
        return total

    def _is_present(self, key: str) -> bool:
        _, expires_at = self.entries.get(key, ("", 0.0))
        return expires_at is None or expires_at > self.clock.now

    def _read(self, key: str) -> Json:
        return cast("Json", json.loads(self.entries[key][0]))


@dataclass
class MemoryFiles:
    """The owner's files, in memory; `chunks_read` counts what was asked for."""

    chunk_bytes: int = 65536
    chunks_read: int = 0
    contents: dict[str, tuple[File, bytes]] = field(default_factory=dict[str, "tuple[File, bytes]"])

    def keep(
        self, name: str, media_type: str, content: bytes, size_bytes: int | None = None
    ) -> File:
        """Keep a file; `size_bytes` lets a test claim another size than the content has."""
        size = len(content) if size_bytes is None else size_bytes
        file = File(f"file-{len(self.contents) + 1}", name, media_type, size)
        self.contents[file.id] = (file, content)
        return file

    async def describe(self, file_id: str) -> File:
        return self._find(file_id)[0]

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        content = self._find(file_id)[1]
        for start in range(0, len(content), self.chunk_bytes):
            self.chunks_read += 1
            yield content[start : start + self.chunk_bytes]

    async def save(self, name: str, media_type: str, chunks: AsyncIterator[bytes]) -> File:
        return self.keep(name, media_type, b"".join([chunk async for chunk in chunks]))

    def _find(self, file_id: str) -> tuple[File, bytes]:
        if file_id not in self.contents:
            raise RejectedError("No such file", f"There is no file {file_id}.")
        return self.contents[file_id]


@dataclass
class RecordingQuota:
    """Grants every unit and records it, except of a resource in `exhausted`."""

    taken: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    exhausted: dict[str, float] = field(default_factory=dict[str, float])

    async def take(self, resource: str, key: str) -> None:
        if resource in self.exhausted:
            wait_s = self.exhausted[resource]
            raise ThrottledError("Too many at once", f"{resource} of {key}", retry_after_s=wait_s)
        self.taken.append((resource, key))


@dataclass
class RecordingLog:
    """Keeps every line as (level, event, fields)."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, str, dict[str, Any]]]
    )

    def debug(self, event: str, **fields: Any) -> None:
        self.lines.append(("debug", event, fields))

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append(("error", event, fields))
