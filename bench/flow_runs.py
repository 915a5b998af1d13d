"""How many runs of a flow end in a second and what one takes, beside Node-RED in the same minutes.

A run of the engine's is a signed webhook of one message, its commit, New Message, three
expressions, Send Text with window, quota and journal, Graph's answer stored, and the run's record
complete afterwards. Node-RED's is a webhook, a function and an HTTP request; it keeps nothing.
"""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import postgres
from .customers import Caller, settle
from .figures import Figures, Target, latencies_ms, median, ratio, rounded
from .ingest import CONNECTIONS
from .load import Round, send
from .processes import ROOT, Child, cpu_s, memory_mb, start, start_command
from .servers.engine import API_TOKEN, CALLS, DATABASE, EVENTS
from .servers.graph import TAKEN
from .tables import DEADLINE_S, Tables, of_file, of_postgres
from .webhooks import PHONE_NUMBER_IDS, WABA_IDS, WebhookMill

PEOPLE = 1_000
ENGINE, ON_POSTGRES, NODE_RED = "engine", "engineOnPostgres", "nodeRed"
NODE_RED_FOLDER = ROOT / "bench" / "nodered"
NODE_RED_MANIFEST = NODE_RED_FOLDER / "node_modules" / "node-red" / "package.json"
HOLDS, GOAL = 0.45, 0.8
ENDED = "runs WHERE state <> 'running'"
COMPLETED = "runs WHERE state = 'completed'"
# Of every owner so many runs are read through the API at the end.
READ_BACK = 20
POLL_S = 0.005
# Between messages at rest, in no step with anything that looks around at intervals.
GAP_S = (0.1, 0.2)


@dataclass
class Graph:
    """The stub, which everybody sends to."""

    child: Child

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.child.port}"

    def taken(self) -> tuple[int, float]:
        """Return how many messages it took, and when the last one (by perf_counter)."""
        with urllib.request.urlopen(f"{self.url}/{TAKEN}", timeout=10) as answer:
            told = json.load(answer)
        return told["taken"], told["lastAt"]

    def wait_for(self, count: int, child: Child) -> float:
        """Return when the message was taken that makes so many."""
        deadline = time.monotonic() + DEADLINE_S
        while (found := self.taken())[0] < count:
            if time.monotonic() > deadline:
                told = f"Graph took {found[0]} messages instead of {count}"
                raise TimeoutError(f"{told} after {DEADLINE_S:g} s:\n{child.log_end()}")
            child.check()
            time.sleep(POLL_S)
        return found[1]


@dataclass
class Contestant:
    """A process that answers messages; `tables` is where it keeps its runs, if it keeps any."""

    child: Child
    path: str
    graph: Graph
    tables: Tables | None = None
    owners: list[Caller] = field(default_factory=list[Caller])
    mill: WebhookMill = field(default_factory=lambda: WebhookMill(PEOPLE))
    asked: int = 0
    sent: int = 0
    rates: list[float] = field(default_factory=list[float])
    cpus_ms: list[float] = field(default_factory=list[float])
    acknowledged_s: list[float] = field(default_factory=list[float])
    at_rest_s: list[float] = field(default_factory=list[float])

    def warm_up(self, count: int) -> None:
        """Let it run without a clock."""
        self._run(count)

    def play(self, count: int) -> None:
        """Send so many messages, and wait for the end of the last run."""
        before_s = cpu_s(self.child.process.pid)
        done, ended_at = self._run(count)
        self.rates.append(count / (ended_at - done.started_at))
        self.acknowledged_s += done.latencies_s
        self.cpus_ms.append((cpu_s(self.child.process.pid) - before_s) / count * 1000)

    def rest(self, count: int) -> None:
        """Send so many messages, each when there is nothing else to do."""
        gaps = random.Random(0)
        for _ in range(count):
            time.sleep(gaps.uniform(*GAP_S))
            done, _ = self._run(1)
            _, taken_at = self.graph.taken()
            self.at_rest_s.append(taken_at - done.started_at)

    def _run(self, count: int) -> tuple[Round, float]:
        """Return how so many webhooks were answered, and when the last run had ended."""
        requests = [each.request(self.path) for each in self.mill.make(count)]
        before, _ = self.graph.taken()
        self.asked += count
        done = send(requests, port=self.child.port, connections=CONNECTIONS)
        if set(done.statuses) != {200}:
            raise RuntimeError(f"{self.path} answered {dict(done.statuses)}")
        ended_at = self.graph.wait_for(before + count, self.child)
        if self.tables is not None:
            ended_at = self.tables.wait_for(ENDED, self.asked, self.child)
        self.sent += self.graph.taken()[0] - before
        return done, ended_at

    def figures(self) -> Figures:
        figures: Figures = {
            "perSecond": rounded(median(self.rates)),
            "rounds": [rounded(each) for each in self.rates],
            "cpuMs": rounded(median(self.cpus_ms)),
            "atRestMs": latencies_ms(self.at_rest_s),
            "acknowledgementMs": latencies_ms(self.acknowledged_s),
            "memoryMb": rounded(memory_mb(self.child.process.pid)),
            "asked": self.asked,
            "sent": self.sent,
        }
        if self.tables is not None:
            figures["completed"] = self.tables.count(COMPLETED)
            with self.child.awake():
                figures["readBack"], figures["complete"] = _read_back(self.owners)
        return figures


