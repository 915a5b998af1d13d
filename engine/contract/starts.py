"""Starts that no event causes: at a time, or by a request to an address of the trigger's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from .values import Response


@dataclass(frozen=True)
class Once:
    """At one moment, which is aware of its time zone."""

    at: datetime


@dataclass(frozen=True)
class Every:
    """Again and again; first at `first_at`, or after one interval from when it is asked for."""

    interval_s: float
    first_at: datetime | None = None


@dataclass(frozen=True)
class Cron:
    """Whenever the five fields of cron match on the wall clocks of a time zone.

    As the cron of Debian does: what stands at a fixed time happens once a day, at the end of the
    hour that is skipped in spring, and the first time of the hour that comes twice in autumn. What
    comes every so many minutes or hours goes on as time does.
    """

    expression: str
    time_zone: str = "UTC"


Schedule: TypeAlias = Once | Every | Cron


@dataclass(frozen=True)
class Hook:
    """An address of a trigger's own: a request to it goes to the trigger's `receive`.

    `methods` are those that it takes; every one if none is named. The host answers with `answer`
    as soon as the run is stored, or, when there is `answer_within_s`, with what a step of the run
    gives to `ActionContext.answer` within that time.
    """

    name: str = ""
    methods: tuple[str, ...] = ()
    answer: Response = field(default_factory=lambda: Response(202))
    answer_within_s: float | None = None
