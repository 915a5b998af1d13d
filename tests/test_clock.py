"""Everything asks the one clock that it was given: who looks at the machine's own is named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("engine", "plugin", "auth", "components")
TIMES = {"time", "time_ns", "monotonic", "monotonic_ns", "sleep", "localtime", "gmtime"}
DATES = {"now", "utcnow", "today"}
LOOP_TIMES = {"call_later", "call_at"}
# What takes time by itself is measured by perf_counter, and bounded by asyncio.timeout: how long a
# disk, a database or a network takes has nothing to do with what time it is.
REAL_TIME = {
    "engine/contract/clock.py": "it is the clock",
    "engine/contract/stand_ins.py": "a sleep of nothing lets others have their turn",
    "engine/cli": "a person waits at a terminal, beside the engine",
    "engine/api/connections.py": "slow connections are ended",
    "engine/api/server.py": "slow connections are ended",
    "engine/api/unsigned.py": "slow requests are ended",
    "engine/contract/host_conformance": "a real host is waited for",
    "engine/host/calls.py": "a call of the network is ended",
    "engine/host/outgoing.py": "a sleep of nothing lets others have their turn",
    "engine/host/relay.py": "what another process has said counts for a while",
    "engine/host/turn.py": "another process has died, and a database has a clock of its own",
    "engine/observe/tasks.py": "what has failed is begun again",
    "engine/runs/loop_time.py": "how long an owner keeps the loop",
    "engine/runs/segments.py": "a database is away",
    "engine/runs/due.py": "a database is away",
    "engine/events/notifying.py": "a database is away",
    "engine/events/routing.py": "a database is away",
    "engine/events/waking.py": "a database is away",
    "engine/events/finding.py": "how long an owner keeps the loop",
    "engine/host/contexts.py": "how long an owner keeps the loop",
    "engine/events/inbox.py": "how long a commit takes",
    "engine/events/pacing.py": "how fast events come",
    "engine/storage/alone.py": "another process may have died, and a database has its own clock",
    "engine/storage/fence.py": "another process may have taken over",
    "engine/storage/patience.py": "how long a commit takes",
    "engine/storage/writer.py": "how long a commit takes",
    "engine/temporal": "a service of its own, and processes that may have died",
    "plugin/graph/client.py": "a service cannot be reached for a moment",
}


def looks_at_machine(source: str) -> Iterator[int]:
    """Yield the lines that ask the machine's clock what time it is, or wait by it."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio")
        for alias in node.names
        if alias.name in TIMES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in imported:
            yield node.lineno
        if not isinstance(node, ast.Attribute):
            continue
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        is_loop = isinstance(node.value, ast.Call) or of in ("loop", "_loop")
        is_loop |= isinstance(node.value, ast.Attribute) and node.value.attr in ("loop", "_loop")
        if (
            (of in ("time", "asyncio") and node.attr in TIMES)
            or (of in ("datetime", "date") and node.attr in DATES)
            or node.attr in LOOP_TIMES
            or (is_loop and node.attr == "time")
        ):
            yield node.lineno


def is_named(file: str) -> bool:
    return any(file == each or file.startswith(f"{each}/") for each in REAL_TIME)


def test_whoever_needs_the_time_asks_the_clock_that_was_given() -> None:
    complaints = [
        f"{name}:{line}"
        for part in PARTS
        for file in sorted((ROOT / part).rglob("*.py"))
        if not is_named(name := str(file.relative_to(ROOT)))
        for line in looks_at_machine(file.read_text("utf-8"))
    ]

    assert complaints == []


@pytest.mark.parametrize("name", REAL_TIME)
def test_who_is_named_does_look_at_the_machines_clock(name: str) -> None:
    files = [ROOT / name] if name.endswith(".py") else [*(ROOT / name).rglob("*.py")]

    assert any(list(looks_at_machine(file.read_text("utf-8"))) for file in files)


@pytest.mark.parametrize(
    "line",
    [
        "time.time()",
        "clock = time.time",
        "from time import monotonic\nmonotonic()",
        "await asyncio.sleep(3)",
        "datetime.now(UTC)",
        "loop.call_later(3, f)",
        "asyncio.get_running_loop().time()",
        "self._loop.time()",
    ],
)
def test_a_look_at_the_machines_clock_is_seen(line: str) -> None:
    assert list(looks_at_machine(line)) != []
