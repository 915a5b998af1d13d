"""What becomes of a message, by what happens and what was asked for: every row of matrix.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import running
from .matrix_cases import cases_of
from .matrix_play import Play
from .matrix_rows import AGAIN, missing_for, table
from .moved_engine import ENGINE, moved

ROWS = table()
# The weather between Meta and the engine.
CALM: dict[str, Any] = {}
STORMY = {"duplicates": 1.0, "reorder": 0.5, "reorderWindowS": 0.5}


def test_no_row_promises_two_messages_unasked_or_calls_done_what_meta_never_took() -> None:
    outcomes = [row.outcome for row in ROWS]
    twice = {str(row) for row in ROWS if " " in row.outcome.taken}

    assert twice == {
        f"open, answer lost, {what} after the wait, {AGAIN}" for what in ("status", "fails")
    }
    assert {each.taken.split()[0] for each in outcomes} == {"-", "text", "template"}
    assert [each for each in outcomes if each.run == "completed" and each.taken == "-"] == []
    assert len({str(row) for row in ROWS}) == len(ROWS)


def test_every_row_is_played() -> None:
    missing = {lack for row in ROWS if (lack := missing_for(row))}

    if missing:
        pytest.skip(f"neither a send nor the sandbox has yet: {'; '.join(sorted(missing))}")


@pytest.mark.parametrize(
    "weather",
    [pytest.param(CALM, id="calm"), pytest.param(STORMY, id="stormy", marks=pytest.mark.prove)],
)
def test_every_row_ends_as_the_table_says(tmp_path: Path, weather: dict[str, Any]) -> None:
    play_rows(tmp_path, weather)


@pytest.mark.prove
def test_the_same_on_postgresql(tmp_path: Path, postgres: str) -> None:
    play_rows(tmp_path, STORMY, database_url=postgres)


def play_rows(folder: Path, weather: dict[str, Any], database_url: str = "") -> None:
    cases = cases_of([row for row in ROWS if not missing_for(row)])
    with moved(folder) as move, running(folder, ENGINE, database_url=database_url) as world:
        settings = {"retryDelaysS": [0.2] * 600, **weather}
        world.sandbox_call("POST", "/_sandbox/settings", settings)
        play = Play(world, cases, move)
        play.prepare()
        play.play()
        ended = {case: play.outcome(case) for case in cases}

    wrong = [f"{case}: {ended[case]}" for case in cases if ended[case] != case.row.outcome]
    assert not wrong, "\n".join(wrong)
