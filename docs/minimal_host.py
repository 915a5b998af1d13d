"""A host in memory: all that it takes to run a connector, and nothing that makes it last.

async with httpx.AsyncClient() as http:
    connector = load_connectors()["appmixer:whatsapp"]
    async with Host(connector, configuration, http) as host:
        await host.connect("acme", access_token)

        async def reply(message):
            said = {"phoneNumberId": message.phone_number_id, "to": message.reply_to}
            await host.run("auto-reply/reply", SEND_TEXT, "acme", {**said, "text": "Hello"})

        await host.start("auto-reply", NEW_MESSAGE, "acme", {}, reply)
        ...  # give what comes in at /plugins/<vendor>/<service>/ to host.answer
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, get_args

import httpx
from pydantic import BaseModel, ValidationError

from appmixer.engine.contract import (
    Action,
    AuthorizationError,
    Collected,
    Connector,
    ConnectorError,
    Credentials,
    End,
    Event,
    Fate,
    FateState,
    File,
    Hook,
    Json,
    JsonObject,
    Listener,
    Notice,
    Option,
    RejectedError,
    Request,
    Response,
    Schedule,
    SharedScope,
    SystemClock,
    ThrottledError,
    Trigger,
    Wait,
    choices_of,
)
from appmixer.engine.contract.manifest import Manifest
from appmixer.engine.contract.redaction import Redaction

Then = Callable[[Any], Awaitable[None]]
LOGGER = logging.getLogger("host")


class Store:
    """A real host keeps this in a database."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[Json, float | None]] = {}

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        return {key: self.entries[key][0] for key in keys if self._is_there(key)}

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        until = None if expires_in_s is None else time.monotonic() + expires_in_s
        self.entries.update({key: (each, until) for key, each in entries.items()})

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        if self._is_there(key):
            return self.entries[key][0]
        await self.put({key: value}, expires_in_s=expires_in_s)
        return None

    async def increase(self, key: str, by: float, *, expires_in_s: float | None = None) -> float:
        """A real host does it once for a step, whatever happens."""
        present = await self.add(key, by, expires_in_s=expires_in_s)
        if present is None:
            return by
        if not isinstance(present, int | float):
            raise RejectedError("No number", f"Under {key!r} is none.", "Use another key.", "key")
        self.entries[key] = (present + by, self.entries[key][1])
        return present + by

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        return await self.get([key for key in self.entries if key.startswith(prefix)])

    def _is_there(self, key: str) -> bool:
        _, until = self.entries.get(key, (None, 0.0))
        return until is None or until > time.monotonic()


class Files:
    """A real host keeps the files of each owner apart, and on a disk."""

    def __init__(self) -> None:
        self.contents: dict[str, tuple[File, bytes]] = {}

    async def describe(self, file_id: str) -> File:
        return self._find(file_id)[0]

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        yield self._find(file_id)[1]

    async def save(self, name: str, media_type: str, chunks: AsyncIterator[bytes]) -> File:
        content = b"".join([chunk async for chunk in chunks])
        file = File(uuid.uuid4().hex, name, media_type, len(content))
        self.contents[file.id] = (file, content)
        return file

    def _find(self, file_id: str) -> tuple[File, bytes]:
        if file_id not in self.contents:
            raise RejectedError("No such file", f"There is no file {file_id}.")
        return self.contents[file_id]


class Quota:
    """Counts by the quotas of the manifest. A real host lets a burst through and smooths it."""

    def __init__(self, manifest: Manifest) -> None:
        self.rates = {rate.name: rate for rate in manifest.quotas}
        self.taken: dict[tuple[str, str], list[float]] = defaultdict(list)

    async def take(self, resource: str, key: str) -> None:
        rate, now = self.rates[resource], time.monotonic()
        taken = [at for at in self.taken[resource, key] if at > now - rate.window_s]
        if len(taken) >= rate.limit:
            raise ThrottledError("Too many", retry_after_s=taken[0] + rate.window_s - now)
        self.taken[resource, key] = [*taken, now]


class Log:
    """Shows nothing that the manifest calls secret."""

    def __init__(self, manifest: Manifest, write: Callable[[str], None]) -> None:
        self.redaction, self.write = Redaction([manifest.secrets]), write

    def debug(self, event: str, **fields: Any) -> None:
        self.write(self.redaction.hide(json.dumps({"event": event, **fields}, default=str)))

    info = warning = error = debug


