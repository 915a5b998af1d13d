"""One engine process: everything long-lived, made at start and passed on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..accounts.accounts import Accounts
from ..accounts.configuration import Configuration
from ..accounts.owners import Owners
from ..accounts.proofs import PROVERS
from ..accounts.stored import StoredAccounts
from ..contract import Clock, Connector, SystemClock, load_connectors
from ..contract.redaction import Redaction
from ..events.answers import Answers
from ..events.inbox import Events
from ..events.topics import Topics
from ..events.visibility import Visibility
from ..flows.flows import Flows
from ..flows.input_checks import InputChecks
from ..flows.places import Listening, Place
from ..limits import read_limits
from ..observe.faults import Faults
from ..observe.logs import get_log
from ..observe.metrics import Metrics
from ..observe.stream import Stream
from ..observe.tasks import Tasks
from ..runs.attempt_marks import AttemptMarks
from ..runs.fates import Fates
from ..runs.history import Runs
from ..runs.waits import end_paused
from ..settings import Settings
from ..storage.database import database_url, open_database
from ..storage.files import FileStore
from ..storage.folder import open_folder, prepare_folder
from ..storage.shared import SharedCounts
from ..storage.store import EntriesWithEvents
from .actions import Actions
from .addresses import read_allowed
from .beginning import make_beginning
from .choosing import Choosing
from .component_tests import ComponentTests
from .contexts import EngineContext, Services
from .executing import make_execution
from .hearing import Hearing
from .hosted import Hosted
from .notices import StreamedNotices
from .offers import Offers
from .opening import begin_relay, open_rates, open_storage
from .previews import Previews
from .retention import housekeep
from .transport import open_http
from .trigger_context import EngineTriggerContext


class Engine:
    """Hosts the installed connectors: their flows, accounts and events."""

    def __init__(
        self,
        settings: Settings,
        connectors: Mapping[str, Connector] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare an engine for the installed connectors and the machine's clock, or for others."""
        self.settings = settings
        self.clock = clock or SystemClock()
        prepare_folder(settings.data, has_database=settings.database_url is None)
        installed = load_connectors() if connectors is None else connectors
        self.redaction = Redaction(each.manifest.secrets for each in installed.values())
        self.log = get_log("engine", redaction=self.redaction)
        self.describe = Faults(self.log).describe
        self.metrics = Metrics()
        self.limits = read_limits(settings.environment)
        self.allowed = read_allowed(settings.environment)
        url = database_url(settings.data, settings.database_url)
        self.database = open_database(url)
        self._durable = open_database(url, survives_power_cut=True)
        self.stream = Stream(self.limits)
        hosted = self.hosted = Hosted(installed, self.log, self.describe, self.metrics)
        self.connectors, self.types, self.left_out = (
            hosted.connectors,
            hosted.types,
            hosted.left_out,
        )
        self.plugins, self.providers = hosted.plugins, hosted.providers
        self.hosts, self.routes = hosted.hosts, hosted.routes
        self.component, self.account_settings = hosted.component, hosted.account_settings
        self._opened = contextlib.AsyncExitStack()
        self.is_ready = False
        self.unfinished: list[str] = []
        """What the stop could not wait for."""

    async def start(self) -> None:
        """Open everything and go on with what was under way; undo all of it if that fails."""
        async with contextlib.AsyncExitStack() as opened:
            await self._start(opened)
            self._opened = opened.pop_all()
        self.is_ready = True

    async def stop(self) -> None:
        """Stop taking on work, let what is under way end or be recovered, and close everything."""
        self.is_ready = False
        await self._opened.aclose()
        if self.unfinished:
            self.log.error("stop_unfinished", waited_for=self.unfinished)

    async def _start(self, opened: contextlib.AsyncExitStack) -> None:
        opened.callback(self.database.dispose)
        opened.callback(self._durable.dispose)
        self.folder = open_folder(self.settings.data)
        opened.callback(self.folder.close)
        self.marks = AttemptMarks(self.settings.data)
        opened.callback(self.marks.close)
        storage = self.storage = await open_storage(
            opened,
            self.settings,
            self.clock,
            database=self.database,
            durable=self._durable,
            unfinished=self.unfinished,
        )
        self.readers, self.writer, self.seal = storage.readers, storage.writer, storage.seal
        self.http = open_http()
        opened.push_async_callback(self.http.aclose)
        self.guarded_http = open_http(self.allowed)
        opened.push_async_callback(self.guarded_http.aclose)
        self.rates = open_rates(opened, self.settings, self.database)
        self._wire()
        await self.execution.open(opened)
        await self.owners.start()
        await self.configuration.start()
        self.hosted.open_all(self.services)
        await self.hosted.start_all(opened)
        self.execution.let_end(opened)
        self.tasks = Tasks(self.describe, self.metrics, self.log)
        opened.push_async_callback(self.tasks.stop)
        self.execution.begin(self.tasks)
        begin_relay(self.tasks, self.database, self.stream, self.readers, self.waker.look, self.log)
        self.tasks.begin("routing", self.router.work)
        self.tasks.begin("schedules", self.waker.work)
        self.tasks.begin("notices", self.notifier.work)
        self.tasks.begin("relied on", self.flows.keep_relying)
        self.tasks.begin("silence", lambda: self.notices.notice_silence(self.fates))
        self.tasks.begin("renewal", self.accounts.renewal.keep_renewed)
        for number in range(PROVERS):
            self.tasks.begin(f"proof {number + 1}", self.accounts.proofs.keep_proven)
        self.tasks.begin("configuration", self.configuration.keep_fresh)
        self.tasks.begin("housekeeping", lambda: housekeep(self.writer, self.clock, self.log))

    def _wire(self) -> None:
        """Make the parts, each with what it uses."""
        self.events = Events(self.readers, self.writer, self.clock)
        storage, settings = self.storage, self.settings
        self.owners = Owners(storage, settings)
        manifests = {key: each.manifest for key, each in self.connectors.items()}
        self.configuration = Configuration(storage, manifests, settings.environment, self.log)
        self.accounts = Accounts(
            StoredAccounts(storage, self.account_settings),
            self.providers,
            self.stream,
            settings.environment,
            self.log,
            self.describe,
        )
        self.accounts.on_connected = self._resume_account
        self.files = FileStore(storage, self.limits, settings)
        self.flows = Flows(
            storage=storage,
            accounts=self.accounts,
            types=self.types,
            component=self.component,
            plugins=self.plugins,
            contexts=self._trigger_context,
            component_contexts=lambda place: EngineContext(self.services, place),
            limits=self.limits,
            base_url=settings.base_url,
            on_changed=lambda times: self.waker.expect(times),
            tell=self.stream.publish,
            log=self.log,
            describe=self.describe,
        )
        # On PostgreSQL a step may be executed by another process than the one that was asked.
        self.answers = Answers(storage, self.clock, is_alone=self.database.dialect.name == "sqlite")
        notices = self.notices = StreamedNotices(
            self.stream,
            self.metrics,
            self.types,
            self.clock,
            self.answers.tell,
            lambda: self.notifier.look(),
        )
        self.fates = Fates(storage, self.types, notices)
        self.runs = Runs(storage, self.fates)
        self.input_checks = InputChecks()
        with_events = EntriesWithEvents()
        services = Services(
            settings=settings,
            storage=storage,
            configuration=self.configuration,
            accounts=self.accounts,
            inbox=self.events,
            files=self.files,
            http=self.http,
            guarded_http=self.guarded_http,
            plugins=self.plugins,
            hosts=self.hosts,
            marks=self.marks,
            with_events=with_events,
            fates=self.fates,
            has_accounts=self.hosted.has_accounts,
            forms_changed=self._mark_flows,
            list_values=self.limits.list_values,
            shared=SharedCounts(storage, self.limits),
            rates=self.rates,
            answers=self.answers,
            tell_owners=lambda of, topics, told: self.notifier.tell_owners(of, topics, told),
        )
        self.services = services
        self.actions = Actions(services, self.flows, self.component, self.describe)
        checks = self.input_checks
        self.component_tests = ComponentTests(
            self.flows,
            self.types,
            checks,
            self.actions,
            self.redaction,
            self.accounts,
            self.fates,
        )
        self.choosing = Choosing(services, self.flows, self.types)
        self.offers = Offers(self.connectors, self.types, self.log, self.describe)
        self.previews = Previews(services, self.flows, self.types, self.component)
        topics = Topics(self.plugins, self.hosted.has_accounts, self.describe)
        self.visibility = Visibility(storage, topics, self._replay)
        self.hearing = Hearing(
            self.flows,
            self.types,
            checks,
            self.component,
            self._trigger_context,
            topics,
            self.limits,
            self.log,
            self.describe,
        )
        execution = self.execution = make_execution(
            storage,
            database=self.database,
            over=settings.temporal,
            limits=self.limits,
            types=self.types,
            plugins=self.plugins,
            flows=self.flows,
            actions=self.actions,
            input_checks=self.input_checks,
            notices=notices,
            wake=lambda at: self.waker.look(at),
            log=self.log,
            describe=self.describe,
        )
        self.executor, self.queue, self.turn = execution.executor, execution.queue, execution.turn
        self.temporal = execution.temporal
        self.due, self.commands, self.retries = execution.due, execution.commands, execution.retries
        beginning = make_beginning(
            storage,
            execution=execution,
            hosted=self.hosted,
            inbox=self.events,
            topics=topics,
            with_events=with_events,
            fates=self.fates,
            limits=self.limits,
            types=self.types,
            plugins=self.plugins,
            flows=self.flows,
            input_checks=self.input_checks,
            notices=notices,
            metrics=self.metrics,
            log=self.log,
            describe=self.describe,
        )
        self.router, self.later, self.waker = beginning.router, beginning.later, beginning.waker
        self.notifier = beginning.notifier
        self.accounts.on_lost = self.notifier.look
        self.by_hand, self.hook_requests = beginning.by_hand, beginning.hook_requests

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Read without blocking the loop; raise DatabaseTimeout when nothing comes back."""
        return await self.readers.rows(query)

    def _trigger_context(
        self, place: Place, properties: Any, listening: Listening
    ) -> EngineTriggerContext:
        return EngineTriggerContext(self.services, place, properties, listening)

    async def _replay(self, owner_id: str, seq: int, by: str) -> list[str]:
        return await self.later.replay(owner_id, seq, by)

    async def _mark_flows(self, connector: str, about: str, text: str) -> None:
        for owner_id, marked in await self.flows.forms.changed(connector, about, text):
            self.stream.publish(owner_id, "flow", marked)

    async def _resume_account(self, account_id: str) -> None:
        self.router.release(account_id)
        self.waker.look()
        end = partial(end_paused, account_id=account_id, now=self.clock.now)
        rows = await self.writer.commit(end)
        await self.due.hand_over(rows)


@contextlib.asynccontextmanager
async def open_engine(
    settings: Settings,
    connectors: Mapping[str, Connector] | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[Engine]:
    """Run an engine for as long as the context lasts."""
    engine = Engine(settings, connectors, clock)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
