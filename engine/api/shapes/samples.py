"""What steps gave, and what expressions make of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from .shape import Shape


class PortSample(Shape):
    """A value that left a step at a port, or an example of one."""

    value: Any = Field(description="Long texts and lists are cut.")
    is_cut: bool = Field(description="It is more than is shown.")
    source: Literal["run", "example"]
    run_id: str | None = Field(description="The run it is from; null for an example.")
    step_id: str | None = Field(description="The step of the run.")
    version: int | None = Field(description="The version that ran; of a test, below zero.")
    is_test: bool
    at: datetime | None


class StepSample(Shape):
    """What is known of what one step gives."""

    type: str
    ports: dict[str, PortSample] = Field(
        description="The newest value of each port; the component's own example where none is"
        " known. What lies in it is read as /api/components tells in `ports`."
    )


class SamplesOfFlow(Shape):
    steps: dict[str, StepSample] = Field(description="By the step's name in the flow.")


class ExpressionValue(Shape):
    """What one text is with the values that were given."""

    value: Any = Field(description="Long texts and lists are cut; null where it has none.")
    is_cut: bool = Field(description="It is more than is shown.")
    problem: str = Field(description="Why it has no value, and what there is instead; else empty.")


class ExpressionValues(Shape):
    values: dict[str, ExpressionValue] = Field(description="By the name of the text.")
