"""Flows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ...flows.models import FlowDocument
from .refusals import Fault
from .shape import Shape


class FlowSummary(Shape):
    """A flow without its document."""

    id: str
    etag: str = Field(description="The newest version's, without the quotes of the header.")
    name: str
    version: int = Field(description="The newest one.")
    state: Literal["running", "stopped"]
    running_version: int | None = Field(description="The one that listens; null when stopped.")
    reason: str = Field(description="Why it did not start, or was stopped; else empty.")
    marks: list[Fault] = Field(
        description="What has changed at the services since the newest version was stored or the"
        " running one started, by step."
    )
    created_at: datetime
    updated_at: datetime


class DraftSummary(Shape):
    """A draft without its document."""

    id: str = Field(description="The flow's id, whether there is a flow or not.")
    etag: str = Field(description="The draft's, without the quotes of the header.")
    name: str = Field(description="Empty as long as it has none.")
    based_on: int | None = Field(
        description="The newest version when the draft was begun; null if there was none."
    )
    created_at: datetime
    updated_at: datetime


class FlowList(Shape):
    flows: list[FlowSummary]
    drafts: list[DraftSummary]


class Wake(Shape):
    """A time at which a trigger has asked to be woken."""

    component: str = Field(description="The trigger's name in the flow.")
    name: str = Field(description="Which of the trigger's own it is; mostly empty.")
    kind: Literal["once", "every", "cron"]
    interval_s: float | None
    cron: str | None
    time_zone: str | None = Field(description="By which `cron` is meant.")
    next_at: datetime | None = Field(description="null when no more is to come.")
    reason: str = Field(description="Why it could not be done the last time; else empty.")


class Hook(Shape):
    """An address at which a trigger takes requests; whoever knows it may use it."""

    component: str = Field(description="The trigger's name in the flow.")
    name: str = Field(description="Which of the trigger's own it is; mostly empty.")
    url: str
    methods: list[str] = Field(description="Those it takes; every one if there are none.")
    answer_within_s: float | None = Field(
        description="How long a step of the run has to answer; null when it is answered at once."
    )
    is_open: bool = Field(description="False while the flow is stopped, or has no such trigger.")


class Flow(FlowSummary):
    """A flow with its newest document."""

    document: FlowDocument = Field(description="Secrets in it are hidden.")
    wakes: list[Wake] = Field(description="When its triggers are woken next.")
    hooks: list[Hook] = Field(description="Where its triggers take requests.")


class StoredFlow(Flow):
    """A flow after a new version was stored."""

    warnings: list[Fault] = Field(description="What is allowed and yet likely a mistake.")


class BegunRun(Shape):
    """A run that has been begun."""

    run_id: str
    url: str = Field(description="Where the run is shown.")
    flow_id: str
    version: int = Field(description="The version that runs.")
    trigger: str = Field(description="In whose place the values were given.")


class SwitchedFlow(Flow):
    """A flow after it was started or stopped."""

    warnings: list[str] = Field(description="What to mind, in sentences.")


class FieldChange(Shape):
    """A field that is not as it was."""

    path: str = Field(examples=["input.text"])
    before: Any = Field(description="null where it was not there; secrets are hidden.")
    after: Any = Field(description="null where it is not there; secrets are hidden.")


class StepChange(Shape):
    """A step that came, went, or is not as it was."""

    step: str
    type: str = Field(description="Its component, as far as one is named.")
    change: Literal["added", "removed", "changed"]
    fields: list[FieldChange] = Field(description="Of a step that changed.")


class Changes(Shape):
    """What changed from one document to another."""

    flow: list[FieldChange] = Field(description="Fields beside the steps.")
    steps: list[StepChange]


class Draft(DraftSummary):
    """A draft with its document and what is to be done about it."""

    document: dict[str, Any] = Field(description="As it was sent; secrets in it are hidden.")
    faults: list[Fault] = Field(description="What keeps it from being stored as a version.")
    warnings: list[Fault] = Field(description="What is likely a mistake, once it has no fault.")
    changes: Changes | None = Field(description="null unless `compare` names a version.")


class VersionSummary(Shape):
    """A version of a flow without its document."""

    version: int
    etag: str = Field(description="The flow's own as long as this is the newest version.")
    name: str
    is_newest: bool
    is_running: bool
    is_test: bool = Field(description="It was the draft when that was run as a test.")
    created_at: datetime


class VersionList(Shape):
    versions: list[VersionSummary]


class Version(VersionSummary):
    """A version with its document."""

    document: FlowDocument = Field(description="Secrets in it are hidden.")
    changes: Changes | None = Field(description="null unless `compare` names another version.")
