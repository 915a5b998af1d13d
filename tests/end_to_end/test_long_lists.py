"""A list of thousands of entries: shown as it goes, little in memory, in nobody's way, whole."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .conftest import BIN, World, running

MB = 1024 * 1024
MAX_MORE_BYTES = 100 * MB
# What somebody else may be kept waiting, five times over: the machine has other things to do.
MAX_WAIT_S = 5 * 1.0
SIZES = pytest.mark.parametrize(
    ("rows", "kills"), [(600, 2), pytest.param(10_000, 8, marks=pytest.mark.prove)]
)


def step(name: str, input: dict[str, Any], **source: list[str]) -> dict[str, Any]:
    more = {"source": {"in": source}} if source else {}
    return {"type": f"appmixer.utilities.{name}", "input": input, **more}


COUNTING: dict[str, Any] = {
    "name": "Count every row",
    "components": {
        "begin": step("OnStart", {}),
        "each": step("ForEach", {"items": [], "sideBySide": 16}, begin=["started"]),
        "note": step(
            "SetStored",
            {"key": "{{ each.item.value.phone }}", "how": "add", "value": 1},
            each=["item"],
        ),
        "all": step("Collect", {}, note=["stored"]),
        "told": step(
            "SetValues",
            {"values": [{"name": "missing", "value": "{{ all.out.missing }}"}]},
            all=["out"],
        ),
    },
}
QUICK = {
    "name": "Somebody else's",
    "components": {
        "begin": step("OnStart", {}),
        "say": step("SetValues", {"values": [{"name": "said", "value": 1}]}, begin=["started"]),
    },
}


def memory_of(world: World) -> int:
    """Return the bytes that the engine's process has in memory."""
    assert world.engine.running is not None
    status = Path(f"/proc/{world.engine.running.pid}/status").read_text("utf-8")
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def run_of(world: World, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = world.engine_call("GET", f"/api/runs/{run_id}")
    return found


def begin(world: World, flow_id: str, document: dict[str, Any]) -> str:
    """Store a flow and run it now; return the run's id."""
    world.engine_call("PUT", f"/api/flows/{flow_id}", document)
    return str(world.engine_call("POST", f"/api/flows/{flow_id}/run", {"values": {}})["runId"])


def someone_elses_run_s(world: World) -> float:
    """Return how long another flow's run takes, from the request to its end."""
    began = time.monotonic()
    run_id = str(world.engine_call("POST", "/api/flows/quick/run", {"values": {}})["runId"])
    world.wait_until(lambda: run_of(world, run_id)["endedAt"], "the other run has ended")
    return time.monotonic() - began


@SIZES
def test_every_row_is_done_once_however_often_the_engine_dies(
    tmp_path: Path, rows: int, kills: int
) -> None:
    do_every_row_once(tmp_path, rows, kills)


@SIZES
def test_the_same_on_postgresql(tmp_path: Path, postgres: str, rows: int, kills: int) -> None:
    do_every_row_once(tmp_path, rows, kills, database_url=postgres)


def do_every_row_once(folder: Path, rows: int, kills: int, database_url: str = "") -> None:
    """Work off a list while the engine is killed, and look at it from all sides."""
    people = [{"name": f"Person {n}", "phone": f"+1650555{n:06d}"} for n in range(rows)]
    with running(folder, [str(BIN / "appmixer")], database_url=database_url) as world:
        begin(world, "quick", QUICK)
        someone_elses_run_s(world)
        idle = memory_of(world)
        document = deepcopy(COUNTING)
        document["components"]["each"]["input"]["items"] = people
        run_id = begin(world, "count", document)
        seen, most, waited_s = list[int](), idle, list[float]()

        def comes_to(share: float) -> bool:
            nonlocal most
            most = max(most, memory_of(world))
            found = run_of(world, run_id)["lists"]
            if found:
                seen.append(found[0]["begun"])
            return bool(found) and found[0]["begun"] >= rows * share

        for kill in range(1, kills + 1):
            world.wait_until(partial(comes_to, kill / (kills + 2)), "it goes on")
            waited_s.append(someone_elses_run_s(world))
            world.engine.kill()
            world.engine.start()
        world.wait_until(
            lambda: comes_to(2) or run_of(world, run_id)["endedAt"], "the run has ended", 600
        )

        run = run_of(world, run_id)
        kept = world.rows("SELECT key, value FROM store WHERE namespace LIKE 'flow:%'")
        told = world.rows("SELECT output FROM steps WHERE component = 'told'")

    assert (run["status"], run["stepCount"]) == ("completed", rows + 4)
    assert sorted(key.rpartition(" ")[2] for key, _ in kept) == [each["phone"] for each in people]
    assert {json.loads(value) for _, value in kept} == {1}
    found = [json.loads(each) if isinstance(each, str) else each for (each,) in told]
    assert found == [{"out": [{"missing": 0}]}]
    assert sorted(seen) == seen
    assert len({each for each in seen if 0 < each < rows}) >= kills
    assert most - idle < MAX_MORE_BYTES
    assert max(waited_s) < MAX_WAIT_S
