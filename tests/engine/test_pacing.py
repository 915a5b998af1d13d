"""How long routing waits while webhooks pour in, and that it waits no longer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from appmixer.engine import pacing
from appmixer.engine.events import Events
from appmixer.engine.pacing import BACKLOG_S, BUSY_S, CROWD_ROWS, CROWD_S, PAUSE_S, Pacing

pytestmark = pytest.mark.anyio


class Flood:
    """What pacing sees of the events, and the clock by which they come."""

    def __init__(self, per_pause: int, rows_in_commit: int) -> None:
        self.taken = self.answered = 0
        self.per_pause = per_pause
        self.rows_in_commit = rows_in_commit
        self.now_s = 0.0

    async def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s
        self.answered = self.taken
        self.taken += self.per_pause

    def monotonic(self) -> float:
        return self.now_s

    async def paused_s(self, paced: Pacing, *, has_backlog: bool = False) -> float:
        started_s = self.now_s
        await paced.pause(has_backlog=has_backlog)
        return round(self.now_s - started_s, 3)


@pytest.fixture
def flood(monkeypatch: pytest.MonkeyPatch) -> Flood:
    flood = Flood(per_pause=50, rows_in_commit=CROWD_ROWS - 1)
    monkeypatch.setattr(pacing, "asyncio", SimpleNamespace(sleep=flood.sleep))
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=flood.monotonic))
    return flood


@pytest.fixture
def paced(flood: Flood) -> Pacing:
    return Pacing(cast("Events", flood))


async def test_a_single_event_waits_one_pause(flood: Flood, paced: Pacing) -> None:
    flood.per_pause = 1

    assert await flood.paused_s(paced) == PAUSE_S


async def test_a_flood_puts_routing_off_and_a_backlog_shortens_that(
    flood: Flood, paced: Pacing
) -> None:
    assert await flood.paused_s(paced) == pytest.approx(BUSY_S, abs=PAUSE_S)
    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(BACKLOG_S, abs=PAUSE_S)


async def test_a_crowd_is_answered_first_whatever_the_backlog_but_not_for_ever(
    flood: Flood, paced: Pacing
) -> None:
    flood.rows_in_commit = CROWD_ROWS

    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(CROWD_S, abs=2 * PAUSE_S)
    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(BACKLOG_S, abs=PAUSE_S)


async def test_a_crowd_that_comes_back_has_its_time_again(flood: Flood, paced: Pacing) -> None:
    flood.rows_in_commit = CROWD_ROWS
    await flood.paused_s(paced)
    flood.per_pause = 0
    await flood.paused_s(paced)
    flood.per_pause = 50

    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(CROWD_S, abs=2 * PAUSE_S)
