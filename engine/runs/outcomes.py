"""How a step ended, and what the host does next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..contract import (
    AuthorizationError,
    ConnectorError,
    OutcomeUnknownError,
    ThrottledError,
)
from ..errors import describe_error
from .states import StepState


@dataclass(frozen=True)
class Outcome:
    """A step's end: its values by port; an error; or what it waits for."""

    state: StepState
    values: Sequence[tuple[str, Any]] = field(default=(), repr=False)
    error: Mapping[str, Any] | None = None
    delay_s: float = 0.0
    wait_key: str | None = None
    wait_state: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    wait_reason: str = ""
    account_id: str | None = None
    # How many of its values may be under way at a time, waits included; None for any number.
    at_once: int | None = None
    # Whether the run ends with it.
    ends_run: bool = False
    # Rows of the store that are kept with the step's record.
    kept: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    # What the step gave at each port before it waited.
    before: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Any], repr=False)

    @property
    def whole(self) -> dict[str, list[Any]]:
        """Return all values of the step by port, those from before it waited first."""
        whole = {port: [*values] for port, values in self.before.items()}
        for port, value in self.values:
            whole.setdefault(port, []).append(value)
        return whole

    @property
    def output(self) -> dict[str, list[Any]]:
        """Return the values by port, in the order in which they were given."""
        output: dict[str, list[Any]] = {}
        for port, value in self.values:
            output.setdefault(port, []).append(value)
        return output

    def as_final(self) -> Outcome:
        """Return the failure that this becomes when nothing is tried any more."""
        return replace(self, state=StepState.FAILED)


def outcome_of_error(error: ConnectorError, account_id: str | None) -> Outcome:
    """Translate the host's next step from the class of the error."""
    described = describe_error(error)
    if isinstance(error, ThrottledError):
        return Outcome(StepState.RETRYING, error=described, delay_s=error.retry_after_s)
    if isinstance(error, AuthorizationError) and account_id is not None:
        return Outcome(StepState.PAUSED, error=described, account_id=account_id)
    if isinstance(error, OutcomeUnknownError):
        return Outcome(StepState.UNKNOWN, error=described)
    return Outcome(StepState.FAILED, error=described)


def fault(path: str, text: str) -> Outcome:
    """Return the failure of a step whose input is wrong."""
    error = {
        "kind": "InputError",
        "title": "The input is not right",
        "cause": text,
        "cure": "Correct the flow, start it again and replay the event.",
        "field": path,
    }
    return Outcome(StepState.FAILED, error=error)
