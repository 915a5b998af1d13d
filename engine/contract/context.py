"""What a host provides: protocols, so that any engine can implement them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .clock import Clock
from .provided import Account, Files, Log, Quota, SharedScope, SharedStore, Store
from .starts import Hook, Schedule
from .values import Collected, Fate, Json, JsonObject, Notice, Response

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

    from .connector import Plugin


class HostContext(Protocol):
    """What the long-lived parts get: the plugin and the account provider."""

    @property
    def configuration(self) -> Mapping[str, str]:
        """The administrator's values for the manifest's configuration keys, read at each access."""
        ...

    @property
    def public_url(self) -> str:
        """The address that services are to reach this host by, or "" when nobody has told it."""
        ...

    @property
    def base_url(self) -> str:
        """The public address or, while it is unknown, the one on this machine."""
        ...

    @property
    def http(self) -> httpx.AsyncClient:
        """The client for addresses that the administrator has named: it reaches every one."""
        ...

    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> Log: ...
    @property
    def store(self) -> Store: ...
    @property
    def quota(self) -> Quota: ...

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do what never ends by itself, from `Plugin.start` on, until just before `Plugin.stop`.

        When it raises, or ends all the same, the host shows that under the name and, after a rest
        that grows, begins again. At the end it is cancelled and waited for.
        """
        ...

    async def accept(self, content: bytes) -> None:
        """Store what a service has told, durably, and return.

        Afterwards the host asks `Plugin.read` for its events and routes them, at least once. Raises
        ThrottledError when it could not be stored: the sender has to deliver it again.
        """
        ...

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        """Put entries into `store` with what follows from events: both are kept, or neither.

        Only for `Plugin.before_routing`, which is called again with events that were not kept.
        Whoever reads the entries before that may not find them. A host that cannot keep the two
        together puts the entries there at once.
        """
        ...

    async def report_fates(self, fates: Sequence[Fate]) -> None:
        """Keep, in one commit, what became of what steps did, and show it beside each step.

        Called in `Plugin.before_routing`, it is kept in the commit of what follows from the events.

        In any order, repeatedly, however late, and also before the record of the step is stored: a
        step keeps the furthest state it was told of, in the order of `FateState`. `failed` comes
        last, and nothing follows it. What is told of a step of another connector, or of one that
        there never was, changes nothing.
        """
        ...

    async def tell_owners(self, topics: Sequence[str], notice: Notice) -> None:
        """Tell those whose accounts open one of the topics, if a trigger of theirs listens to it.

        Where the connector has no accounts, everybody. Returns when it is stored.
        """
        ...

    async def account(self, account_id: str) -> Account:
        """Return an account, whatever its state; raise LookupError when it is gone."""
        ...

    async def listeners(self, topic_prefix: str) -> Sequence[str]:
        """Return the topics of all present listeners that start with the prefix, with repeats.

        Those that begin no runs are among them.
        """
        ...

    async def forms_changed(self, about: str, text: str) -> None:
        """Mark the flows whose forms have this `about`, for people; an empty text unmarks them."""
        ...


class ComponentContext(Protocol):
    """What every component gets."""

    @property
    def owner_id(self) -> str:
        """Whose flow, account and files these are; the same for all that is theirs, and lasting."""
        ...

    @property
    def account(self) -> Account:
        """The account chosen in the flow; raises RejectedError when none was."""
        ...

    @property
    def plugin(self) -> Plugin:
        """The connector's own long-lived part."""
        ...

    @property
    def state(self) -> Store:
        """What this component of this flow remembers."""
        ...

    @property
    def store(self) -> Store: ...
    @property
    def files(self) -> Files: ...
    @property
    def http(self) -> httpx.AsyncClient:
        """The client for addresses that flows name, unlike that of the long-lived parts.

        It reaches the public internet, and of everything else what the administrator of the host
        has allowed; a call of another address raises RejectedError before anything has left.
        """
        ...

    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> Log: ...
    @property
    def quota(self) -> Quota: ...


