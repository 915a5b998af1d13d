"""What the stream tells, by the name of the event, and how the OpenAPI document shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from ...runs.states import RunState, StepState
from .accounts import Account
from .refusals import Failure, Fault
from .runs import StepFate
from .shape import Shape


class Opened(Shape):
    """The stream tells from now on."""


class Missed(Shape):
    """The watcher was too slow, and has to look for itself what became of everything."""

    count: int = Field(description="How many notices were left out.")


class RunBegun(Shape):
    """How a run has begun."""

    version: int = Field(description="Of a test, below zero.")
    is_test: bool
    trigger: str = Field(description="By its name in the flow.")
    trigger_type: str | None = Field(description="The component's full name.")
    event_id: int | None = Field(description="null where no event has started it.")
    conversation: str | None
    like_run_id: str | None = Field(description="The run that it was begun like.")
    error: Failure | None = Field(description="Why it has failed before its first step.")


class RunChanged(Shape):
    """A run has begun, or has another state."""

    run_id: str
    flow_id: str
    state: RunState
    at: datetime
    begun: RunBegun | None = Field(description="Of a run that begins.")


class StepBegun(Shape):
    """A step is done now; what came of it is told when it has ended."""

    run_id: str
    flow_id: str
    step_id: str
    component: str
    type: str
    attempt: int
    started_at: datetime


class StepEnded(Shape):
    """A step has come to its end, or to a rest."""

    run_id: str
    flow_id: str
    step_id: str
    component: str
    type: str
    state: StepState
    error: Failure | None
    attempt: int
    started_at: datetime
    duration_s: float
    ports: dict[str, int] = Field(description="How many values have left at each port.")


class FateTold(Shape):
    """More is known of what a step did."""

    run_id: str
    flow_id: str
    step_id: str
    component: str | None = Field(
        description="Its name in the flow; null when this was told before the step has ended."
    )
    type: str | None = Field(description="The component's full name, or null likewise.")
    fate: StepFate


class FlowMarked(Shape):
    """Something has changed at a service that a flow's forms are made from."""

    flow_id: str
    marks: list[Fault] = Field(description="All marks that the flow has now, by step.")


class FlowChanged(Shape):
    """A flow was stored, started or stopped, or did not start."""

    flow_id: str
    name: str
    etag: str = Field(description="The newest version's.")
    version: int
    state: Literal["running", "stopped"]
    running_version: int | None
    reason: str = Field(description="Why it did not start; else empty.")


class FlowDeleted(Shape):
    """A flow is gone, with its draft."""

    flow_id: str
    state: Literal["deleted"]


class DraftChanged(Shape):
    """A draft was stored, perhaps by yourself: then you know its tag."""

    flow_id: str
    etag: str
    name: str
    updated_at: datetime


class DraftDeleted(Shape):
    flow_id: str
    etag: None


class AccountDeleted(Shape):
    id: str
    state: Literal["deleted"]


NOTICES: Mapping[str, tuple[type[BaseModel], ...]] = {
    "open": (Opened,),
    "missed": (Missed,),
    "run": (RunChanged,),
    "begun": (StepBegun,),
    "step": (StepEnded,),
    "fate": (FateTold,),
    "flow": (FlowChanged, FlowMarked, FlowDeleted),
    "draft": (DraftChanged, DraftDeleted),
    "account": (Account, AccountDeleted),
}
REFS = "#/components/schemas/{model}"


def describe_notices(document: dict[str, Any], path: str) -> None:
    """Write into an OpenAPI document what the stream at a path tells."""
    models = [model for models in NOTICES.values() for model in models]
    refs, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=REFS
    )
    document["components"]["schemas"] |= schemas["$defs"]
    contents = {
        event: {"anyOf": [refs[model, "serialization"] for model in models]}
        for event, models in NOTICES.items()
    }
    # OpenAPI describes the entries of such a body since 3.2; older readers see a text.
    # https://spec.openapis.org/oas/v3.2.0.html#server-sent-event-streams
    document["paths"][path]["get"]["responses"]["200"]["content"] = {
        "text/event-stream": {
            "schema": {"type": "string"},
            "itemSchema": {"oneOf": [_entry(*each) for each in contents.items()]},
        }
    }


def _entry(event: str, content: dict[str, Any]) -> dict[str, Any]:
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": content}
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"const": event}, "data": data},
    }
