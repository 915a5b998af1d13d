"""Everything hostile at once, while the flow of somebody else goes on answering people."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from .attackers import ANSWERS, ATTACKS, Siege, prepare
from .conftest import BIN, World, is_fault, running
from .test_hostile_documents import probe

MB = 1024 * 1024
PEOPLE = [f"1650555{number:04d}" for number in range(2000, 2060)]
PER_SECOND = 5
FIRST = "the first"
MAX_LATE_S, MAX_SILENT_S, MAX_GROWTH_BYTES = 5.0, 1.0, 100 * MB


@pytest.fixture
def besieged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose engine proves every account again each second."""
    monkeypatch.setenv("APPMIXER_PROOF_INTERVAL_S", "1")
    with running(tmp_path, [str(BIN / "appmixer")]) as world:
        yield world


# The figures are promised for a machine that has nothing else to do: five times as much otherwise.
@pytest.mark.parametrize(
    ("lasts_s", "slack"), [(20, 5), pytest.param(300, 1, marks=pytest.mark.prove)]
)
def test_a_customer_is_answered_while_everybody_else_attacks(
    besieged: World, lasts_s: int, slack: int
) -> None:
    world = besieged
    siege = _siege(world)
    memory_before = _memory(world)

    with probe(world, every_s=0.05) as silent_s, _attacking(siege):
        _people_write(world, lasts_s)
    world.sandbox_call("DELETE", "/_sandbox/faults")
    world.wait_until(lambda: not world.has_work(), "the engine has done everything", 600)

    written, answered = _written_and_answered(world)
    late_s = [answered[text][0] - at for text, at in written.items() if text in answered]
    growth = _memory(world) - memory_before
    figures = (
        f"latest answer {max(late_s):.2f} s, half of them within {median(late_s):.2f} s,"
        f" longest silence {max(silent_s):.2f} s, growth {growth / MB:.0f} MB,"
        f" {len(written)} messages, {len(siege.b_messages)} of B's, answers {siege.answers}"
    )
    bad = [run["id"] for run in world.runs() if run["status"] != "completed"]
    assert [world.engine_call("GET", f"/api/runs/{each}") for each in bad] == [], figures
    assert {text: len(answered.get(text, [])) for text in written} == dict.fromkeys(written, 1)
    assert max(late_s) < MAX_LATE_S * slack, figures
    assert max(silent_s) < MAX_SILENT_S * slack, figures
    assert growth < MAX_GROWTH_BYTES, figures
    assert _heard_by_b(world) == [1] * len(siege.b_messages)
    assert siege.heard_without_access == []
    assert siege.answers.keys() == ANSWERS.keys()
    assert [each for each, found in siege.answers.items() if {*found} - ANSWERS[each]] == [], (
        figures
    )
    assert [line for line in world.log().splitlines() if is_fault(line)] == []
    assert world.http.get(f"{world.engine.url}/readyz").status_code == 200


def _siege(world: World) -> Siege:
    """Start the customer's flow and the attackers' own."""
    world.set_webhook()
    world.register()
    world.connect("acme", "EAAsandbox")
    world.start("auto-reply", world.auto_reply)
    for person in PEOPLE:
        world.sandbox_call("POST", "/_sandbox/people", {"waId": person, "name": person})
    b, c = (
        world.engine_call("POST", "/api/owners", {"name": name})["token"] for name in ("B", "C")
    )
    world.connect("acme", "EAAsandboxOther", token=b)
    siege = Siege(world, b, c)
    prepare(siege)
    world.says(PEOPLE[0], type="text", text={"body": FIRST})
    world.wait_until(lambda: _written_and_answered(world)[1], "the flow answers")
    return siege


@contextmanager
def _attacking(siege: Siege) -> Generator[None]:
    """Let every attack go on for as long as the context lasts; one that breaks fails the test."""

    def attack(round_: Callable[[Siege], None], rest_s: float) -> None:
        while not siege.is_over.is_set():
            round_(siege)
            siege.is_over.wait(rest_s)

    with ThreadPoolExecutor(len(ATTACKS)) as pool:
        attacks = [pool.submit(attack, *each) for each in ATTACKS]
        try:
            yield
        finally:
            siege.is_over.set()
    siege.http.close()
    for each in attacks:
        each.result()


def _people_write(world: World, lasts_s: int) -> None:
    """Let people write at a steady rate, and each again only after all the others."""
    began = time.monotonic()
    for number in range(lasts_s * PER_SECOND):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        person = PEOPLE[number % len(PEOPLE)]
        world.says(person, type="text", text={"body": str(number)})


def _written_and_answered(world: World) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return when people wrote and when they were answered, by the text, as their phones show."""
    written: dict[str, float] = {}
    answered: dict[str, list[float]] = {}
    for message in (each for person in PEOPLE for each in world.phone(person)):
        text = message["content"]["body"].removeprefix("You said: ")
        if message["from"] == "person":
            written[text] = message["at"]
        else:
            answered.setdefault(text, []).append(message["at"])
    return written, answered


def _heard_by_b(world: World) -> list[int]:
    """Return how many runs of B's listening flow each event has."""
    query = "SELECT COUNT(*) FROM runs WHERE flow_id = 'listen' GROUP BY event_seq"
    return [times for (times,) in world.rows(query)]


def _memory(world: World) -> int:
    """Return the bytes that the engine has in memory."""
    assert world.engine.running is not None
    status = Path(f"/proc/{world.engine.running.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024
