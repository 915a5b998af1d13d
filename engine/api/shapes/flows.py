"""Flows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ...flows.models import FlowDocument
from .refusals import Fault
from .shape import Shape


class FlowSummary(Shape):
    """A flow without its document."""

    id: str
    name: str
    version: int = Field(description="The newest one.")
    state: Literal["running", "stopped"]
    running_version: int | None = Field(description="The one that listens; null when stopped.")
    reason: str = Field(description="Why it did not start, or was stopped; else empty.")
    created_at: datetime
    updated_at: datetime


class FlowList(Shape):
    flows: list[FlowSummary]


class Flow(FlowSummary):
    """A flow with its newest document."""

    document: FlowDocument = Field(description="Secrets in it are hidden.")


class StoredFlow(Flow):
    """A flow after a new version was stored."""

    warnings: list[Fault] = Field(description="What is allowed and yet likely a mistake.")


class SwitchedFlow(Flow):
    """A flow after it was started or stopped."""

    warnings: list[str] = Field(description="What to mind, in sentences.")
