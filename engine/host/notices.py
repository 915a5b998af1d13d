"""What whoever watches is told of runs and steps, and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..observe.metrics import Metrics
from ..observe.stream import Stream
from ..runs.states import RunState


@dataclass(frozen=True)
class StreamedNotices:
    """Notices as streams and metrics have them; `on_end` gets each run that has ended.

    `on_failure` is told of one that has failed.
    """

    stream: Stream
    metrics: Metrics
    on_end: Callable[[str], None]
    on_failure: Callable[[], None]

    def tell_run(self, owner_id: str, run_id: str, flow_id: str, state: str) -> None:
        """Tell who watches that a run has changed."""
        if RunState(state).is_final:
            self.on_end(run_id)
            self.metrics.runs.labels(state).inc()
        if state in (RunState.FAILED, RunState.UNKNOWN):
            self.on_failure()
        self.stream.publish(owner_id, "run", {"runId": run_id, "flowId": flow_id, "state": state})

    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None:
        """Tell who watches how a step has ended."""
        self.metrics.steps.labels(row["type"], row["state"]).inc()
        self.metrics.step_seconds.labels(row["type"]).observe(row["duration_s"])
        self.stream.publish(
            owner_id,
            "step",
            {
                "runId": row["run_id"],
                "flowId": flow_id,
                "stepId": row["id"],
                "component": row["component"],
                "type": row["type"],
                "state": row["state"],
                "error": row["error"],
            },
        )

    def tell_fate(self, owner_id: str, connector: str, notice: Mapping[str, Any]) -> None:
        """Tell who watches what has become of something that a step did."""
        self.metrics.fates.labels(connector, notice["fate"]["state"]).inc()
        self.stream.publish(owner_id, "fate", notice)
