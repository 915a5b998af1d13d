"""What a host's author writes so that the suite can run over the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..loading import Connector
from ..values import JsonObject, Option


@dataclass(frozen=True)
class StepRecord:
    """What the host remembers of one step of an action.

    `state` is one of `running`, `waiting` (for an event or a time, also until it is tried again),
    `paused` (for its account), `completed`, `failed` and `unknown`; a host that makes no difference
    between the last two says `failed`. `output` holds the values by port. `shown` is all that
    people can see of the step, as text. `fate` is the state of the furthest later fate that the
    connector has told of it, empty without.
    """

    state: str
    output: JsonObject = field(default_factory=dict[str, Any])
    shown: str = ""
    fate: str = ""


class NotOfferedError(Exception):
    """The host says that it does not offer what a check is about, and refuses it in this sentence.

    Show it as a check that was left out.
    """


class RunningHost(Protocol):
    """A host that has started, and has the connector of the suite in it.

    A flow is a trigger `suite.probe.Heard` and an action `suite.probe.Act` behind its port `heard`,
    whose input has the fields of the trigger's output one by one. Both are on behalf of the account
    of that name, or of none.
    """

    async def connect(self, account: str, token: str) -> None:
        """Connect an account with a token that a person pasted; one of that name once more."""
        ...

    async def prove(self, account: str) -> None:
        """Ask the account provider what the account reaches, as the host does at intervals."""
        ...

    async def start(self, flow: str, account: str | None, properties: JsonObject) -> None:
        """Make the flow and start it, or start it once more; raise what its trigger raises.

        `properties` are the input of the trigger.
        """
        ...

    async def stop_flow(self, flow: str) -> None: ...

    async def choices(self, account: str, form: JsonObject) -> Sequence[Option]:
        """Return what the field `text` of `suite.probe.Act` offers for a half-filled form.

        Raise what says why there is nothing, and any other error.
        """
        ...

    async def post(self, path: str, body: bytes) -> int:
        """Post to a route of the plugin, as a service does, and return the answer's status."""
        ...

    async def request(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Post to an address that a trigger was given by `open_hook`; return status and body."""
        ...

    async def steps(self, flow: str) -> Sequence[StepRecord]:
        """Return the records of the flow's steps of `suite.probe.Act`, in any order."""
        ...

    def logged(self) -> str:
        """Return all that the host has written into its log, at every level."""
        ...

    async def stop(self) -> None:
        """End the host as it ends by itself; a second time is harmless."""
        ...

    async def kill(self) -> None:
        """End as a process does that is killed: nothing is finished, and nothing given back.

        Tasks of the host may have to be cancelled for that; nothing that they do then may last.
        """
        ...


class HostSite(Protocol):
    """What is left of a host when it has ended, and what another one begins with.

    Nothing is left by a host that keeps all in memory: it passes `CHECKS` and no `LASTING_CHECKS`.
    """

    patience_s: float
    """How long a check waits for what has to happen."""

    @property
    def does_not_offer(self) -> Collection[str]:
        """Those of `schedules` and `hooks` that the host refuses in a sentence."""
        ...

    async def open(self, connector: Connector, *, deadline_s: float = 60.0) -> RunningHost:
        """Start a host; a step of an action may take up to `deadline_s` seconds.

        The value of the connector's configuration key `secret` is to be `suite-secret`.
        """
        ...