@dataclass
class Account:
    """A real host keeps the token encrypted, and asks the account provider to renew it."""

    id: str
    name: str
    profile: JsonObject
    token: str = field(repr=False)
    settings: JsonObject = field(default_factory=dict[str, Json])
    owner_id: str = "me"  # a real host has many owners, and keeps them apart

    async def access_token(self) -> str:
        return self.token

    async def refresh(self) -> str:
        raise AuthorizationError("The token cannot be renewed", cure="Connect the account again.")


@dataclass
class Step:
    """What became of one call of an action; `place` names the flow and the component in it."""

    id: str
    place: str
    component: str
    account: Account | None
    input: Mapping[str, Json] = field(repr=False)
    state: str = "running"
    output: dict[str, list[Any]] = field(default_factory=dict[str, "list[Any]"])
    error: str = ""
    attempts: int = 0
    # What `receive` is called with again, or `resume` when it comes from a wait.
    resumes: tuple[JsonObject, JsonObject | None] | None = None


class Host:
    """Runs the components of one connector; `steps` has what became of each step, by its id."""

    def __init__(
        self,
        connector: Connector,
        configuration: Mapping[str, str],
        http: httpx.AsyncClient,
        *,
        deadline_s: float = 600.0,
        write: Callable[[str], None] = LOGGER.info,
    ) -> None:
        self.configuration, self.http, self.deadline_s = configuration, http, deadline_s
        self.public_url = self.base_url = "https://api.example"
        self.store, self.files, self.clock = Store(), Files(), SystemClock()
        self.quota, self.log = Quota(connector.manifest), Log(connector.manifest, write)
        self.states: dict[str, Store] = defaultdict(Store)
        self.accounts: dict[str, Account] = {}
        self.listening: dict[str, Listener] = {}
        self.triggers: dict[str, tuple[Trigger, Context, Then]] = {}
        self.relied_on: dict[str, list[tuple[Listener, Account | None]]] = {}
        self.steps: dict[str, Step] = {}
        self.waits: dict[str, tuple[Step, Wait, asyncio.TimerHandle]] = {}
        self.answered: dict[str, JsonObject] = {}
        self.known_events: set[str] = set()
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.tasks: set[asyncio.Task[None]] = set()
        self.last_of: dict[str, asyncio.Task[None]] = {}
        self.fates: dict[str, Fate] = {}
        self.watched: list[asyncio.Task[None]] = []
        self.is_stopped = False
        self.components = connector.components()
        self.provider = connector.account_provider(self)
        self.plugin = connector.plugin(self)

    async def __aenter__(self) -> Self:
        await self.plugin.start()
        self.watch("routing", self._route)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Cancel what is under way, wait for its end, and stop the plugin when nothing uses it."""
        if self.is_stopped:
            return
        self.is_stopped = True
        for _, _, timer in self.waits.values():
            timer.cancel()
        under_way = [*self.tasks, *self.watched]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self.plugin.stop()

    async def settled(self) -> None:
        """Return when all that was accepted has been worked off, but for what waits."""
        await self.inbox.join()
        while self.tasks:
            await asyncio.wait(self.tasks)

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """A real host shows to whoever runs it what has failed."""

        async def keep() -> None:
            rest_s = 0.1
            while True:
                try:
                    await work()
                except Exception as error:
                    self.log.error("work_failed", name=name, reason=type(error).__name__)
                await asyncio.sleep(rest_s)
                rest_s = min(2 * rest_s, 30.0)

        self.watched.append(asyncio.create_task(keep()))

    async def connect(self, name: str, access_token: str) -> Account:
        """Connect an account, or connect it again, and go on with the steps that wait for that."""
        assert self.provider is not None, "the connector has no accounts"
        found = await self.provider.connect_token(access_token)
        account = self.accounts.setdefault(name, Account(name, name, found.profile, access_token))
        account.profile, account.token = found.profile, access_token
        for step in self.steps.values():
            if step.state == "paused" and step.account is account:
                self._begin(partial(self._work, step))
        return account

    async def prove(self, name: str) -> None:
        """A real host does this at intervals."""
        assert self.provider is not None, "the connector has no accounts"
        account = self.accounts[name]
        credentials = Credentials(account.token, account.profile, name, owner_id=account.owner_id)
        account.profile = await self.provider.validate(credentials)

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def report_fates(self, fates: Sequence[Fate]) -> None:
        """A real host keeps them beside its steps, and passes over those of others."""
        order = get_args(FateState)
        for fate in fates:
            present = self.fates.setdefault(fate.step_id, fate)
            if order.index(fate.state) > order.index(present.state):
                self.fates[fate.step_id] = fate

    async def account(self, account_id: str) -> Account:
        return self.accounts[account_id]

    async def listeners(self, topic_prefix: str) -> Sequence[str]:
        topics = [listener.topic for listener in self.heard()]
        return [topic for topic in topics if topic.startswith(topic_prefix)]

    def heard(self) -> Sequence[Listener]:
        """Return who listens, be it to begin runs or because actions rely on it."""
        relied_on = [listener for each in self.relied_on.values() for listener, _ in each]
        return [*self.listening.values(), *relied_on]

    async def tell_owners(self, topics: Sequence[str], notice: Notice) -> None:
        """A real host gives it to the triggers of theirs that listen to NOTICE."""
        self.log.warning("notice", id=notice.id, title=notice.title)

    async def forms_changed(self, about: str, text: str) -> None:
        """A real host marks the flows whose forms were made from that, for people to see."""

    async def start(
        self,
        flow: str,
        trigger_name: str,
        account_name: str | None,
        properties: Mapping[str, Json],
        then: Then,
        actions: Sequence[tuple[str, Mapping[str, Json]]] = (),
    ) -> Sequence[str]:
        """Start a trigger; what it gives is passed to `then`. Return what to mind of the actions.

        `actions` are those that `then` runs by the same account, each with its input.
        """
        trigger = self.components[trigger_name]()
        assert isinstance(trigger, Trigger)
        account = None if account_name is None else self.accounts[account_name]
        context = Context(self, flow, account, trigger.Input.model_validate(properties))
        # First: an event may come as soon as it listens.
        self.triggers[flow] = (trigger, context, then)
        try:
            await trigger.start(context)
        except Exception:
            await self.stop_flow(flow)
            raise
        return await self._rely(flow, account, actions)

    async def _rely(
        self,
        flow: str,
        account: Account | None,
        actions: Sequence[tuple[str, Mapping[str, Json]]],
    ) -> Sequence[str]:
        """A real host leaves out secrets, and stores the listeners in the commit of the start."""
        found: dict[str, Listener] = {}
        warnings: list[str] = []
        account_id = account.id if account else ""
        for name, given in actions:
            action = self.components[name]()
            assert isinstance(action, Action)
            try:
                topics = await action.relies_on(Context(self, flow, account), given)
            except Exception as error:
                self.log.warning("not_told", component=name, reason=type(error).__name__)
                continue
            for topic in topics:
                id = f"{flow} {name} {topic}"
                found[topic] = Listener(id, topic, {}, account_id, begins_runs=False)
        for listener in found.values():
            try:
                await self.plugin.listener_added(listener, account)
            except ConnectorError as error:
                warnings.append(str(error))
        gone = [each for each, _ in self.relied_on.get(flow, []) if each not in found.values()]
        self.relied_on[flow] = [(listener, account) for listener in found.values()]
        for listener in gone:
            await self.plugin.listener_removed(listener, account)
        return warnings

    async def stop_flow(self, flow: str) -> None:
        relied_on = self.relied_on.pop(flow, [])
        if flow in self.triggers:
            trigger, context, _ = self.triggers.pop(flow)
            await trigger.stop(context)
        for listener, account in relied_on:
            await self.plugin.listener_removed(listener, account)

    async def choices(
        self, component: str, field: str, account_name: str | None, form: Mapping[str, Json]
    ) -> Sequence[Option]:
        """A real host pages and searches, and keeps them for a minute for the account."""
        account = None if account_name is None else self.accounts[account_name]
        choices = choices_of(self.components[component].Input)[field]
        return await choices.first(Context(self, "choosing", account), form)

    async def answer(self, request: Request) -> Response:
        """Answer a request to one of the plugin's routes."""
        for route in self.plugin.routes:
            if (route.method, route.path) == (request.method, request.path):
                if len(request.body) > route.max_body_bytes:
                    return Response(413, b"The body is too long.")
                return await route.answer(request)
        return Response(404)

    async def accept(self, content: bytes) -> None:
        """A real host stores the content before it returns."""
        self.inbox.put_nowait(content)

    async def run(
        self, place: str, component: str, account_name: str | None, input: Mapping[str, Json]
    ) -> Step:
        """Run an action until it ends or has to wait."""
        account = None if account_name is None else self.accounts[account_name]
        step = Step(uuid.uuid4().hex, place, component, account, input)
        self.steps[step.id] = step
        await self._work(step)
        return step

    def give_up(self, key: str) -> None:
        """End a wait whose time is over."""
        self._answer(key, None)

    async def _route(self) -> None:
        """Make events of what was accepted, for as long as the host lives."""
        while True:
            content = await self.inbox.get()
            try:
                await self._take(content)
            except Exception as error:
                # A real host keeps what cannot be read, and tries it again with the next version.
                self.log.error("not_routed", reason=type(error).__name__)
            finally:
                self.inbox.task_done()

    async def _take(self, content: bytes) -> None:
        events = [each for each in self.plugin.read(content) if each.id not in self.known_events]
        await self.plugin.before_routing(events)
        for event in events:
            self.known_events.add(event.id)
            for key in event.wait_keys:
                self._answer(key, event.payload)
            for listener in list(self.listening.values()):
                trigger, context, then = self.triggers[listener.id.partition(" ")[0]]
                if not self._may_hear(event, listener, context.chosen):
                    continue
                output = await trigger.receive(context, event.payload)
                if output is not None:
                    self._begin(partial(then, output), event.order)

    def _may_hear(self, event: Event, listener: Listener, account: Account | None) -> bool:
        if listener.topic not in event.topics:
            return False
        if account is None:
            return True
        return not {*event.topics}.isdisjoint(self.plugin.visible_topics(account.profile))

    def _begin(self, work: Callable[[], Awaitable[None]], order: str = "") -> None:
        """Do it beside all else, but after what was begun before in the same order."""

        async def in_turn(before: asyncio.Task[None] | None) -> None:
            if before is not None:
                await asyncio.wait([before])
            await work()

        task = asyncio.create_task(in_turn(self.last_of.get(order) if order else None))
        self.last_of[order] = task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _answer(self, key: str, payload: JsonObject | None) -> None:
        if key in self.waits:
            step, wait, timer = self.waits.pop(key)
            timer.cancel()
            step.resumes = (wait.state, payload)
            self._begin(partial(self._work, step))
        elif payload is not None:
            self.answered[key] = payload

    async def _work(self, step: Step) -> None:
        again_s = await self._attempt(step)
        while again_s is not None:
            await asyncio.sleep(again_s)
            again_s = await self._attempt(step)

    async def _attempt(self, step: Step) -> float | None:
        """Try the step once; return after how many seconds it is to be tried again, if it is."""
        step.state, step.output, step.error = "running", {}, ""
        step.attempts += 1
        context = Context(self, step.place, step.account, step=step)
        action = self.components[step.component]()
        assert isinstance(action, Action)
        try:
            async with asyncio.timeout(self.deadline_s):
                if step.resumes is None:
                    given = action.Input.model_validate(step.input)
                    result = await action.receive(context, given)
                else:
                    result = await action.resume(context, *step.resumes)
        except ThrottledError as error:
            step.state = "waiting"
            return error.retry_after_s
        except Exception as error:
            is_paused = isinstance(error, AuthorizationError) and step.account is not None
            step.state = "paused" if is_paused else "failed"
            # What foreign code says of its own fault may hold anything.
            is_told = isinstance(error, ConnectorError | ValidationError)
            step.error = str(error) if is_told else f"It raises {type(error).__name__}."
            self.log.warning("step_failed", step=step.id, reason=type(error).__name__)
        else:
            self._settle(step, action.port, result)
        return None

    def _settle(self, step: Step, port: str, result: BaseModel | Wait | End | None) -> None:
        if isinstance(result, End):  # a host of flows begins nothing more of the run
            step.state = "failed" if result.has_failed else "completed"
            step.error = result.text if result.has_failed else ""
            return
        if not isinstance(result, Wait):
            if result is not None:
                step.output.setdefault(port, []).append(result)
            step.state = "completed"
            return
        step.state = "waiting"
        loop = asyncio.get_running_loop()
        timer = loop.call_later(result.timeout_s, self.give_up, result.key)
        self.waits[result.key] = (step, result, timer)
        # The event may have come before the wait.
        if (early := self.answered.pop(result.key, None)) is not None:
            self._answer(result.key, early)


