"""Doing one step: its input filled in and checked, its component let act, and the record of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from ..contract import Clock, Collected, ConnectorError, RejectedError
from ..flows.expressions import Budget, ExpressionError, fill_input
from ..flows.input_checks import FEW_VALUES, InputChecks
from ..flows.inputs import has_more_values, input_errors, read_at_once
from ..flows.long_lists import with_first_entries, without_entries
from ..flows.models import ComponentType, Fault, FlowComponent
from ..flows.sealed_inputs import open_secrets
from ..flows.secret_fields import hide
from ..storage.database import ReadRows
from ..storage.seal import Seal
from .collecting import collected
from .loop_time import LoopTime
from .outcomes import Outcome, fault, outcome_of_error
from .outputs import first_piece, read_outputs
from .states import StepState
from .work import PIECE, SegmentWork, StepCall, contents

# After these the error is final.
MAX_ATTEMPTS = 8
# What does not fit the form that an input makes: by owner and step.
FormFaults = Callable[[str, str, FlowComponent, Mapping[str, Any]], Awaitable[Sequence[Fault]]]
NO_LIST = RejectedError(
    "The component gives a list after it waited",
    "It had given values before, and what follows from those is under way.",
    "Whoever maintains the component lets it give one value at a port afterwards.",
)
Act = Callable[
    [
        SegmentWork,
        StepCall,
        FlowComponent,
        Mapping[str, Any],
        BaseModel | None,
        Collected | None,
    ],
    Awaitable[Outcome],
]


@dataclass(frozen=True)
class Steps:
    """Does steps; `may_wait` raises for an owner who has too many that wait."""

    rows: ReadRows
    seal: Seal
    types: Mapping[str, ComponentType]
    act: Act
    may_wait: Callable[[str], Awaitable[None]]
    input_checks: InputChecks
    form_faults: FormFaults
    clock: Clock
    loop_time: LoopTime = field(default_factory=LoopTime)

    async def do(
        self, work: SegmentWork, call: StepCall, component: FlowComponent, budget: Budget
    ) -> tuple[dict[str, Any], Outcome]:
        """Do it; return its record and how it ended. `budget` is of all steps of a segment."""
        kind = self.types[component.type]
        # Filling in one input may take as long as anybody may be kept waiting.
        await self.loop_time.turn(work.owner_id)
        started_at, began = self.clock.now, self.clock.elapsed
        with self.loop_time.used(work.owner_id):
            values, outcome = self._input(call, component, budget)
            checked = without_entries(values, kind.long_lists)
            is_large = has_more_values(checked, FEW_VALUES)
            typed = None
            if outcome is None and not is_large:
                typed = read_at_once(checked, kind)
                if typed is None:
                    outcome = _wrong([*input_errors(checked, kind.schema)])
        if outcome is None and is_large:
            outcome = _wrong(await self.input_checks.faults(checked, kind.schema))
        if outcome is None and kind.form_of is not None:
            found = await self.form_faults(work.owner_id, call.component, component, values)
            outcome = _wrong(found)
        if outcome is None:
            given = await collected(self.rows, call) if kind.collects else None
            typed = typed if checked is values else None
            outcome = await self.act(work, call, component, values, typed, given)
        if call.given:
            outcome = await self._after_wait(call, outcome, kind)
        if outcome.state == StepState.WAITING:
            outcome = await self._within_limits(work.owner_id, outcome)
        if outcome.state == StepState.RETRYING and call.attempt >= MAX_ATTEMPTS:
            outcome = outcome.as_final()
        output: Mapping[str, Sequence[Any]] = outcome.whole
        counts = {port: len(each) for port, each in output.items() if len(each) > PIECE}
        row = {
            "id": call.step_id,
            "run_id": work.run_id,
            "segment_id": work.id,
            "position": call.step_id.count("."),
            "component": call.component,
            "type": component.type,
            "state": outcome.state.value,
            "attempt": call.attempt,
            "input": hide(with_first_entries(values, kind.long_lists), kind.schema),
            "output": (first_piece(output) if counts else output) or None,
            "error": outcome.error,
            "started_at": started_at,
            "duration_s": self.clock.elapsed - began,
            "counts": counts or None,
        }
        return row, outcome

    async def _after_wait(self, call: StepCall, outcome: Outcome, kind: ComponentType) -> Outcome:
        """Return the same, with what the step gave before it waited, which stays in its record."""
        places = [
            (call.step_id, port, start // PIECE)
            for port, count in call.given.items()
            for start in range(0, count, PIECE)
        ]
        found = await read_outputs(self.rows, places)
        before: dict[str, list[Any]] = {}
        for place in places:
            before.setdefault(place[1], []).extend(found.get(place, ()))
        output = outcome.output
        if any(len(values) > 1 or port in kind.last_ports for port, values in output.items()):
            outcome = outcome_of_error(NO_LIST, None)
        return replace(outcome, before=before)

    async def _within_limits(self, owner_id: str, outcome: Outcome) -> Outcome:
        """Return the same, or the failure that it is when the owner has too many waits."""
        try:
            await self.may_wait(owner_id)
        except ConnectorError as error:
            return outcome_of_error(error, None)
        return outcome

    def _input(
        self, call: StepCall, component: FlowComponent, budget: Budget
    ) -> tuple[dict[str, Any], Outcome | None]:
        """Return the step's input, or how the step has failed if an expression has."""
        given = open_secrets(component.input, self.seal)
        scope = contents(call.scope)
        try:
            lists = self.types[component.type].long_lists
            return fill_input(given, scope, budget, now=self.clock.now, long_lists=lists), None
        except ExpressionError as error:
            return {}, fault(f"{call.component}.input", str(error))


def _wrong(faults: Sequence[Fault]) -> Outcome | None:
    return fault("input" + faults[0].path, faults[0].text) if faults else None
