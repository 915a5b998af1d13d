"""What whoever watches is told of runs and steps, and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contract import Clock
from ..flows.models import ComponentType
from ..observe.metrics import Metrics
from ..observe.stream import Stream
from ..runs.fates import Fates, has_fate, untold
from ..runs.silence import Accepted, SilentSteps
from ..runs.states import RunState
from ..runs.work import SegmentWork, StepCall
from ..times import iso


@dataclass(frozen=True)
class StreamedNotices:
    """Notices as streams and metrics have them; `on_end` gets each run that has ended.

    `on_failure` is told of one that has failed.
    """

    stream: Stream
    metrics: Metrics
    types: Mapping[str, ComponentType]
    clock: Clock
    on_end: Callable[[str], None]
    on_failure: Callable[[], None]
    _silent: SilentSteps = field(default_factory=SilentSteps)

    def tell_run(
        self,
        owner_id: str,
        run_id: str,
        flow_id: str,
        state: str,
        begun: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell who watches that a run has begun or changed."""
        if RunState(state).is_final:
            self.on_end(run_id)
            self.metrics.runs.labels(state).inc()
        if state in (RunState.FAILED, RunState.UNKNOWN):
            self.on_failure()
        if not self.stream.is_watched(owner_id):
            return
        content = {
            "runId": run_id,
            "flowId": flow_id,
            "state": state,
            "at": iso(self.clock.now),
            "begun": begun,
        }
        self.stream.publish(owner_id, "run", content)

    def tell_begun(self, work: SegmentWork, call: StepCall, type: str, at: float) -> None:
        """Tell who watches that a step is done now."""
        if not self.stream.is_watched(work.owner_id):
            return
        self.stream.publish(
            work.owner_id,
            "begun",
            {
                "runId": work.run_id,
                "flowId": work.flow_id,
                "stepId": call.step_id,
                "component": call.component,
                "type": type,
                "attempt": call.attempt,
                "startedAt": iso(at),
            },
        )

    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None:
        """Tell who watches how a step has ended."""
        self.metrics.steps.labels(row["type"], row["state"]).inc()
        self.metrics.step_seconds.labels(row["type"]).observe(row["duration_s"])
        if not self.stream.is_watched(owner_id):
            self._note_silence(owner_id, flow_id, row)
            return
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
                "attempt": row["attempt"],
                "startedAt": iso(row["started_at"]),
                "durationS": round(row["duration_s"], 6),
                "ports": _ports(row),
            },
        )
        self._note_silence(owner_id, flow_id, row)

    def _note_silence(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None:
        if untold(row["state"], row["output"]) == "accepted" and has_fate(self.types, row["type"]):
            self._silent.ended(owner_id, flow_id, row)

    def tell_fate(self, owner_id: str, connector: str, notice: Mapping[str, Any]) -> None:
        """Tell who watches what has become of something that a step did."""
        self.metrics.fates.labels(connector, notice["fate"]["state"]).inc()
        if notice["fate"]["state"] != "accepted":
            self._silent.heard(notice["stepId"])
        self.stream.publish(owner_id, "fate", notice)

    async def notice_silence(self, fates: Fates) -> None:
        """Tell who watches of the steps of whose effect nothing was heard for a while."""
        await self._silent.keep_noticing(fates.storage.clock, fates.silent, self._tell_silence)

    def _tell_silence(self, step: Accepted) -> None:
        self.metrics.silent.labels(step.type).inc()
        self.stream.publish(step.owner_id, "fate", step.notice)


def _ports(row: Mapping[str, Any]) -> dict[str, int]:
    """Return how many values have left a step at each port."""
    counts: Mapping[str, int] = row["counts"] or {}
    output: Mapping[str, list[Any]] = row["output"] or {}
    return {port: counts.get(port, len(values)) for port, values in output.items()}
