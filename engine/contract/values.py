"""Values that pass between a connector and its host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from .errors import ConnectorError

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"


@dataclass(frozen=True)
class Event:
    """Something that happened at the service, as the plugin reads it.

    `id` is unique per connector and identifies duplicates. `topics` are what the listeners
    it is for have named. Events with the same `order` are handled one after the other.
    `wait_keys` are the keys of the waits it ends. `about` is the id of the step whose effect it
    reports, if it reports one: what such an event starts was caused by that step's run.
    """

    id: str
    kind: str
    payload: JsonObject
    topics: tuple[str, ...] = ()
    order: str = ""
    wait_keys: tuple[str, ...] = ()
    about: str = ""


FateState: TypeAlias = Literal["unknown", "accepted", "delivered", "read", "played", "failed"]


@dataclass(frozen=True)
class Fate:
    """What has become, by `at`, of something that a step did: told after the step itself has ended.

    `accepted`: the service has it. `delivered`, `read`, `played`: it has arrived, and was seen.
    `failed`: it will not arrive, and `error` says why and what to do. `unknown`: nobody can tell.
    `at` is aware.
    """

    step_id: str
    state: FateState
    at: datetime
    error: ConnectorError | None = None


@dataclass(frozen=True)
class Wait:
    """Returned by `receive` or `resume`: continue with `resume` at the next event for `key`.

    The host keeps it across restarts. An event that came before the wait was stored counts too,
    unless the component has seen it. After `timeout_s` seconds `resume` gets no event. `state` is
    handed back unchanged. `reason` tells people what the run waits for.
    """

    key: str
    timeout_s: float
    state: JsonObject = field(default_factory=dict[str, Json])
    reason: str = ""


@dataclass(frozen=True)
class End:
    """Returned by `receive` or `resume`: the run ends with this step, and begins nothing else.

    What is under way beside it ends by itself, and what the step has sent is recorded and goes
    nowhere. With `has_failed` step and run have failed, and `text` tells people why.
    """

    has_failed: bool = False
    text: str = ""


@dataclass(frozen=True)
class Collected:
    """What has reached a component that collects: the values, in the order of the list.

    The list had `count` values. Those whose steps have failed, or led elsewhere, are not here; nor
    are those that were not done when its time was over, and then it is not `is_complete`.
    """

    values: Sequence[Json] = field(default=(), repr=False)
    count: int = 0
    is_complete: bool = True


@dataclass(frozen=True)
class Notice:
    """Something at the service that owners want to be told, such as that a template was paused.

    `id` is the connector's own for it: what has the same is told once. `details` are for flows
    that look at more than the words.
    """

    id: str
    title: str
    cause: str = ""
    cure: str = ""
    details: JsonObject = field(default_factory=dict[str, Json])


RUN_FAILED, ACCOUNT_LOST, NOTICE = "host:run-failed", "host:account-lost", "host:notice"
HOST_TOPICS = (RUN_FAILED, ACCOUNT_LOST, NOTICE)
"""What a host itself tells triggers of the owner whom it concerns: that a run has failed, that an
account has to be connected again, and what connectors have told owners by a Notice."""


@dataclass(frozen=True)
class Listener:
    """A started trigger's wish for events, and the account whose token proves its right to them.

    `account_id` is empty for a connector whose components have no accounts. `owner_id` is whose
    trigger it is. Where it does not begin runs, actions of a running flow rely on the events.
    """

    id: str
    topic: str
    params: JsonObject
    account_id: str
    owner_id: str = ""
    begins_runs: bool = True


@dataclass(frozen=True)
class Credentials:
    """A connected account's secrets and its public profile.

    `expires_at` is aware and in UTC; None means that the token does not expire. `name` is a
    suggestion for people; `secrets` holds whatever else the provider needs to refresh. `asks` are
    settings without which the account is of no use and which only a person knows, each with the
    sentence that says so: the host stores nothing before `check_settings` has taken them. The host
    fills in `owner_id`, whose they are, before it hands them to the provider.
    """

    access_token: str = field(repr=False)
    profile: JsonObject
    name: str
    expires_at: datetime | None = None
    secrets: JsonObject = field(default_factory=dict[str, Json], repr=False)
    asks: Mapping[str, str] = field(default_factory=dict[str, str])
    owner_id: str = ""


@dataclass(frozen=True)
class Request:
    """An HTTP request to one of the plugin's routes; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Response:
    """The answer to a Request."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Route:
    """A path below `/plugins/<vendor>/<service>/`; the host refuses longer bodies with 413."""

    method: str
    path: str
    answer: Callable[[Request], Awaitable[Response]]
    max_body_bytes: int


@dataclass(frozen=True)
class Check:
    """One line of a health report: what was looked at, what was found, and the cure.

    A fault keeps something from working; advice is what else a person may want to change. `mend`
    is what the host can offer to do at once: `connect` the account again, `claim` its events, or
    let the component of that name do its work.
    """

    name: str
    state: Literal["fine", "advice", "fault"]
    finding: str
    cure: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Fact:
    """Something worth knowing of an account, such as the name of a number and how it stands.

    `about` is what it is a fact of, where an account has several such things; a page shows facts
    about one thing together. A fault keeps something from working; advice may want a change.
    """

    label: str
    value: str
    state: Literal["fine", "advice", "fault"] = "fine"
    about: str = ""


@dataclass(frozen=True)
class Option:
    """One of a field's choices; `hint` is a second line, `badge` in a word or two how it stands."""

    value: str
    label: str
    hint: str = ""
    is_disabled: bool = False
    badge: str = ""
    state: Literal["fine", "advice", "fault"] = "fine"


@dataclass(frozen=True)
class Part:
    """A part of what somebody will see, from top to bottom.

    `kind` is `title`, `text`, `footer`, `image`, `video`, `audio`, `document`, `location`,
    `contact`, `button`, `choice`, `card`, or another word: a host shows what it does not know as
    text. `link` is where it leads or lies. `parts` are those inside it, as of a card.
    """

    kind: str
    text: str = ""
    link: str = ""
    parts: Sequence[Part] = ()


@dataclass(frozen=True)
class Preview:
    """What a step will do, for whoever fills in its form.

    `summary` is one line of it. `recipient` is whom it reaches, as the service will be told, and
    `region` their country, in two letters of ISO 3166, where it is known. `bubble` is what they
    will see. `cost` is what it costs, in words, where that is known. `notes` are what to mind.
    """

    summary: str = ""
    recipient: str = ""
    region: str = ""
    bubble: Sequence[Part] = ()
    cost: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class File:
    """A stored file without its content; `media_type` is what the uploader said it is."""

    id: str
    name: str
    media_type: str
    size_bytes: int
