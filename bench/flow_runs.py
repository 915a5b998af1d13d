"""How many runs of a flow end in a second."""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figures, latencies_ms, median, rounded
from .ingest import CONNECTIONS
from .load import send
from .processes import Child, start
from .servers.engine import DATABASE, EVENTS
from .servers.graph import TAKEN
from .tables import Tables
from .webhooks import WebhookMill

ENGINE = "engine"
ENDED = "runs WHERE state <> 'running'"
COMPLETED = "runs WHERE state = 'completed'"


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


def measure(runs: int, rounds: int, folder: Path) -> Figures:
    """Let the engine run so many flows, several times."""
    with ExitStack() as stack:
        graph = stack.enter_context(start("bench.servers.graph", [], folder=folder / "graph"))
        flow = FlowRuns(*_start(stack, "engine", graph, folder))
        rates: list[float] = []
        before = _taken(graph)
        for _ in range(rounds):
            with flow.child.awake():
                rates.append(runs / flow.run(runs))
        taken = _taken(graph) - before
        completed = flow.tables.count(COMPLETED)
    return {
        "runsPerRound": runs,
        "contestants": {
            ENGINE: {"perSecond": rounded(median(rates)), "rounds": [rounded(x) for x in rates]}
        },
        "ratios": {},
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