class ActionContext(ComponentContext, Protocol):
    """What an action gets for one execution."""

    @property
    def step_id(self) -> str:
        """The same for every attempt at this step, across restarts, and no other step's.

        A person who has a step done again of which nobody knows whether it happened asks for a new
        step, whose id is another.
        """
        ...

    @property
    def attempt(self) -> str:
        """The name of this attempt at the step; no other attempt at anything has it."""
        ...

    @property
    def may_have_acted(self) -> bool:
        """False only if it is certain that no earlier attempt at this step has done anything."""
        ...

    def has_not_acted(self, attempt: str) -> bool:
        """True only if it is certain that an earlier attempt did not come to `acts_now`.

        Of an attempt that was cut short, be it by a crash, by a shutdown or by its deadline, a host
        may know it; one that remembers nothing answers False.
        """
        ...

    def acts_now(self) -> None:
        """Note that this attempt's effect leaves now: to be called just before its bytes do.

        What was noted outlives the process, so a crash before it is told from one after it. If the
        attempt is cut short afterwards, its outcome is unknown.
        """
        ...

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        """Put entries into `store` together with this step's record: both are kept, or neither.

        Whoever reads them before the step has ended may not find them. A host that keeps nothing
        when its process ends may put them there at once.
        """
        ...

    def shared(self, scope: SharedScope) -> SharedStore:
        """What components keep for one another: those of this flow, or of all the owner's flows."""
        ...

    @property
    def collected(self) -> Collected:
        """What has reached a component that `collects`; empty for all others."""
        ...

    async def answer(self, response: Response) -> None:
        """Answer the request that has begun this run, durably; the same step may do so again.

        Raises RejectedError where nobody waits for it: no request has begun the run, it is answered
        already, or its time is over.
        """
        ...

    async def goes_on_at(self, port: str) -> bool:
        """Say whether anything of the flow follows at an output port of this component.

        So a component can fail of what nobody has provided for. True where it is not in a flow.
        """
        ...

    async def send(self, port: str, value: BaseModel) -> None:
        """Send a value to a further port; what `receive` returns goes to the main one.

        It becomes real with the step's record: an attempt that has no outcome has sent nothing.
        Several values at one port are a list: each is worked off by itself, some side by side.
        """
        ...

    def side_by_side(self, at_most: int) -> None:
        """Let at most so many of this step's values be under way at a time, waits included.

        With 1 they go one after the other, in the order of the list. The host may allow fewer.
        """
        ...


class TriggerContext(ComponentContext, Protocol):
    """What a trigger gets."""

    @property
    def properties(self) -> Any:
        """The trigger's validated Input."""
        ...

    async def add_listener(self, topic: str, params: JsonObject) -> None:
        """Ask for events of a topic; refused with the plugin's reason. Twice is once.

        Those of HOST_TOPICS are the host's own, for which neither plugin nor account are asked:
        `receive` gets `topic`, `at`, `title`, `cause`, `cure` and `details`, and, as far as it is
        about one, `flowId`, `flowName`, `runId`, `step`, `account` (its name) and `connector`. What
        becomes of a run that begins so is told nobody.
        """
        ...

    async def remove_listener(self, topic: str) -> None:
        """Take back what this trigger asked for; harmless when there is nothing."""
        ...

    async def add_schedule(
        self, schedule: Schedule, *, name: str = "", catches_up: bool = True
    ) -> None:
        """Ask, at the start, to be woken at a time; asked again for the same, nothing changes.

        `receive` then gets `schedule` (the name), `scheduledAt` and `actualAt`. The host keeps it
        across restarts and new versions of the flow. What came due while nobody could wake the
        trigger leads to one wake-up, however many times have passed, or, when it does not
        `catches_up`, to none. Raises RejectedError for a schedule that cannot be.
        """
        ...

    async def remove_schedule(self, name: str = "") -> None:
        """Take back what this trigger asked for; harmless when there is nothing."""
        ...

    async def open_hook(self, hook: Hook) -> str:
        """Ask, at the start, for an address of this trigger's own, and return it as a URL.

        It stays the same as long as the flow exists. `receive` gets each request: `hook` (the
        name), `method`, `query`, `headers` (names in lower case), `body` as text or `bodyBase64`
        where it is none, and `receivedAt`. RejectedError refuses the request.
        """
        ...

    async def close_hook(self, name: str = "") -> None:
        """Take no more requests; harmless when there is nothing."""
        ...

    async def put_with_starts(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        """Put entries into `state` together with what this call of `receive` starts, or neither.

        It is for wake-ups and requests: a trigger that asks a service for news keeps with it how
        far it has come. An event's start keeps nothing.
        """
        ...

    async def other_flows(self, topics: Sequence[str]) -> int:
        """Return how many other flows listen to one of these topics, or to a longer one of it."""
        ...

    async def is_of_this_flow(self, step_id: str) -> bool:
        """Say whether a step of this id belongs to a run of this flow, whatever its version.

        For the step that an event is `about` that costs nothing: the host has looked it up already.
        """
        ...

    def warn(self, text: str) -> None:
        """Tell the person who starts or stops the flow something that does not prevent it."""
        ...