def measure(
    runs: int, rounds: int, warm_up: int, singles: int, folder: Path
) -> tuple[Figures, list[Target]]:
    """Let the contestants take turns; each is alone on the machine during its turn."""
    with _contestants(folder) as contestants:
        for name, contestant in contestants.items():
            with contestant.child.awake():
                contestant.warm_up(warm_up if name == NODE_RED else min(runs, warm_up))
        calls_ms: list[float] = []
        for _ in range(rounds):
            for contestant in contestants.values():
                with contestant.child.awake():
                    contestant.play(runs)
            with contestants[ENGINE].child.awake():
                calls_ms.append(_bare_call_ms(contestants[ENGINE], runs))
        for contestant in contestants.values():
            with contestant.child.awake():
                contestant.rest(singles)
        measured = {name: each.figures() for name, each in contestants.items()}
        rates = {name: each.rates for name, each in contestants.items()}
    figures: Figures = {
        "runsPerRound": runs,
        "owners": len(WABA_IDS),
        "flows": len(PHONE_NUMBER_IDS),
        "people": PEOPLE,
        "contestants": measured,
        "missing": [each for each in (ON_POSTGRES, NODE_RED) if each not in measured],
        "ratios": {
            f"{name}/{NODE_RED}": rounded(ratio(rates[name], rates[NODE_RED]))
            for name in rates
            if name != NODE_RED and NODE_RED in rates
        },
        "nodeRed": _node_red_version() if NODE_RED in measured else None,
        "holds": HOLDS,
        "goal": GOAL,
        "bareCallCpuMs": rounded(median(calls_ms)),
    }
    return figures, _targets(figures)


def is_whole(contestant: Mapping[str, Any]) -> bool:
    """Say whether every message was answered once, and told of afterwards."""
    asked = contestant["asked"]
    are_sent = contestant["sent"] == asked == contestant.get("completed", asked)
    return are_sent and contestant.get("readBack") == contestant.get("complete")


def _targets(figures: Figures) -> list[Target]:
    targets = [
        Target(
            "webhook to Graph's request at rest, ms",
            figures["contestants"][ENGINE]["atRestMs"]["p50"],
            30.0,
        )
    ]
    if figures["ratios"]:
        reached = figures["ratios"][f"{ENGINE}/{NODE_RED}"]
        targets.insert(0, Target("runs per second / Node-RED", reached, HOLDS, is_lower_bound=True))
    return targets


@contextmanager
def _contestants(folder: Path) -> Generator[dict[str, Contestant]]:
    with ExitStack() as stack:
        graph = Graph(stack.enter_context(start("bench.servers.graph", [], folder=folder)))
        data = folder / "engine"
        contestants = {ENGINE: _engine(stack, graph, data, of_file(data / DATABASE))}
        if postgres.is_installed():
            url = stack.enter_context(postgres.cluster())
            contestants[ON_POSTGRES] = _engine(
                stack, graph, folder / "postgres", of_postgres(url), "--database-url", url
            )
        if NODE_RED_MANIFEST.exists():
            contestants[NODE_RED] = _node_red(stack, graph, folder / "node-red")
        yield contestants


def _engine(stack: ExitStack, graph: Graph, data: Path, tables: Tables, *more: str) -> Contestant:
    arguments = ["--data", str(data), "--graph", graph.url, *more]
    child = stack.enter_context(start("bench.servers.engine", arguments, folder=data))
    contestant = Contestant(child, EVENTS, graph, tables, settle(child.port))
    child.freeze()
    return contestant


def _node_red(stack: ExitStack, graph: Graph, folder: Path) -> Contestant:
    command = ["node", str(NODE_RED_FOLDER / "server.js"), str(folder), graph.url]
    child = stack.enter_context(start_command(command, folder=folder))
    child.freeze()
    return Contestant(child, "/events", graph)


def _node_red_version() -> str:
    version: str = json.loads(NODE_RED_MANIFEST.read_text("utf-8"))["version"]
    return version


def _bare_call_ms(engine: Contestant, count: int) -> float:
    """Return the processor time of a call by the engine's HTTP client, without an engine."""
    url = f"{engine.graph.url}/v25.0/{PHONE_NUMBER_IDS[0]}/messages"
    asked = {"count": count, "atOnce": CONNECTIONS, "url": url}
    told = Caller(engine.child.port, API_TOKEN).call("POST", CALLS, asked)
    return float(told["cpuS"]) / count * 1000


def _read_back(owners: list[Caller]) -> tuple[int, int]:
    """Return how many runs were read through the API, and how many of them tell everything."""
    runs: list[Any] = []
    for owner in owners:
        for each in owner.call("GET", f"/api/runs?limit={READ_BACK}")["runs"]:
            runs.append(owner.call("GET", f"/api/runs/{each['id']}"))
    return len(runs), sum(map(_is_complete, runs))


def _is_complete(run: Any) -> bool:
    heard, sent = run["steps"]
    return (
        {run["status"], heard["status"], sent["status"]} == {"completed"}
        and sent["input"]["text"] == f"You said: {heard['output']['message'][0]['text']['body']}"
        and sent["output"]["sent"][0]["messageId"].startswith("wamid.")
    )
