"""The bench at its smallest: every section runs, and nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
COUNTS = ["--webhooks", "70", "--bursts", "1", "--runs", "6", "--messages", "80", "--starts", "1"]
SIZE = [*COUNTS, "--rounds", "1", "--idle-s", "0"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("bench")
    arguments = ["--folder", str(folder), "--json", str(folder / "figures.json")]
    command = [sys.executable, "-m", "bench", *SIZE, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def figures(run: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(Path(run.args[-1]).read_text())


def test_every_acknowledged_webhook_is_stored_although_the_engine_was_killed(figures: Any) -> None:
    ingest = figures["ingest"]

    assert ingest["lostAfterKill"] == 0
    # One round and the batch before the kill, each with its 128 for warming up.
    assert ingest["acknowledged"] == 2 * (70 + 128)
    assert list(ingest["contestants"]) == ["engine", "noOperation", "healthz", "pywa"]
    assert all(each["perSecond"] > 0 for each in ingest["contestants"].values())


def test_every_flow_run_ends_and_sends_one_message(figures: Any) -> None:
    flow_runs = figures["flowRuns"]

    assert [flow_runs[each] for each in ("asked", "completed", "sent")] == [6, 6, 6]
    assert list(flow_runs["contestants"]) == ["engine"]


def test_start_memory_and_import_are_measured(figures: Any) -> None:
    start_up = figures["startUp"]

    names = ["firstStartS", "laterStartS", "idleMemoryMb", "contractImportS"]
    assert [start_up[each] > 0 for each in names] == [True] * 4


def test_every_message_through_the_sandbox_is_told_of_in_three_statuses(figures: Any) -> None:
    sandbox = figures["sandbox"]

    # Two rounds fill what is kept of the past, one is measured.
    assert (sandbox["sent"], sandbox["statuses"]) == (3 * 80, 3 * 80 * 3)
    assert sandbox["toldPerSecond"] > 0


def test_latencies_rise_with_their_percentiles(figures: Any) -> None:
    measured = [each["latencyMs"] for each in figures["ingest"]["contestants"].values()]

    assert [list(each) for each in measured] == [["p50", "p95", "p99", "max"]] * 4
    assert [list(each.values()) for each in measured] == [sorted(x.values()) for x in measured]


def test_the_page_tells_of_every_target_whether_it_is_met(
    run: subprocess.CompletedProcess[str], figures: Any
) -> None:
    told = {line[2:].split("  ")[0]: line.split()[-1] for line in run.stdout.splitlines() if line}

    assert len(figures["targets"]) == 10
    for target in figures["targets"]:
        relation, bound = target["wanted"].rsplit(maxsplit=1)
        measured = target["measured"]
        is_met = measured >= float(bound) if relation == "at least" else measured < float(bound)
        assert target["isMet"] is is_met
        assert told[target["name"]] == ("met" if is_met else "MISSED")
