"""How many runs of a flow end in a second, beside DBOS workflows with nothing around them."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figures, latencies_ms, median, ratio, rounded
from .ingest import CONNECTIONS
from .load import send
from .processes import Child, start
from .servers.engine import DATABASE, EVENTS
from .servers.graph import TAKEN
from .tables import Tables
from .webhooks import WebhookMill

ENGINE, CALLING, EMPTY = "engine", "bareDbosCalling", "bareDbosEmpty"
ENDED = "runs WHERE state <> 'running'"
COMPLETED = "runs WHERE state = 'completed'"
SUCCEEDED = "workflow_status WHERE status = 'SUCCESS'"


@dataclass
class FlowRuns:
    """The engine with one flow: webhook, NewMessage, SendText, and the stub of Graph."""

    child: Child
    tables: Tables
    mill: WebhookMill = field(default_factory=WebhookMill)
    latencies_s: list[float] = field(default_factory=list[float])
    asked_for: int = 0

    def run(self, count: int) -> float:
        """Return the seconds from the first webhook to the end of the last run."""
        self.asked_for += count
        requests = [each.request(EVENTS) for each in self.mill.make(count)]
        done = send(requests, port=self.child.port, connections=CONNECTIONS)
        ended_at = self.tables.wait_for(ENDED, self.asked_for, self.child)
        self.latencies_s += done.latencies_s
        return ended_at - done.started_at


@dataclass
class BareWorkflows:
    """A process with nothing but DBOS."""

    child: Child
    tables: Tables
    asked_for: int = 0

    def run(self, count: int, *, calls: bool) -> float:
        """Return the seconds from the first enqueueing to the end of the last workflow."""
        started = time.perf_counter()
        self.child.tell({"name": f"after {self.asked_for}", "count": count, "calls": calls})
        self.asked_for += count
        return self.tables.wait_for(SUCCEEDED, self.asked_for, self.child) - started


def measure(runs: int, rounds: int, folder: Path) -> Figures:
    """Let the engine and bare DBOS take turns."""
    with ExitStack() as stack:
        graph = stack.enter_context(start("bench.servers.graph", [], folder=folder / "graph"))
        flow = FlowRuns(*_start(stack, "engine", graph, folder))
        bare = BareWorkflows(*_start(stack, "workflows", graph, folder))
        turns: dict[str, tuple[Child, Callable[[int], float]]] = {
            ENGINE: (flow.child, flow.run),
            CALLING: (bare.child, lambda count: bare.run(count, calls=True)),
            EMPTY: (bare.child, lambda count: bare.run(count, calls=False)),
        }
        rates: dict[str, list[float]] = {name: [] for name in turns}
        taken = 0
        for _ in range(rounds):
            for name, (child, run) in turns.items():
                before = _taken(graph)
                with child.awake():
                    rates[name].append(runs / run(runs))
                taken += _taken(graph) - before if name == ENGINE else 0
        completed = flow.tables.count(COMPLETED)
    medians = {name: median(each) for name, each in rates.items()}
    return {
        "runsPerRound": runs,
        "contestants": {
            name: {"perSecond": rounded(medians[name]), "rounds": [rounded(x) for x in each]}
            for name, each in rates.items()
        },
        "ratios": {
            f"{ENGINE}/{name}": rounded(ratio(rates[ENGINE], rates[name]))
            for name in (CALLING, EMPTY)
        },
        "acknowledgementMs": latencies_ms(flow.latencies_s),
        "asked": flow.asked_for,
        "completed": completed,
        "sent": taken,
    }


def _start(stack: ExitStack, name: str, graph: Child, folder: Path) -> tuple[Child, Tables]:
    data = folder / f"{name}-with-graph"
    arguments = ["--data", str(data), "--graph", f"http://127.0.0.1:{graph.port}"]
    child = stack.enter_context(start(f"bench.servers.{name}", arguments, folder=data))
    child.freeze()
    return child, Tables(data / DATABASE)


def _taken(graph: Child) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{graph.port}/{TAKEN}", timeout=10) as answer:
        return int(json.load(answer)["taken"])
