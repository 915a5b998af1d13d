"""What a segment has to do: typed here, as JSON in its row.

A row names the values that its steps see by where they stand (step, port, position) and holds none
of them, so that a list of 50,000 entries is stored once, with the step that gave it, however many
steps wait with it in sight. Nothing of what people wrote is in the `repr` of these classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..flows.ports import under_step
from ..values import is_list

# An output longer than this is stored in so many pieces: the first with the step, each further one
# in a row of its own, so that whoever needs one value reads few others.
PIECE = 50
# What steps gave: by step, port and number of the piece.
Place = tuple[str, str, int]
Outputs = Mapping[Place, Sequence[Any]]


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
            piece = outputs[step_id, port, index // PIECE]
            return cls(step_id, port, index, piece[index % PIECE])
        [(port, content)] = stored.items()
        return cls("", port, 0, content)


Scope = Mapping[str, Value]
"""The values that a step sees, by the component that gave them."""


def step_named(name: str) -> str:
    """Return the id of the step that a component knows by a name, which is its id or begins so."""
    return name.partition("#")[0]


def latest(scope: Scope) -> Value:
    """Return the value that a scope has got last: the one that calls the step which sees it."""
    return list(scope.values())[-1]


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
    """One step to do, and what it sees; `resumes` is the state of the wait that it ends.

    `collects` is the list whose values a collecting step gets. `known_as` is what the component
    calls the step instead of its id: a person had it done again though it may have been done.
    `given` is how many values the step gave at each port before it waited.
    """

    step_id: str
    component: str
    scope: Scope = field(repr=False)
    attempt: int = 1
    after_seq: int = 0
    resumes: Mapping[str, Any] | None = field(default=None, repr=False)
    reason: str = ""
    collects: str = ""
    known_as: str = ""
    given: Mapping[str, int] = field(default_factory=dict[str, int])

    def since(
        self, output: Mapping[str, Sequence[Any]] | None
    ) -> Mapping[str, Sequence[Any]] | None:
        """Return what the step gave after it waited, of all that its record has."""
        if not self.given or output is None:
            return output
        return {port: values[self.given.get(port, 0) :] for port, values in output.items()}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an output: whoever works off one of its values hands it on to the next."""

    place: Place
    values: Sequence[Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """A segment that is due.

    `rank` orders the segments of one `order_key`, the smaller first. `event` is what ended the wait
    that this segment goes on after. `list_id` is the list whose value it works off, if any.
    `may_have_begun` says that an earlier execution may have stored a part of it. `piece` is what is
    in memory of that list.
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
    list_id: str = ""
    may_have_begun: bool = False
    piece: Piece | None = field(default=None, repr=False, compare=False)

    @property
    def beside(self) -> str:
        """Segments of one order key for which this is the same, and not empty, may go together."""
        is_of_list = self.list_id or (isinstance(self.first, StepCall) and self.first.collects)
        return self.run_id if is_of_list else ""

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
            "collects": first.collects,
            "knownAs": first.known_as,
            "given": dict(first.given),
        }
        return {**place, "delivery": call}


def places_named(row: Mapping[Any, Any]) -> set[Place]:
    """Return where the values stand that a segment's row refers to."""
    work = row["work"]
    if "from" in work:
        return set() if "value" in work["from"] else {(row["run_id"], work["from"]["port"], 0)}
    scope = work["delivery"]["scope"].values()
    return {(each[0], each[1], each[2] // PIECE) for each in scope if isinstance(each, list)}


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
        list_id=row["list_id"] or "",
        may_have_begun=True,
    )


def _arrival(run_id: str, stored: Mapping[str, Any], outputs: Outputs) -> Arrival:
    port = stored["port"]
    content = stored["value"] if "value" in stored else outputs[run_id, port, 0][0]
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
        collects=stored.get("collects", ""),
        known_as=stored.get("knownAs", ""),
        given=stored.get("given", {}),
    )
    # An earlier release kept the event of a wait that had ended beside the wait's state.
    event = resumes.get("event") if row["event"] is None else json.loads(row["event"])
    return call, event


def calls_below(
    step_id: str,
    component: str,
    scope: Scope,
    output: Mapping[str, Sequence[Any]],
    listening: Mapping[tuple[str, str], Sequence[str]],
    after_seq: int,
    given: Mapping[str, int] | None = None,
) -> list[StepCall]:
    """Return a call for every value of an output and every component that listens to its port.

    A call's id is its place below the step, the same whenever this is asked. `given` is how many
    values the step gave at each port before those.
    """
    before = given or {}
    first = sum(count * len(listening.get((component, port), ())) for port, count in before.items())
    found = [
        (below, {**scope, component: Value(step_id, port, index, content)})
        for port, values in output.items()
        for index, content in enumerate(values, before.get(port, 0))
        for below in listening.get((component, port), ())
    ]
    return [
        StepCall(f"{step_id}.{number}", below, seen, after_seq=after_seq)
        for number, (below, seen) in enumerate(found, first)
    ]
