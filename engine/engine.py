"""One engine process: everything long-lived, made at start and passed on."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from .accounts import Accounts
from .configuration import Configuration
from .contexts import DryRunRequest, EngineActionContext, EngineHost, open_http
from .contract import (
    AccountProvider,
    Action,
    AuthorizationError,
    Component,
    Connector,
    ConnectorError,
    Plugin,
    Wait,
    load_connectors,
)
from .database import database_url, migrate, open_database
from .departures import Departures
from .dispatch import Dispatcher
from .documents import ComponentType, FlowComponent, read_input
from .events import Events
from .files import FileStore
from .flows import Flows
from .folder import open_folder, prepare_folder
from .housekeeping import housekeep
from .logs import get_log
from .metrics import Metrics
from .outcomes import COMPLETED, FAILED, WAITING, Outcome, describe_error, outcome_of_error
from .owners import Owners
from .quotas import Buckets
from .runs import Runs
from .schemas import component_types
from .seal import KEY_VARIABLE, load_seal
from .segments import ENDED, Segment, resume_paused, wake
from .settings import Settings
from .store import DatabaseStore
from .stream import Stream
from .trials import Trials
from .visibility import Visibility
from .workflows import Workflows
from .writer import Writer

STEP_TIMEOUT_S = 600.0


class Engine:
    """Hosts the installed connectors: their flows, accounts and events."""

    def __init__(
        self, settings: Settings, connectors: Mapping[str, Connector] | None = None
    ) -> None:
        """Prepare an engine for the installed connectors, unless others are given."""
        self.settings = settings
        prepare_folder(settings.data, has_database=settings.database_url is None)
        self.log = get_log("engine")
        self.metrics = Metrics()
        url = database_url(settings.data, settings.database_url)
        self.database = open_database(url)
        self._durable = open_database(url, survives_power_cut=True)
        self.connectors = load_connectors() if connectors is None else connectors
        self.types: Mapping[str, ComponentType] = component_types(self.connectors)
        self.stream = Stream()
        self.plugins: dict[str, Plugin] = {}
        self.providers: dict[str, AccountProvider] = {}
        self.hosts: dict[str, EngineHost] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self._instances: dict[str, Component] = {}
        self.is_ready = False

    async def start(self) -> None:
        """Open the database, start DBOS and the connectors, recover what was under way."""
        self.folder = open_folder(self.settings.data)
        self.departures = Departures(self.settings.data)
        self.workflows = Workflows(self.database, self.folder.machine_id)
        await asyncio.to_thread(migrate, self.database)
        key = self.settings.environment.get(KEY_VARIABLE)
        self.seal = await asyncio.to_thread(load_seal, self.settings.data, key, self.database)
        self.writer = Writer(self._durable)
        self.events = Events(self.database, self.writer)
        self.owners = Owners(self)
        self.configuration = Configuration(self)
        self.accounts = Accounts(self)
        self.accounts.on_connected = self._resume_account
        self.files = FileStore(self)
        self.flows = Flows(self)
        self.runs = Runs(self)
        self.trials = Trials(self)
        self.visibility = Visibility(self)
        self.dispatcher = Dispatcher(self)
        await self.owners.start()
        await self.configuration.start()
        self.http = open_http()
        for connector_id, connector in self.connectors.items():
            self._open(connector_id, connector)
        await self.workflows.launch(self._run_segment, self._wake_segment)
        for plugin in self.plugins.values():
            await plugin.start()
        self._tasks = [
            asyncio.create_task(self.dispatcher.work(), name="dispatcher"),
            asyncio.create_task(self.accounts.keep_fresh(), name="accounts"),
            asyncio.create_task(self.configuration.keep_fresh(), name="configuration"),
            asyncio.create_task(housekeep(self), name="housekeeping"),
        ]
        self.is_ready = True

    async def stop(self) -> None:
        """Stop taking on work, let what is under way end or be recovered, and close everything."""
        self.is_ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for plugin in self.plugins.values():
            await plugin.stop()
        await self.workflows.close()
        await self.http.aclose()
        await asyncio.to_thread(self.writer.close)
        self._durable.dispose()
        self.database.dispose()
        self.departures.close()
        self.folder.close()

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Read without blocking the loop."""
        return await asyncio.to_thread(self._read, query)

    def component(self, name: str) -> Component:
        """Return the one instance of a component's class."""
        if name not in self._instances:
            classes = self.connectors[self.types[name].connector].components()
            self._instances[name] = classes[name]()
        return self._instances[name]

    async def act(
        self,
        *,
        owner_id: str,
        flow_key: str,
        key: str,
        component: FlowComponent,
        values: Mapping[str, Any],
        step_id: str,
        resumes: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Let an action do its work once, and return how that ended; it never raises."""
        attempt = uuid.uuid4().hex
        self.departures.begin(attempt)
        try:
            outcome = await self._act(
                owner_id, flow_key, key, component, values, step_id, resumes, attempt
            )
        except DryRunRequest:
            self.departures.end(attempt)
            raise
        self.departures.end(attempt)
        return outcome

    async def _act(
        self,
        owner_id: str,
        flow_key: str,
        key: str,
        component: FlowComponent,
        values: Mapping[str, Any],
        step_id: str,
        resumes: Mapping[str, Any] | None,
        attempt: str,
    ) -> Outcome:
        account_id: str | None = None
        sent: list[tuple[str, Any]] = []
        asked_at = time.time()
        try:
            place = await self.flows.place(owner_id, flow_key, key, component)
            account_id = place.account.id if place.account else None
            if place.account is not None:
                await place.account.access_token()
            context = EngineActionContext(self, place, step_id, attempt, sent)
            action = self.component(component.type)
            assert isinstance(action, Action)
            async with asyncio.timeout(STEP_TIMEOUT_S):
                if resumes is None:
                    result = await action.receive(context, read_input(action.Input, values))
                else:
                    result = await action.resume(context, resumes["state"], resumes["event"])
        except AuthorizationError as error:
            if account_id is not None:
                await self.accounts.mark_reconnect(account_id, str(error), asked_at=asked_at)
            return outcome_of_error(error, account_id)
        except ConnectorError as error:
            return outcome_of_error(error, account_id)
        except DryRunRequest:
            raise
        except Exception as error:  # a component's fault is this step's failure and nobody else's
            return Outcome(FAILED, error=self.describe(error, component=key))
        if isinstance(result, Wait):
            return Outcome(
                WAITING,
                sent,
                delay_s=result.timeout_s,
                wait_key=result.key,
                wait_state=result.state,
                wait_reason=result.reason,
            )
        if result is not None:
            sent.append((action.port, result.model_dump(mode="json")))
        return Outcome(COMPLETED, sent)

    def describe(self, error: Exception, **where: str) -> dict[str, Any]:
        """Return what a record says of any exception; what was not foreseen goes to the log."""
        if isinstance(error, ConnectorError):
            return describe_error(error)
        reference = uuid.uuid4().hex[:12]
        self.log.error("unexpected_error", reference=reference, exc_info=error, **where)
        return {
            "kind": "InternalError",
            "title": "Something unexpected went wrong inside the engine or a component",
            "cause": f"{type(error).__name__}; the log tells more under {reference}.",
            "cure": "Report it with this reference.",
        }

    def tell_run(self, owner_id: str, run_id: str, flow_id: str, state: str) -> None:
        """Tell who watches that a run has changed."""
        if state in ENDED:
            self.metrics.runs.labels(state).inc()
        self.stream.publish(owner_id, "run", {"runId": run_id, "flowId": flow_id, "state": state})

    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None:
        """Tell who watches how a step has ended."""
        self.metrics.steps.labels(row["type"], row["state"]).inc()
        self.metrics.step_seconds.labels(row["type"]).observe(row["duration_s"])
        self.stream.publish(
            owner_id,
            "step",
            {
                "runId": row["run_id"],
                "flowId": flow_id,
                "component": row["component"],
                "type": row["type"],
                "state": row["state"],
                "error": row["error"],
                "at": time.time(),
            },
        )

    def _open(self, connector_id: str, connector: Connector) -> None:
        quotas = {quota.name: quota for quota in connector.manifest.quotas}
        host = EngineHost(
            engine=self,
            connector=connector_id,
            http=self.http,
            log=self.log.bind(connector=connector_id),
            store=DatabaseStore(self.database, self.writer, connector_id),
            quota=Buckets(quotas),
        )
        self.hosts[connector_id] = host
        self.providers[connector_id] = connector.account_provider(host)
        self.plugins[connector_id] = connector.plugin(host)

    async def _run_segment(self, payload: dict[str, Any]) -> None:
        work = payload["work"]
        document = await self.flows.document(work["flowKey"], work["version"])
        await Segment(self, payload, document).work()

    async def _wake_segment(self, segment_id: str) -> None:
        await self.writer.commit_in_the_end(lambda connection: wake(self, connection, segment_id))

    async def _resume_account(self, account_id: str) -> None:
        await self.writer.commit(lambda connection: resume_paused(self, connection, account_id))

    def _read(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        with self.database.connect() as connection:
            return connection.execute(query).all()


@contextlib.asynccontextmanager
async def open_engine(
    settings: Settings, connectors: Mapping[str, Connector] | None = None
) -> AsyncGenerator[Engine]:
    """Run an engine for as long as the context lasts."""
    engine = Engine(settings, connectors)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
