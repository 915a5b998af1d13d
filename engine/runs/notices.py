"""Who is told what happens, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .work import SegmentWork, StepCall


class Notices(Protocol):
    """Who is told of runs and their steps."""

    def tell_run(
        self,
        owner_id: str,
        run_id: str,
        flow_id: str,
        state: str,
        begun: Mapping[str, Any] | None = None,
    ) -> None:
        """`begun` is how it began, of one that begins."""
        ...

    def tell_begun(self, work: SegmentWork, call: StepCall, type: str, at: float) -> None: ...
    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None: ...