class Context:
    """What one component of a flow is given: with `properties` a trigger, with `step` an action."""

    def __init__(
        self,
        host: Host,
        place: str,
        account: Account | None,
        properties: BaseModel | None = None,
        step: Step | None = None,
    ) -> None:
        self.host, self.place, self.chosen, self.properties = host, place, account, properties
        # A real host keeps the calls of components out of its own network.
        self.plugin, self.store, self.http = host.plugin, host.store, host.http
        self.clock, self.log, self.quota, self.files = host.clock, host.log, host.quota, host.files
        self.state, self.step = host.states[place], step
        self.attempt = uuid.uuid4().hex
        self.step_id = step.id if step else ""
        self.may_have_acted = step is not None and step.attempts > 1

    owner_id = "me"

    @property
    def account(self) -> Account:
        if self.chosen is None:
            raise RejectedError("No account", "The component has none.", "Choose one.")
        return self.chosen

    collected = Collected()  # this host calls no action once for a list

    def shared(self, scope: SharedScope) -> Store:
        """A real host forgets a flow's with the flow; here it is what stands before the / ."""
        flow = self.place.partition("/")[0] if scope == "flow" else ""
        return self.host.states[f"shared {flow}"]

    def has_not_acted(self, attempt: str) -> bool:
        """This host remembers nothing of a crash, so it is certain of nothing."""
        return False

    def acts_now(self) -> None:
        """Nothing is remembered; what fails or takes too long is never tried again here."""

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        """A real host keeps them in the commit of the step's record."""
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def goes_on_at(self, port: str) -> bool:
        """In this host what follows is code, of which nobody knows what it looks at."""
        return True

    async def send(self, port: str, value: BaseModel) -> None:
        assert self.step is not None, "only actions have values to send"
        self.step.output.setdefault(port, []).append(value)

    def side_by_side(self, at_most: int) -> None:
        """This host works off all values one after the other."""

    async def add_listener(self, topic: str, params: JsonObject) -> None:
        account_id = self.chosen.id if self.chosen else ""
        listener = Listener(f"{self.place} {topic}", topic, params, account_id, self.owner_id)
        await self.plugin.listener_added(listener, self.chosen)
        self.host.listening[listener.id] = listener

    async def remove_listener(self, topic: str) -> None:
        listener = self.host.listening.pop(f"{self.place} {topic}", None)
        if listener is not None:
            await self.plugin.listener_removed(listener, self.chosen)

    async def add_schedule(
        self, schedule: Schedule, *, name: str = "", catches_up: bool = True
    ) -> None:
        """A real host keeps it in a table, and wakes the trigger when it is due."""
        raise RejectedError("No clock", "This host wakes nobody.")

    async def remove_schedule(self, name: str = "") -> None:
        """There is none."""

    async def open_hook(self, hook: Hook) -> str:
        """A real host makes an address that nobody can guess, and keeps it with the flow."""
        raise RejectedError("No address", "This host takes no requests.")

    async def close_hook(self, name: str = "") -> None:
        """There is none."""

    async def put_with_starts(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.state.put(entries)

    async def answer(self, response: Response) -> None:
        raise RejectedError("No request", "This host begins no run by a request.")

    async def other_flows(self, topics: Sequence[str]) -> int:
        """Return how many others listen there: here, each trigger is a flow."""
        heard = {
            each.id.partition(" ")[0]
            for each in self.host.heard()
            if any(f"{each.topic}:".startswith(f"{topic}:") for topic in topics)
        }
        return len(heard - {self.place})

    async def is_of_this_flow(self, step_id: str) -> bool:
        """Say so by what stands before the / in the places of the step and of this trigger."""
        step = self.host.steps.get(step_id)
        return step is not None and step.place.partition("/")[0] == self.place.partition("/")[0]

    def warn(self, text: str) -> None:
        self.log.warning("trigger_warns", text=text)
