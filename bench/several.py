"""One engine process or several: runs a second, and what a run and idling take of each server.

All share this machine's cores with the load, so a second worker shows what order and hand-over
cost, and not what a second machine adds. What a run takes of each server does not depend on that,
and is what sizes are calculated from.
"""

from __future__ import annotations

import re
import sys
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import postgres, temporal
from .customers import settle
from .figures import Figures, Target, latencies_ms, median, rounded
from .flow_runs import COMPLETED, Contestant, Graph
from .processes import Child, cpu_s, memory_mb, start
from .servers.engine import DATABASE, EVENTS
from .tables import of_file, of_postgres

ON_SQLITE, ON_POSTGRES = "engine", "engineOnPostgres"
WORKERS = {"oneWorker": 1, "twoWorkers": 2}
# All processes of one engine share the key with which they seal.
SECRET_KEY = urlsafe_b64encode(bytes(32)).decode()
IDLE_BAR_PERCENT = 2.0
ENDED = re.compile(r"^appmixer_runs_total\{.*\} (\S+)$", re.M)
WRITTEN, ACTIONS = "written", "actions"
# What a burst has left to do is done by then: after 30 s it is said of each send that nothing was
# heard of it.
SETTLE_S = 40.0


@dataclass
class Site:
    """Engine processes, the first of which takes the webhooks, and the servers behind them."""

    first: Contestant
    workers: list[Child]
    postgres_url: str | None = None
    service: temporal.Temporal | None = None
    used: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def play(self, runs: int, rounds: int) -> None:
        """Let so many runs end, again and again, and keep what each took."""
        for _ in range(rounds):
            # Counting actions takes a while, in which nothing is done.
            actions = self.service.actions() if self.service else 0.0
            before = self._counters()
            self.first.play(runs)
            used = {name: now - before[name] for name, now in self._counters().items()}
            if self.service:
                used[ACTIONS] = self.service.actions() - actions
            for name, each in used.items():
                self.used.setdefault(name, []).append(each / runs)

    def idle_percent(self, idle_s: float) -> dict[str, float]:
        """Return what each server takes of a core when there is nothing to do, and the busiest
        engine process.
        """
        time.sleep(min(SETTLE_S, 2 * idle_s))
        engines, before = self._engines_s(), self._cpus_s()
        started = time.perf_counter()
        time.sleep(idle_s)
        lasted_s = time.perf_counter() - started
        used_s = {name: now - before[name] for name, now in self._cpus_s().items()}
        pairs = zip(self._engines_s(), engines, strict=True)
        used_s["engine"] = max(now - had for now, had in pairs)
        return {name: rounded(each / lasted_s * 100) for name, each in used_s.items()}

    def figures(self, idle_s: float) -> Figures:
        used = {name: median(each) for name, each in self.used.items()}
        figures: Figures = {
            "perSecond": rounded(median(self.first.rates)),
            "rounds": [rounded(each) for each in self.first.rates],
            "cpuMs": {name: rounded(used[name] * 1000) for name in self._cpus_s()},
            "acknowledgementMs": latencies_ms(self.first.acknowledged_s),
            "atRestMs": latencies_ms(self.first.at_rest_s),
            "memoryMb": rounded(max(memory_mb(each.process.pid) for each in self.workers)),
            "asked": self.first.asked,
            "sent": self.first.sent,
            "idlePercent": self.idle_percent(idle_s),
        }
        if self.first.tables is not None:
            figures["completed"] = self.first.tables.count(COMPLETED)
        if WRITTEN in used:
            figures["writtenKb"] = rounded(used[WRITTEN] / 1000)
        if ACTIONS in used:
            figures["actions"] = rounded(used[ACTIONS])
        if len(self.workers) > 1:
            figures |= self._divided([used[_engine(each)] for each in range(len(self.workers))])
        return figures

    def _counters(self) -> dict[str, float]:
        counters = self._cpus_s()
        counters |= {_engine(number): used_s for number, used_s in enumerate(self._engines_s())}
        if self.postgres_url is not None:
            counters[WRITTEN] = postgres.written_bytes(self.postgres_url)
        return counters

    def _divided(self, used_s: list[float]) -> Figures:
        """Tell the processor time of executing a run from that of all else, which is the first's.

        The others do nothing but execute.
        """
        ended = [_ended(each.port) for each in self.workers]
        first, *others = (each / sum(ended) for each in ended)
        executing_s = sum(used_s[1:]) / sum(others)
        return {
            "executingMs": rounded(executing_s * 1000),
            "handingOutMs": rounded((used_s[0] - first * executing_s) * 1000),
            "endedByFirst": rounded(first),
        }

    def _engines_s(self) -> list[float]:
        return [cpu_s(each.process.pid) for each in self.workers]

    def _cpus_s(self) -> dict[str, float]:
        used = {"engine": sum(self._engines_s())}
        if self.postgres_url is not None and sys.platform == "linux":
            used["postgres"] = postgres.cpu_s(self.postgres_url)
        if self.service is not None:
            used["temporal"] = cpu_s(self.service.pid)
        return used


def measure(
    runs: int, rounds: int, singles: int, idle_s: float, folder: Path
) -> tuple[Figures, list[Target]]:
    """Measure one site after the other, each alone on the machine."""
    sites: Figures = {}
    names = [ON_SQLITE]
    if postgres.is_installed():
        names += [ON_POSTGRES, *(WORKERS if temporal.is_installed() else ())]
    for name in names:
        with _site(name, folder / name) as site:
            site.first.warm_up(runs)
            site.play(runs, rounds)
            site.first.rest(singles)
            sites[name] = site.figures(idle_s)
    figures: Figures = {
        "runsPerRound": runs,
        "idleS": idle_s,
        "sites": sites,
        "missing": [each for each in (ON_POSTGRES, *WORKERS) if each not in sites],
    }
    return figures, [
        Target(
            f"idle processor of a worker, {name}, %",
            sites[name]["idlePercent"]["engine"],
            IDLE_BAR_PERCENT,
        )
        for name in WORKERS
        if name in sites
    ]


def is_whole(site: Figures) -> bool:
    """Say whether every message was answered, and once."""
    return bool(site["asked"] == site["sent"] == site["completed"])


def _engine(number: int) -> str:
    return f"engine {number}"


def _ended(port: int) -> float:
    """Return how many runs a process has seen to their end."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return sum(map(float, ENDED.findall(answer.read().decode())))


@contextmanager
def _site(name: str, folder: Path) -> Generator[Site]:
    with ExitStack() as stack:
        graph = Graph(stack.enter_context(start("bench.servers.graph", [], folder=folder)))
        given, url, service = ["--graph", graph.url, "--secret-key", SECRET_KEY], None, None
        tables = of_file(folder / "worker-1" / DATABASE)
        if name != ON_SQLITE:
            url = stack.enter_context(postgres.cluster())
            given, tables = [*given, "--database-url", url], of_postgres(url)
        if name in WORKERS:
            service = stack.enter_context(temporal.server(folder / "temporal"))
            given += ["--temporal", service.address]
        workers: list[Child] = []
        for number in range(WORKERS.get(name, 1)):
            data = folder / f"worker-{number + 1}"
            arguments = ["--data", str(data), *given]
            workers.append(
                stack.enter_context(start("bench.servers.engine", arguments, folder=data))
            )
        owners = settle(workers[0].port)
        yield Site(Contestant(workers[0], EVENTS, graph, tables, owners), workers, url, service)
