"""What the engine hands to connectors: the contract's contexts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa
from pydantic import BaseModel

from ..accounts.accounts import Accounts
from ..accounts.configuration import Configuration
from ..contract import (
    Account,
    AuthorizationError,
    Clock,
    Collected,
    Fate,
    Files,
    Json,
    Log,
    Notice,
    Plugin,
    Quota,
    RejectedError,
    Response,
    SharedScope,
    SharedStore,
    Store,
)
from ..errors import NotFoundError
from ..events.answers import Answers
from ..events.inbox import Events
from ..flows.listening import heard_of
from ..flows.places import Place
from ..observe.tasks import Tasks
from ..runs.attempt_marks import AttemptMarks
from ..runs.fates import Fates
from ..settings import Settings
from ..storage.files import FileStore
from ..storage.shared import SharedCounts, SharedEntries, namespace_of
from ..storage.storage import Storage
from ..storage.store import DatabaseStore, EntriesWithEvents
from ..storage.writer import Writer
from .transport import is_dry_run

# A step gives so many values before others on the loop have their turn: a millisecond's worth.
SENT_IN_A_ROW = 100


@dataclass(frozen=True)
class Services:
    """The parts of the engine that contexts pass on."""

    settings: Settings
    storage: Storage
    configuration: Configuration
    accounts: Accounts
    inbox: Events
    files: FileStore
    # What the administrator has named is reached by the first, what flows name by the second.
    http: httpx.AsyncClient
    guarded_http: httpx.AsyncClient
    plugins: Mapping[str, Plugin]
    hosts: Mapping[str, EngineHost]
    marks: AttemptMarks
    with_events: EntriesWithEvents
    fates: Fates
    has_accounts: Callable[[str], bool]
    forms_changed: Callable[[str, str, str], Awaitable[None]]
    list_values: int
    shared: SharedCounts
    # What takes from quotas for all processes, where several of them execute.
    rates: Writer | None
    answers: Answers
    tell_owners: Callable[[str, Sequence[str], Notice], Awaitable[None]]


class _NothingTaken:
    """The quota of a dry run: what is only shown uses up nothing."""

    async def take(self, resource: str, key: str) -> None: ...


_NOTHING_TAKEN = _NothingTaken()


@dataclass(frozen=True)
class EngineHost:
    """HostContext for one connector."""

    services: Services
    connector: str
    http: httpx.AsyncClient
    log: Log
    store: DatabaseStore
    quota: Quota
    tasks: Tasks

    @property
    def configuration(self) -> Mapping[str, str]:
        return self.services.configuration.view(self.connector)

    @property
    def public_url(self) -> str:
        return self.services.settings.public_url.rstrip("/")

    @property
    def base_url(self) -> str:
        return self.services.settings.base_url

    @property
    def clock(self) -> Clock:
        return self.services.storage.clock

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.tasks.begin(f"{self.connector} {name}", work)

    async def accept(self, content: bytes) -> None:
        await self.services.inbox.accept(self.connector, content)

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        rows = self.store.rows(entries, expires_in_s=expires_in_s)
        self.services.with_events.add(rows)

    async def report_fates(self, fates: Sequence[Fate]) -> None:
        await self.services.fates.report(self.connector, fates)

    async def tell_owners(self, topics: Sequence[str], notice: Notice) -> None:
        await self.services.tell_owners(self.connector, topics, notice)

    async def account(self, account_id: str) -> Account:
        try:
            return await self.services.accounts.hosted(account_id)
        except AuthorizationError as error:
            raise NotFoundError(str(error)) from None

    async def listeners(self, topic_prefix: str) -> Sequence[str]:
        heard = heard_of(self.connector)
        query = sa.select(heard.c.route).where(
            heard.c.route.startswith(topic_prefix, autoescape=True)
        )
        return [row.route for row in await self.services.storage.rows(query)]

    async def forms_changed(self, about: str, text: str) -> None:
        await self.services.forms_changed(self.connector, about, text)


@dataclass(frozen=True)
class EngineContext:
    """ComponentContext for one component in its place."""

    services: Services
    place: Place

    @property
    def owner_id(self) -> str:
        return self.place.owner_id

    @property
    def account(self) -> Account:
        if self.place.account is None:
            raise RejectedError(
                "No account is chosen",
                cause="This component works on behalf of a connected account.",
                cure="Choose an account for it in the flow, or connect one first.",
                field="account",
            )
        return self.place.account

    @property
    def plugin(self) -> Plugin:
        return self.services.plugins[self.place.connector]

    @property
    def state(self) -> DatabaseStore:
        namespace = f"state:{self.place.flow_key}:{self.place.component}"
        return DatabaseStore(self.services.storage, namespace)

    @property
    def store(self) -> Store:
        return self.services.hosts[self.place.connector].store

    @property
    def files(self) -> Files:
        return self.services.files.of(self.place.owner_id)

    @property
    def http(self) -> httpx.AsyncClient:
        return self.services.guarded_http

    @property
    def clock(self) -> Clock:
        return self.services.storage.clock

    @property
    def log(self) -> Log:
        return self.services.hosts[self.place.connector].log

    @property
    def quota(self) -> Quota:
        return (
            _NOTHING_TAKEN if is_dry_run.get() else self.services.hosts[self.place.connector].quota
        )


@dataclass(frozen=True)
class EngineActionContext(EngineContext):
    """ActionContext; what was sent is collected, because it becomes real with the step's record."""

    step_id: str
    attempt: str
    may_have_acted: bool
    collected: Collected
    # Whether anything of the flow follows at a port.
    follows: Callable[[str], Awaitable[bool]]
    sent: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]], repr=False)
    # Rows of the store, for the commit of the step's record.
    kept: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], repr=False)
    # What `side_by_side` was told.
    at_most: list[int] = field(default_factory=list[int])

    def shared(self, scope: SharedScope) -> SharedStore:
        place, services = self.place, self.services
        return SharedEntries(
            services.storage,
            services.shared,
            namespace_of(scope, place.owner_id, place.flow_key),
            place.connector,
            place.owner_id,
            self.step_id,
            is_dry=is_dry_run.get(),
        )

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        store = self.services.hosts[self.place.connector].store
        self.kept.extend(store.rows(entries, expires_in_s=expires_in_s))

    async def goes_on_at(self, port: str) -> bool:
        return await self.follows(port)

    async def send(self, port: str, value: BaseModel) -> None:
        most = self.services.list_values
        if len(self.sent) >= most:
            raise RejectedError(
                "The list is too long",
                f"The step gives more than {most:,} values.",
                "Let it give fewer, or ask the administrator to raise APPMIXER_MAX_LIST_VALUES.",
            )
        self.sent.append((port, value.model_dump(mode="json")))
        if len(self.sent) % SENT_IN_A_ROW == 0:
            # A long list is given while everybody else has a turn now and then.
            await asyncio.sleep(0)

    def side_by_side(self, at_most: int) -> None:
        self.at_most.append(max(at_most, 1))

    async def answer(self, response: Response) -> None:
        await self.services.answers.give(self.step_id, response)

    def has_not_acted(self, attempt: str) -> bool:
        return self.services.marks.has_not_acted(attempt)

    def acts_now(self) -> None:
        self.services.marks.act(self.attempt)
