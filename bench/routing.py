"""What routing one event takes, with few and with very many listeners in the table.

Of them one hears the event, and its flow declines it: what is measured ends before a run.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .customers import declining, join
from .figures import Figures, Target, median, ratio, rounded
from .ingest import NOT_ROUTED
from .load import send
from .processes import Child, cpu_s, start
from .servers.engine import DATABASE, EVENTS
from .servers.graph import TOKENS
from .tables import Tables, of_file
from .webhooks import PHONE_NUMBER_IDS, WebhookMill

LISTENERS = (10, 1_000, 100_000)
HEARD = PHONE_NUMBER_IDS[0]
# All from one person, so that all come to one number.
PEOPLE = 1
# Its trigger was asked about each and wanted none.
HEARD_EVENTS = "events WHERE state = 'unrouted'"
MAX_GROWTH = 1.5
SETTLE_S = 1.0
# What reads no table of ours, however the plan calls it.
HARMLESS = ("VIRTUAL TABLE", "CONSTANT ROW", "SUBQUERY")


@dataclass
class Contestant:
    """An engine with so many listeners."""

    child: Child
    tables: Tables
    mill: WebhookMill = field(default_factory=lambda: WebhookMill(PEOPLE))
    asked: int = 0
    cpus_ms: list[float] = field(default_factory=list[float])

    def play(self, events: int) -> None:
        """Send so many events, each when the one before is routed."""
        self.asked += events
        before_s = cpu_s(self.child.process.pid)
        for webhook in self.mill.make(events):
            send([webhook.request(EVENTS)], port=self.child.port, connections=1)
            self.tables.wait_for(NOT_ROUTED, 0, self.child)
        self.cpus_ms.append((cpu_s(self.child.process.pid) - before_s) / events * 1000)


def measure(events: int, rounds: int, folder: Path) -> tuple[Figures, list[Target]]:
    """Let engines with different numbers of listeners take turns, and explain their query."""
    with ExitStack() as stack:
        graph = stack.enter_context(start("bench.servers.graph", [], folder=folder))
        url = f"http://127.0.0.1:{graph.port}"
        contestants = {count: _engine(stack, url, count, folder) for count in LISTENERS}
        for number in range(1 + rounds):
            for contestant in contestants.values():
                with contestant.child.awake():
                    contestant.play(events)
                    if not number:  # that was for warming up
                        contestant.cpus_ms.clear()
        asked = sum(each.asked for each in contestants.values())
        heard = sum(each.tables.count(HEARD_EVENTS) for each in contestants.values())
        largest = contestants[LISTENERS[-1]]
        largest.child.kill()
        plan = _plan(url, folder / str(LISTENERS[-1]), largest)
    fewest = contestants[LISTENERS[0]].cpus_ms
    figures: Figures = {
        "eventsPerRound": events,
        "asked": asked,
        "heard": heard,
        "cpuMs": {str(n): rounded(median(each.cpus_ms)) for n, each in contestants.items()},
        "growth": {str(n): rounded(ratio(contestants[n].cpus_ms, fewest)) for n in LISTENERS[1:]},
        "plan": plan,
        "scans": len([line for line in plan if _is_scan(line)]),
    }
    return figures, _targets(figures)


def _targets(figures: Figures) -> list[Target]:
    return [
        *(
            Target(f"routing, {int(n):,} listeners / {LISTENERS[0]}", growth, MAX_GROWTH)
            for n, growth in figures["growth"].items()
        ),
        Target("tables scanned to find listeners", figures["scans"], 0),
    ]


def _engine(stack: ExitStack, graph_url: str, listeners: int, folder: Path) -> Contestant:
    data = folder / str(listeners)
    arguments = ["--data", str(data), "--graph", graph_url]
    child = stack.enter_context(start("bench.servers.engine", arguments, folder=data))
    join(child.port, next(iter(TOKENS))).run_flow("decline", declining(HEARD))
    _add_listeners(data / DATABASE, listeners)
    child.freeze()
    return Contestant(child, of_file(data / DATABASE))


def _add_listeners(path: Path, wanted: int) -> None:
    """Copy the one listener until there are so many, each for a number of its own."""
    with closing(sqlite3.connect(path, timeout=30.0)) as connection, connection:
        [row] = connection.execute("SELECT * FROM listeners").fetchall()
        marks = ", ".join("?" * len(row))
        rows = (_of_number(row, str(10**15 + number)) for number in range(1, wanted))
        connection.executemany(f"INSERT INTO listeners VALUES ({marks})", rows)


def _of_number(row: tuple[Any, ...], phone_number_id: str) -> tuple[Any, ...]:
    return tuple(
        each.replace(HEARD, phone_number_id) if isinstance(each, str) else each for each in row
    )


def _plan(graph_url: str, data: Path, measured: Contestant) -> list[str]:
    """Return how SQLite finds the listeners of an event, from the statements of a new process."""
    trace = data / "trace"
    arguments = ["--data", str(data), "--graph", graph_url, "--trace", str(trace)]
    with start("bench.servers.engine", arguments, folder=data) as child:
        time.sleep(SETTLE_S)
        at_start = len(trace.read_text("utf-8").splitlines())
        Contestant(child, measured.tables, measured.mill).play(1)
        lines = trace.read_text("utf-8").splitlines()[at_start:]
    wanted = [line for line in map(json.loads, lines) if _reads_listeners(line)]
    if not wanted:
        raise RuntimeError("no statement asked who listens to the event")
    with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True)) as connection:
        found = [connection.execute(f"EXPLAIN QUERY PLAN {each}").fetchall() for each in wanted]
    return list(dict.fromkeys(str(row[-1]) for rows in found for row in rows))


def _reads_listeners(statement: str) -> bool:
    words = statement.split()
    return words[0].upper() in ("SELECT", "WITH") and "listeners" in statement


def _is_scan(line: str) -> bool:
    return line.startswith("SCAN") and not any(each in line.upper() for each in HARMLESS)
