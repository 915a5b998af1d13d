"""What an owner has to know, and numbers about what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ...contract import FateState
from ...runs.states import RunState
from .shape import Shape


class OwnerNotice(Shape):
    """Something that an owner has to know and can do something about."""

    id: str = Field(description="The same as long as it is about the same.")
    kind: Literal["account", "stopped", "changed", "failed", "engine"] = Field(
        description="An account has to be connected again; a flow did not start; something has"
        " changed that a flow uses; a flow has failed within a day; the engine itself, for its"
        " administrator."
    )
    title: str
    cause: str
    cure: str
    since: datetime | None = Field(description="Of failures, the last one; null where it is so now")
    count: int = Field(description="How often, of failures.")
    path: str = Field(description="The page about it.")
    flow_id: str | None
    account_id: str | None
    run_id: str | None = Field(description="The last run that has failed.")


class OwnerNotices(Shape):
    notices: list[OwnerNotice]


class FlowCounts(Shape):
    """The runs of one flow, and what became of what they sent."""

    flow_id: str
    flow_name: str | None = Field(description="null when the flow is gone.")
    runs: dict[RunState, int]
    fates: dict[FateState, int]


class SpanCounts(Shape):
    """What was done within a span of time; tests are not among it."""

    since: datetime
    is_whole: bool = Field(description="False where only the newest 50,000 runs are counted.")
    runs: dict[RunState, int]
    tests: int = Field(description="How many tests there were besides.")
    fates: dict[FateState, int] = Field(description="What services told of what was sent.")
    flows: list[FlowCounts] = Field(description="The 100 with the most runs.")


class EngineState(Shape):
    """How much the engine holds and has to do."""

    database_bytes: int
    disk_free_bytes: int
    files: int
    files_bytes: int
    owners: int
    events: int = Field(description="How many have come since the beginning.")
    last_event_at: datetime | None
    unread: int = Field(description="Deliveries of services that were not read yet.")
    unrouted_yet: int = Field(description="Events of which it is not known yet which flows want it")
    queued: int = Field(description="What is to be done now.")
    waiting: int = Field(description="What waits for an event or a time.")
    kept_days: dict[Literal["runs", "events"], int] = Field(description="How long they are kept.")
    limits: dict[str, int] = Field(
        description="What each owner may have, by the end of APPMIXER_MAX_… in small letters."
    )


class Statistics(Shape):
    day: SpanCounts = Field(description="The last 24 hours.")
    week: SpanCounts = Field(description="The last seven days.")
    engine: EngineState | None = Field(description="For the administrator; null for others.")
