"""Stand-ins for a host, so that a connector can be tested without one: everything is recorded."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx

from .errors import AuthorizationError, RejectedError, ThrottledError
from .values import Check, Event, File, Json, JsonObject, Listener, Route

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .connector import Plugin
    from .context import Account

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
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), sleeper))
        await sleeper

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        either = [asyncio.ensure_future(self.sleep(seconds)), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in either:
                each.cancel()


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


@dataclass
class StandInAccount:
    """A connected account; `renewed` is the token that a refresh gives, if it gives one."""

    id: str = "account-1"
    name: str = "acme"
    profile: JsonObject = field(default_factory=dict[str, Json])
    settings: JsonObject = field(default_factory=dict[str, Json])
    token: str = field(default="test-token", repr=False)
    renewed: str | None = field(default=None, repr=False)
    refreshes: int = 0

    async def access_token(self) -> str:
        return self.token

    async def refresh(self) -> str:
        self.refreshes += 1
        if self.renewed is None:
            raise AuthorizationError("The token could not be renewed")
        self.token = self.renewed
        return self.token


class QuietPlugin:
    """The long-lived part of a connector that needs none."""

    routes: Sequence[Route] = ()

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def listener_added(self, listener: Listener, account: Account | None) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account | None) -> None: ...
    def read(self, content: bytes) -> Sequence[Event]:
        return []

    async def before_routing(self, events: Sequence[Event]) -> None: ...
    def visible_routes(self, profile: JsonObject) -> Sequence[str]:
        return []

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


@dataclass
class RecordingHost:
    """What a plugin or an account provider is given; `accepted` is what it took in.

    What is to be watched is in `watched`, by its name, for a test to do.
    """

    configuration: Mapping[str, str] = field(default_factory=dict[str, str])
    public_url: str = ""
    local_url: str = "http://127.0.0.1:8321"
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    clock: Clock = field(default_factory=Clock)
    log: RecordingLog = field(default_factory=RecordingLog)
    quota: RecordingQuota = field(default_factory=RecordingQuota)
    accounts: dict[str, StandInAccount] = field(default_factory=dict[str, StandInAccount])
    listening: dict[str, Listener] = field(default_factory=dict[str, Listener])
    accepted: list[bytes] = field(default_factory=list[bytes])
    watched: dict[str, Callable[[], Awaitable[None]]] = field(
        default_factory=dict[str, "Callable[[], Awaitable[None]]"]
    )
    store: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)

    @property
    def base_url(self) -> str:
        return self.public_url or self.local_url

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.watched[name] = work

    async def accept(self, content: bytes) -> None:
        self.accepted.append(content)

    async def account(self, account_id: str) -> StandInAccount:
        return self.accounts[account_id]

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def listeners(self, route_prefix: str) -> Sequence[str]:
        routes = [listener.route for listener in self.listening.values()]
        return [route for route in routes if route.startswith(route_prefix)]


@dataclass
class RecordingContext:
    """The context of one component of one flow, for actions and triggers alike.

    `emitted` holds what was sent to further ports, `left` the attempts that said `leaving`,
    `warnings` what a trigger warned of.
    Listeners go to the plugin as a host would pass them on, and into `host.listening` unless the
    plugin refuses.
    """

    host: RecordingHost = field(default_factory=RecordingHost)
    plugin: Plugin = field(default_factory=QuietPlugin)
    connected: StandInAccount | None = field(default_factory=StandInAccount)
    properties: Any = None
    step_id: str = "run-1:step-1"
    attempt: str = "attempt-1"
    may_have_acted: bool = True
    stayed: set[str] = field(default_factory=set[str])
    left: list[str] = field(default_factory=list[str])
    component_id: str = "component-1"
    files: MemoryFiles = field(default_factory=MemoryFiles)
    emitted: list[tuple[str, BaseModel]] = field(default_factory=list["tuple[str, BaseModel]"])
    warnings: list[str] = field(default_factory=list[str])
    state: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        self.state = MemoryStore(self.host.clock)

    @property
    def account(self) -> StandInAccount:
        if self.connected is None:
            raise RejectedError("No account", "The component has no account.", "Choose one.")
        return self.connected

    @property
    def store(self) -> MemoryStore:
        return self.host.store

    @property
    def http(self) -> httpx.AsyncClient:
        return self.host.http

    @property
    def clock(self) -> Clock:
        return self.host.clock

    @property
    def log(self) -> RecordingLog:
        return self.host.log

    @property
    def quota(self) -> RecordingQuota:
        return self.host.quota

    @property
    def listening(self) -> dict[str, JsonObject]:
        """The routes this component listens to, with their parameters."""
        mine = f"{self.component_id}/"
        listeners = self.host.listening.values()
        return {each.route: each.params for each in listeners if each.id.startswith(mine)}

    def has_stayed(self, attempt: str) -> bool:
        return attempt in self.stayed

    def leaving(self) -> None:
        self.left.append(self.attempt)

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def send(self, port: str, value: BaseModel) -> None:
        self.emitted.append((port, value))

    async def add_listener(self, route: str, params: JsonObject) -> None:
        account_id = self.connected.id if self.connected else ""
        listener = Listener(f"{self.component_id}/{route}", route, params, account_id)
        await self.plugin.listener_added(listener, self.connected)
        self.host.listening[listener.id] = listener

    async def remove_listener(self, route: str) -> None:
        listener = self.host.listening.pop(f"{self.component_id}/{route}", None)
        if listener is not None:
            await self.plugin.listener_removed(listener, self.connected)

    async def other_flows(self, routes: Sequence[str]) -> int:
        listeners = self.host.listening.values()
        within = [each for each in listeners if any(_is_within(each.route, it) for it in routes)]
        return len({each.id.partition("/")[0] for each in within} - {self.component_id})

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def _is_within(route: str, other: str) -> bool:
    return route == other or route.startswith(f"{other}:")
