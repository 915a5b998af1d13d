"""What happens at one process, for who watches at another: through PostgreSQL, kept nowhere.

A process says now and then whose watchers it has, and only then do others tell it anything: where
nobody watches elsewhere, nothing is sent. That something is due is told to all of them, for one of
them has the turn.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa

from ..contract import Log
from ..observe.stream import MAX_WAITING, MISSED, OPEN, Stream
from ..storage.database import DATABASE_AWAY
from ..storage.readers import Readers

CHANNEL = "appmixer_stream"
# https://www.postgresql.org/docs/current/sql-notify.html: fewer than 8,000 bytes
MAX_PAYLOAD_BYTES = 7_500
# How often watchers are announced, and how long an announcement counts.
ANNOUNCE_S, COUNTS_S = 5.0, 15.0
# What happens is gathered for so long.
GATHER_S = 0.1
# When all others have heard of a new watcher for sure.
HEARD_S = 0.5
PAUSE_S = 1.0
# A connection on which nothing comes is noticed when it has been dead for so long.
NOTICING: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
Packed = tuple[str, str, Mapping[str, Any]]


@dataclass
class Relay:
    """The stream's way to and from the other processes on a PostgreSQL database.

    `wake` is called with the time at which something is due, of which another process tells.
    """

    stream: Stream
    readers: Readers
    url: sa.URL
    wake: Callable[[float], None]
    log: Log
    _name: str = field(default_factory=lambda: uuid.uuid4().hex)
    # Whose watchers are elsewhere, and until when that counts.
    _elsewhere: dict[str, float] = field(default_factory=dict[str, float])
    _waiting: deque[Packed] = field(default_factory=lambda: deque[Packed](maxlen=MAX_WAITING))
    _missed: dict[str, int] = field(default_factory=dict[str, int])
    _announced: frozenset[str] = frozenset()
    _announced_at: float = float("-inf")
    _is_asking: bool = False
    _has_news: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def is_watched(self, owner_id: str) -> bool:
        """Say whether somebody watches this owner's things at another process."""
        until = self._elsewhere.get(owner_id)
        return until is not None and until > self._loop.time()

    def pass_on(self, owner_id: str, kind: str, content: Mapping[str, Any]) -> None:
        """Tell the watchers at other processes; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add, (owner_id, kind, content))

    async def listen(self) -> None:
        """Hear what the others tell, until cancelled."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                self.log.warning("stream_not_heard", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)

    async def tell(self) -> None:
        """Tell the others what happens, and who watches here, until cancelled."""
        while True:
            self._has_news.clear()
            try:
                await self._tell()
            except DATABASE_AWAY as error:
                self.log.warning("stream_not_passed_on", error=type(error).__name__)
                self._has_news.set()
                await asyncio.sleep(PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(ANNOUNCE_S if self.stream.watched else None):
                    await self._has_news.wait()
            await asyncio.sleep(GATHER_S)

    def look(self) -> None:
        """Announce who watches here: that has changed."""
        self._has_news.set()

    async def _listen(self) -> None:
        # As the engine's own connections are made: of several servers one after the other.
        _, address = self.url.get_dialect()().create_connect_args(self.url)
        wanted = {**address, **NOTICING}
        connection = await psycopg.AsyncConnection.connect(autocommit=True, **wanted)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            # What was told before is not known here, and what was asked may not be known there.
            self._is_asking, self._announced = True, frozenset()
            self.look()
            self.wake(0.0)
            async for notify in connection.notifies():
                self._heed(json.loads(notify.payload))

    def _heed(self, told: Mapping[str, Any]) -> None:
        if told["from"] == self._name:
            return
        if told.get("asks"):
            self._announced = frozenset()
            self.look()
        if (due_at := told.get("dueAt")) is not None:
            self.wake(float(due_at))
        now = self._loop.time()
        for owner_id in told.get("watched", ()):
            self._elsewhere[owner_id] = now + COUNTS_S
        if len(self._elsewhere) > MAX_WAITING:
            self._elsewhere = {each: at for each, at in self._elsewhere.items() if at > now}
        for owner_id, kind, content in told.get("notices", ()):
            self.stream.show(owner_id, kind, content)

    def _add(self, notice: Packed) -> None:
        if len(self._waiting) == MAX_WAITING:
            self._miss(self._waiting[0][0])
        self._waiting.append(notice)
        self._has_news.set()

    async def _tell(self) -> None:
        payloads = [json.dumps({"from": self._name, "asks": True})] if self._is_asking else []
        watched, now = frozenset(self.stream.watched), self._loop.time()
        is_due = now - self._announced_at >= ANNOUNCE_S
        new = watched - self._announced
        if watched and (is_due or new):
            payloads += _announcements(self._name, sorted(watched))
            self._announced_at = now
        missed: list[Packed] = [(to, MISSED, {"count": n}) for to, n in self._missed.items()]
        taken = [*missed, *self._waiting]
        payloads += _pack(self._name, taken)
        self._waiting.clear()
        self._missed.clear()
        # Before it is sent: whoever asks meanwhile is answered the next time.
        self._is_asking, self._announced = False, watched
        if not payloads:
            return
        try:
            await self.readers.read(partial(_notify, payloads=payloads))
        except DATABASE_AWAY:
            self._is_asking, self._announced = True, frozenset()
            for owner_id, kind, content in taken:
                self._miss(owner_id, content["count"] if kind == MISSED else 1)
            raise
        self._have_look(new)

    def _miss(self, owner_id: str, count: int = 1) -> None:
        self._missed[owner_id] = self._missed.get(owner_id, 0) + count

    def _have_look(self, owner_ids: frozenset[str]) -> None:
        """Have watchers look for what has happened before others knew of them."""
        for owner_id in owner_ids:
            self._loop.call_later(HEARD_S, partial(self.stream.show, owner_id, OPEN, {}))


def tell_due(connection: sa.Connection, *, at: float) -> None:
    """Tell all processes that something is due at a time."""
    _notify(connection, payloads=[json.dumps({"from": "", "dueAt": at})])


def _notify(connection: sa.Connection, *, payloads: Sequence[str]) -> None:
    # Nothing is stored, so nobody has to wait for the disk.
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    for payload in payloads:
        connection.execute(_NOTIFY, {"payload": payload})
    connection.commit()


_NOTIFY = sa.select(sa.func.pg_notify(CHANNEL, sa.bindparam("payload", type_=sa.Text)))


def _announcements(name: str, owner_ids: Sequence[str], at_once: int = 100) -> Iterator[str]:
    for start in range(0, len(owner_ids), at_once):
        yield json.dumps({"from": name, "watched": owner_ids[start : start + at_once]})


def _pack(name: str, notices: Sequence[Packed]) -> Iterator[str]:
    """Yield payloads with as many notices each as there is room for."""
    head, size = json.dumps({"from": name, "notices": []}), 0
    room, packed = MAX_PAYLOAD_BYTES - len(head), list[str]()
    for owner_id, kind, content in notices:
        text = json.dumps([owner_id, kind, content])
        if len(text) > room:  # the watcher has to look for it
            text = json.dumps([owner_id, MISSED, {"count": 1}])
        if size + len(text) + 2 > room and packed:
            yield head.replace("[]", f"[{', '.join(packed)}]")
            packed, size = [], 0
        packed.append(text)
        size += len(text) + 2
    if packed:
        yield head.replace("[]", f"[{', '.join(packed)}]")
