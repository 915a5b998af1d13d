"""What a segment has to do: typed here, as JSON in its row.

A row names the values that its steps see by where they stand (step, port, position) and holds none
of them, so that a list of 50,000 entries is stored once, with the step that gave it, however many
steps wait with it in sight. Nothing of what people wrote is in the `repr` of these classes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..flows.ports import under_step
from ..values import is_list

# What a step gave, by its id: values by port.
Outputs = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a component gave at a port, and where its step's record holds it."""

    step_id: str
    port: str
    index: int
    content: Any = field(repr=False)

    def to_json(self) -> Any:
        if self.step_id:
            return [self.step_id, self.port, self.index]
        return {self.port: self.content}  # from a row of a release that knew no places

    @classmethod
    def from_json(cls, stored: Any, outputs: Outputs) -> Value:
        if is_list(stored):
            step_id, port, index = stored
            return cls(step_id, port, index, outputs[step_id][port][index])
        [(port, content)] = stored.items()
        return cls("", port, 0, content)


Scope = Mapping[str, Value]
"""The values that a step sees, by the component that gave them."""


def contents(scope: Scope) -> dict[str, Any]:
    """Return the scope as expressions see it: `component.port`, where the port can be named."""
    return {component: under_step(value.port, value.content) for component, value in scope.items()}


@dataclass(frozen=True, slots=True)
class Arrival:
    """The trigger's value, which starts the run's first segment."""

    component: str
    value: Value


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step to do, and what it sees; `resumes` is the state of the wait that it ends."""

    step_id: str
    component: str
    scope: Scope = field(repr=False)
    attempt: int = 1
    after_seq: int = 0
    resumes: Mapping[str, Any] | None = field(default=None, repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """A segment that is due.

    `rank` orders the segments of one `order_key`, the smaller first. `event` is what ended the wait
    that this segment goes on after. `may_have_begun` says that an earlier execution may have
    stored a part of it.
    """

    id: str
    run_id: str
    owner_id: str
    connector: str
    order_key: str
    flow_key: str
    flow_id: str
    version: int
    event_seq: int
    first: Arrival | StepCall
    rank: int
    event: Any = field(default=None, repr=False)
    may_have_begun: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the row's column `work`; the other columns hold the rest."""
        place = {
            "flowKey": self.flow_key,
            "flowId": self.flow_id,
            "version": self.version,
            "eventSeq": self.event_seq,
        }
        first = self.first
        if isinstance(first, Arrival):
            value = first.value
            return {**place, "from": {"component": first.component, "port": value.port}}
        scope = {component: value.to_json() for component, value in first.scope.items()}
        resumes = None if first.resumes is None else {"state": first.resumes}
        call = {
            "stepId": first.step_id,
            "component": first.component,
            "scope": scope,
            "attempt": first.attempt,
            "afterSeq": first.after_seq,
            "resumes": resumes,
            "reason": first.reason,
        }
        return {**place, "delivery": call}


def steps_named(row: Mapping[Any, Any]) -> set[str]:
    """Return the ids of the steps whose outputs a segment's row refers to."""
    work = row["work"]
    if "from" in work:
        return set() if "value" in work["from"] else {row["run_id"]}
    scope = work["delivery"]["scope"].values()
    return {each[0] for each in scope if isinstance(each, list)}


def read_work(row: Mapping[Any, Any], outputs: Outputs) -> SegmentWork:
    """Return the work of a segment's row; raise KeyError or IndexError for a value that is gone."""
    work = row["work"]
    if "from" in work:
        first: Arrival | StepCall = _arrival(row["run_id"], work["from"], outputs)
        event = None
    else:
        first, event = _call(work["delivery"], row, outputs)
    return SegmentWork(
        id=row["id"],
        run_id=row["run_id"],
        owner_id=row["owner_id"],
        connector=row["connector"],
        order_key=row["order_key"],
        flow_key=work["flowKey"],
        flow_id=work["flowId"],
        version=work["version"],
        event_seq=work["eventSeq"],
        first=first,
        rank=row["rank"],
        event=event,
        may_have_begun=True,
    )


def _arrival(run_id: str, stored: Mapping[str, Any], outputs: Outputs) -> Arrival:
    port = stored["port"]
    content = stored["value"] if "value" in stored else outputs[run_id][port][0]
    return Arrival(stored["component"], Value(run_id, port, 0, content))


def _call(
    stored: Mapping[str, Any], row: Mapping[Any, Any], outputs: Outputs
) -> tuple[StepCall, Any]:
    resumes: Mapping[str, Any] = stored["resumes"] or {}
    call = StepCall(
        step_id=stored["stepId"],
        component=stored["component"],
        scope={key: Value.from_json(each, outputs) for key, each in stored["scope"].items()},
        attempt=stored["attempt"],
        after_seq=row["event_seq"] or stored["afterSeq"],
        resumes=resumes.get("state"),
        reason=stored.get("reason", ""),
    )
    # An earlier release kept the event of a wait that had ended beside the wait's state.
    event = resumes.get("event") if row["event"] is None else json.loads(row["event"])
    return call, event


def calls_below(
    step_id: str,
    component: str,
    scope: Scope,
    output: Mapping[str, Sequence[Any]],
    listening: Mapping[tuple[str, str], Iterable[str]],
    after_seq: int,
) -> list[StepCall]:
    """Return a call for every value of an output and every component that listens to its port.

    A call's id is its place below the step, the same whenever this is asked.
    """
    found = [
        (below, {**scope, component: Value(step_id, port, index, content)})
        for port, values in output.items()
        for index, content in enumerate(values)
        for below in listening.get((component, port), ())
    ]
    return [
        StepCall(f"{step_id}.{number}", below, seen, after_seq=after_seq)
        for number, (below, seen) in enumerate(found)
    ]
