"""What becomes of a message, by what happens and what was asked for: every row of matrix.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import running
from .matrix_play import Play, cases_of
from .matrix_rows import is_published, table
from .moved_engine import ENGINE, moved

ROWS = table()
# The weather between Meta and the engine.
CALM: dict[str, Any] = {}
STORMY = {"duplicates": 1.0, "reorder": 0.5, "reorderWindowS": 0.5}


def test_no_row_promises_two_messages_or_calls_done_what_meta_never_took() -> None:
    outcomes = [row.outcome for row in ROWS]

    assert {each.taken for each in outcomes} == {"0", "1"}
    assert {each.taken for each in outcomes if each.run == "completed"} == {"1"}
    assert len({str(row) for row in ROWS}) == len(ROWS)


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
    cases = cases_of([row for row in ROWS if is_published(row.policy)])
    with moved(folder) as move, running(folder, ENGINE, database_url=database_url) as world:
        settings = {"retryDelaysS": [0.2] * 600, **weather}
        world.sandbox_call("POST", "/_sandbox/settings", settings)
        play = Play(world, cases, move)
        play.prepare()
        play.play()
        ended = {case: play.outcome(case) for case in cases}

    assert [f"{case}: {ended[case]}" for case in cases if ended[case] != case.row.outcome] == []
