"""Stand-ins for a host, so that a connector can be tested without one: everything is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from .errors import AuthorizationError, RejectedError
from .stand_ins import (
    START_OF_TIME,
    Clock,
    MemoryFiles,
    MemoryStore,
    RecordingLog,
    RecordingQuota,
)
from .starts import Hook, Schedule
from .values import (
    Check,
    Collected,
    Event,
    Fate,
    Json,
    JsonObject,
    Listener,
    Notice,
    Response,
    Route,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .connector import Plugin
    from .provided import Account, SharedScope

__all__ = [
    "START_OF_TIME",
    "Clock",
    "MemoryFiles",
    "MemoryStore",
    "QuietPlugin",
    "RecordingContext",
    "RecordingHost",
    "RecordingLog",
    "RecordingQuota",
    "StandInAccount",
]


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
    owner_id: str = "owner-1"

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
    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return []

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


@dataclass
class RecordingHost:
    """What a plugin or an account provider is given; `accepted` is what it took in.

    `fates` are those that were reported, in order, repeats included.
    What is to be watched is in `watched`, by its name, for a test to do; `changed` is what forms
    were made from and has changed, with the sentence about it. `told` is what owners were told.
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
    fates: list[Fate] = field(default_factory=list[Fate])
    watched: dict[str, Callable[[], Awaitable[None]]] = field(
        default_factory=dict[str, "Callable[[], Awaitable[None]]"]
    )
    told: list[tuple[tuple[str, ...], Notice]] = field(
        default_factory=list[tuple[tuple[str, ...], Notice]]
    )
    changed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
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

    async def report_fates(self, fates: Sequence[Fate]) -> None:
        self.fates.extend(fates)

    async def account(self, account_id: str) -> StandInAccount:
        return self.accounts[account_id]

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def listeners(self, topic_prefix: str) -> Sequence[str]:
        topics = [listener.topic for listener in self.listening.values()]
        return [topic for topic in topics if topic.startswith(topic_prefix)]

    async def tell_owners(self, topics: Sequence[str], notice: Notice) -> None:
        self.told.append((tuple(topics), notice))

    async def forms_changed(self, about: str, text: str) -> None:
        self.changed.append((about, text))


@dataclass
class RecordingContext:
    """The context of one component of one flow, for actions and triggers alike.

    `emitted` holds what was sent to further ports, `acted` the attempts that said `acts_now`,
    `loose_ends` the ports at which nothing of the flow follows,
    `warnings` what a trigger warned of, `at_most` what `side_by_side` was told last, `schedules`
    when it asked to be woken and whether that catches up, `hooks` its addresses, `answered` what an
    action answered to a request, `of_flow` and `of_owner` what components share, `steps_of_flow`
    the ids of the flow's steps, for a trigger that asks.
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
    not_acted: set[str] = field(default_factory=set[str])
    acted: list[str] = field(default_factory=list[str])
    component_id: str = "component-1"
    files: MemoryFiles = field(default_factory=MemoryFiles)
    emitted: list[tuple[str, BaseModel]] = field(default_factory=list["tuple[str, BaseModel]"])
    schedules: dict[str, tuple[Schedule, bool]] = field(
        default_factory=dict[str, "tuple[Schedule, bool]"]
    )
    hooks: dict[str, Hook] = field(default_factory=dict[str, Hook])
    answered: list[Response] = field(default_factory=list[Response])
    steps_of_flow: set[str] = field(default_factory=set[str])
    warnings: list[str] = field(default_factory=list[str])
    loose_ends: set[str] = field(default_factory=set[str])
    owner_id: str = "owner-1"
    collected: Collected = field(default_factory=Collected)
    at_most: int | None = None
    state: MemoryStore = field(init=False)
    of_flow: MemoryStore = field(init=False)
    of_owner: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        self.state = MemoryStore(self.host.clock)
        self.of_flow = MemoryStore(self.host.clock)
        self.of_owner = MemoryStore(self.host.clock)

    def shared(self, scope: SharedScope) -> MemoryStore:
        return self.of_flow if scope == "flow" else self.of_owner

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
        """The topics this component listens to, with their parameters."""
        mine = f"{self.component_id}/"
        listeners = self.host.listening.values()
        return {each.topic: each.params for each in listeners if each.id.startswith(mine)}

    def has_not_acted(self, attempt: str) -> bool:
        return attempt in self.not_acted

    def acts_now(self) -> None:
        self.acted.append(self.attempt)

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def goes_on_at(self, port: str) -> bool:
        return port not in self.loose_ends

    async def send(self, port: str, value: BaseModel) -> None:
        self.emitted.append((port, value))

    def side_by_side(self, at_most: int) -> None:
        self.at_most = at_most

    async def add_listener(self, topic: str, params: JsonObject) -> None:
        account_id = self.connected.id if self.connected else ""
        listener = Listener(
            f"{self.component_id}/{topic}", topic, params, account_id, self.owner_id
        )
        await self.plugin.listener_added(listener, self.connected)
        self.host.listening[listener.id] = listener

    async def remove_listener(self, topic: str) -> None:
        listener = self.host.listening.pop(f"{self.component_id}/{topic}", None)
        if listener is not None:
            await self.plugin.listener_removed(listener, self.connected)

    async def add_schedule(
        self, schedule: Schedule, *, name: str = "", catches_up: bool = True
    ) -> None:
        self.schedules[name] = (schedule, catches_up)

    async def remove_schedule(self, name: str = "") -> None:
        self.schedules.pop(name, None)

    async def open_hook(self, hook: Hook) -> str:
        self.hooks[hook.name] = hook
        return f"{self.host.base_url}/hooks/secret-of-{self.component_id}-{hook.name}"

    async def close_hook(self, name: str = "") -> None:
        self.hooks.pop(name, None)

    async def put_with_starts(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.state.put(entries, expires_in_s=expires_in_s)

    async def answer(self, response: Response) -> None:
        self.answered.append(response)

    async def other_flows(self, topics: Sequence[str]) -> int:
        listeners = self.host.listening.values()
        within = [each for each in listeners if any(_is_within(each.topic, it) for it in topics)]
        return len({each.id.partition("/")[0] for each in within} - {self.component_id})

    async def is_of_this_flow(self, step_id: str) -> bool:
        return step_id in self.steps_of_flow

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def _is_within(topic: str, other: str) -> bool:
    return topic == other or topic.startswith(f"{other}:")
