"""A world that outlives its process: everything in it, in one SQLite file.

The file holds what the world was at most a moment ago. Nothing waits for it: a send is answered
before it is kept, so a process that is killed loses what happened since the last time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias, cast

from ..behaviour.webhooks.outbox import Outbox
from ..protocol.envelope import Update
from ..protocol.shapes import is_array, is_object
from ..world.entities import Message
from ..world.faults import Fault
from ..world.feed import EventKind
from ..world.settings import Settings
from ..world.world import World
from .notation import MESSAGES, Contents, NotationError, Place, Reader, Writer
from .statefile import StateError, open_state

logger = logging.getLogger(__name__)

PAUSE_S = 1.0
# A save may take at most this share of the time; a large world is kept less often.
MAX_SHARE = 0.1
# Messages tell when they change; so many others are looked at with each save as well.
MESSAGES_IN_TURN = 500
MACHINERY = frozenset(
    ("_seed", "clock", "settings", "feed", "courier", "faults", "calls", MESSAGES)
)
# What is kept beside the attributes of the world.
CLOCK, SETTINGS, FAULTS, TIMERS, UPDATES = "#clock", "#settings", "#faults", "#timers", "#updates"
Key: TypeAlias = tuple[str, str]


@dataclass
class Differences:
    """What one save has to write."""

    entries: dict[Key, str] = field(default_factory=dict[Key, str])
    gone: list[Key] = field(default_factory=list[Key])
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])


class Keeper:
    """Keeps one world in one file, which nobody else can use meanwhile."""

    def __init__(self, world: World, path: Path) -> None:
        """Open the file and make the world what it says; a new file takes the world as it is.

        Raises StateError.
        """
        self._world = world
        self._path = path
        self._contents = Contents()
        self._kept: dict[str, dict[str, int]] = {}
        """By place and key, the hash of what was written last."""
        self._turn: Iterator[str] = iter(())
        self._kept_contents: set[str] = set()
        self._changed: dict[str, Message] = {}
        self._is_touched = True
        self._fired = world.clock.fired
        self._loop: asyncio.Task[None] | None = None
        self._unanswered: list[tuple[str, str, Update]] = []
        self._file = open_state(path)
        try:
            self._read()
        except StateError:
            self._file.close()
            raise
        world.feed.listen(self._hear)

    def start(self) -> None:
        """Send what was not delivered when the file was left, and save from now on."""
        for app_id, url, update in self._unanswered:
            self._world.courier.send(self._world.apps[app_id], url, update)
        self._unanswered = []
        if self._loop is None:
            self._loop = asyncio.get_running_loop().create_task(self._keep_on())

    async def stop(self) -> None:
        """Save a last time and leave the file; may be called twice."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait({self._loop})
            self._loop = None
            await self.save(whole=True)
        self._world.feed.leave(self._hear)
        self._file.close()

    def touch(self) -> None:
        """Something may have changed."""
        self._is_touched = True

    async def save(self, *, whole: bool = False) -> None:
        """Write what is not as it was when last written."""
        self._is_touched, self._fired = False, self._world.clock.fired
        changed, self._changed = self._changed, {}
        differences = self._differences(self._world.messages if whole else self._looked_at(changed))
        writing = asyncio.create_task(asyncio.to_thread(self._write, differences))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread goes on when nobody waits for it: nobody else may use the file meanwhile.
            await asyncio.wait({writing})
            raise
        except sqlite3.Error as failed:
            logger.error("The state could not be written to %s: %s", self._path, failed)
            self._is_touched, self._changed = True, changed | self._changed
            return
        for (place, key), body in differences.entries.items():
            self._kept.setdefault(place, {})[key] = hash(body)
        for place, key in differences.gone:
            del self._kept[place][key]
        self._kept_contents = set(self._contents.met)

    def _hear(self, kind: EventKind, subject: object) -> None:
        self._is_touched = True
        if kind == "message" and isinstance(subject, Message):
            self._changed[subject.id] = subject

    async def _keep_on(self) -> None:
        pause_s = PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            if self._is_touched or self._world.clock.fired != self._fired:
                started = time.perf_counter()
                await self.save()
                pause_s = max(PAUSE_S, (time.perf_counter() - started) / MAX_SHARE)

    # Writing

    def _differences(self, changed: Iterable[str]) -> Differences:
        """Of the messages, which are the bulk of a world, only these are looked at."""
        self._contents.begin()
        world = self._world
        attributes = _attributes(world)
        writer = Writer(attributes, world.messages, self._contents)
        differences = Differences()
        # The ids of messages need no escaping in JSON.
        present = {MESSAGES: {f'"{message_id}"' for message_id in world.messages}}
        for place, value in chain(_entries(attributes), _surroundings(world, writer)):
            key = self._compare(writer, differences, place, value)
            present.setdefault(place.attribute, set()).add(key)
        for message_id in changed:
            if message_id in world.messages:
                message = world.messages[message_id]
                self._compare(writer, differences, Place(MESSAGES, message_id), message)
        differences.gone = [
            (name, key)
            for name, known in self._kept.items()
            for key in known.keys() - present.get(name, set())
        ]
        differences.contents = {
            digest: content
            for digest, content in self._contents.met.items()
            if digest not in self._kept_contents
        }
        return differences

    def _looked_at(self, changed: Iterable[str]) -> Iterable[str]:
        """What told of a change, and some others in turn, for whatever might not have told."""
        some = list(islice(self._turn, MESSAGES_IN_TURN))
        if not some:
            self._turn = iter(list(self._world.messages))
        # The changed come first: new ones among them are written in the order they came.
        return dict.fromkeys([*changed, *some])

    def _compare(
        self, writer: Writer, differences: Differences, place: Place, value: object
    ) -> str:
        name = place.attribute
        key = json.dumps(writer.write(place.key))
        try:
            body = json.dumps(writer.entry(place, value))
        except NotationError as impossible:
            # The rest of the world is still worth keeping.
            logger.error("%s of %s is not kept: %s", key, name, impossible)
        else:
            if self._kept.get(name, {}).get(key) != hash(body):
                differences.entries[name, key] = body
        return key

    def _write(self, differences: Differences) -> None:
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.executemany(
                "INSERT INTO content VALUES (?, ?) ON CONFLICT DO NOTHING",
                differences.contents.items(),
            )
            self._file.executemany(
                "INSERT INTO entry VALUES (?, ?, ?)"
                " ON CONFLICT (place, key) DO UPDATE SET body = excluded.body",
                ((*key, body) for key, body in differences.entries.items()),
            )
            self._file.executemany(
                "DELETE FROM entry WHERE place = ? AND key = ?", differences.gone
            )
            self._file.executemany(
                "DELETE FROM content WHERE digest = ?",
                ((digest,) for digest in self._kept_contents - self._contents.met.keys()),
            )

    # Reading

    def _read(self) -> None:
        try:
            rows = self._file.execute("SELECT place, key, body FROM entry ORDER BY rowid")
            entries = {(place, key): body for place, key, body in rows}
            digests = self._file.execute("SELECT digest FROM content")
            self._kept_contents = {digest for (digest,) in digests}
            if entries:
                self._restore({key: json.loads(body) for key, body in entries.items()})
        except (sqlite3.Error, ValueError, KeyError, TypeError, NotationError) as wrong:
            raise StateError(
                f"{self._path} cannot be read: {wrong}. It is damaged, or another version of the"
                " sandbox wrote it; move it away to start with a new one."
            ) from None
        for (place, key), body in entries.items():
            self._kept.setdefault(place, {})[key] = hash(body)

    def _restore(self, entries: Mapping[Key, object]) -> None:
        reader = Reader(self._world, self._content)
        written = {
            (place, reader.read(json.loads(key))): body for (place, key), body in entries.items()
        }
        for (place, key), body in written.items():
            reader.expect(place, key, body)
        found: dict[str, dict[object, object]] = {}
        for (place, key), body in written.items():
            found.setdefault(place, {})[key] = reader.entry(place, key, body)
        self._replace(found)

    def _replace(self, found: Mapping[str, dict[object, object]]) -> None:
        world = self._world
        clock = found[CLOCK][None]
        if not is_object(clock):
            raise NotationError("the clock is missing")
        world.refill(lambda world: _fill(world, found))
        settings = found[SETTINGS][None]
        if isinstance(settings, Settings):
            world.settings = settings
        _restore_faults(world, found[FAULTS][None])
        passed_s = 0.0 if clock["frozen"] else max(time.time() - clock["machineTime"], 0.0)
        world.clock.continue_at(
            clock["now"] + passed_s, speed=clock["speed"], frozen=clock["frozen"]
        )
        _restore_timers(world, found[TIMERS][None])
        self._unanswered = _updates(world, found[UPDATES][None])

    def _content(self, digest: str) -> bytes | None:
        row = self._file.execute("SELECT bytes FROM content WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])


def _attributes(world: World) -> dict[str, object]:
    return {name: value for name, value in vars(world).items() if name not in MACHINERY}


def _entries(attributes: Mapping[str, object]) -> Iterator[tuple[Place, object]]:
    """A mapping is kept entry by entry, anything else as one."""
    for name, value in attributes.items():
        if is_object(value):
            yield from ((Place(name, key), item) for key, item in value.items())
        else:
            yield Place(name, None), value


def _surroundings(world: World, writer: Writer) -> Iterator[tuple[Place, object]]:
    clock = world.clock
    times = {
        "now": clock.now(),
        "machineTime": time.time(),
        "speed": clock.speed,
        "frozen": clock.frozen,
    }
    yield Place(CLOCK, None), times
    yield Place(SETTINGS, None), world.settings
    yield Place(FAULTS, None), world.faults.all()
    timers = [[when, act] for when, act in clock.timers() if _is_kept(writer, act)]
    yield Place(TIMERS, None), timers
    yield Place(UPDATES, None), [list(waiting) for waiting in world.courier.unanswered()]


def _is_kept(writer: Writer, act: Callable[[], None]) -> bool:
    if isinstance(getattr(getattr(act, "func", None), "__self__", None), Outbox):
        # Only posts again what is kept as an update.
        return False
    try:
        writer.write(act)
    except NotationError as impossible:
        logger.error("a timer is not kept: %s", impossible)
        return False
    return True


def _fill(world: World, found: Mapping[str, dict[object, object]]) -> None:
    for name, value in _attributes(world).items():
        if is_object(value):
            # Some keys are pairs, which the type of JSON objects does not say.
            cast("dict[object, object]", value).update(found.get(name, {}))
        elif name in found:
            setattr(world, name, found[name][None])
    for message in found.get("messages", {}).values():
        if isinstance(message, Message):
            world.messages[message.id] = message
            for person in (message.person, *message.audience):
                if person is not None:
                    person.chat.append(message)


def _restore_faults(world: World, faults: object) -> None:
    if is_array(faults):
        world.faults.restore([fault for fault in faults if isinstance(fault, Fault)])


def _restore_timers(world: World, timers: object) -> None:
    if is_array(timers):
        for when, act in timers:
            world.clock.at(when, act)


def _updates(world: World, updates: object) -> list[tuple[str, str, Update]]:
    if not is_array(updates):
        return []
    return [(app_id, url, update) for app_id, url, update in updates if app_id in world.apps]
