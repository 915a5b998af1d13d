"""How long routing waits while webhooks pour in, and that it waits no longer."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import cast

import pytest

from appmixer.engine.events import pacing
from appmixer.engine.events.inbox import Events
from appmixer.engine.events.pacing import (
    BACKLOG_S,
    BUSY_S,
    CROWD_ROWS,
    CROWD_S,
    PAUSE_S,
    QUIET_PAUSES,
    Pacing,
)

pytestmark = pytest.mark.anyio


class Flood:
    """What pacing sees of the events, and the clock by which they come."""

    def __init__(self) -> None:
        self.taken = self.answered = self.commits = 0
        self.per_pause, self.commits_per_pause = 3 * CROWD_ROWS, 4
        self.now_s = 1_000.0
        # While routing was at work.
        self.comes_meanwhile = 1

    async def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s
        self.taken += self.per_pause
        if self.commits_per_pause:
            self.answered = self.taken
        self.commits += self.commits_per_pause
        self.after_pause()

    def after_pause(self) -> None: ...

    def gather(self) -> None:
        """Come as a crowd: more of them share each commit."""
        self.commits_per_pause = 3

    def monotonic(self) -> float:
        return self.now_s

    async def paused_s(self, paced: Pacing, *, has_backlog: bool = False) -> float:
        started_s = self.now_s
        self.taken += self.comes_meanwhile
        await paced.pause(has_backlog=has_backlog)
        return round(self.now_s - started_s, 3)


@pytest.fixture
def flood(monkeypatch: pytest.MonkeyPatch) -> Flood:
    flood = Flood()
    monkeypatch.setattr(pacing, "asyncio", SimpleNamespace(sleep=flood.sleep))
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=flood.monotonic))
    return flood


@pytest.fixture
def paced(flood: Flood) -> Pacing:
    return Pacing(cast("Events", flood))


async def test_a_single_event_waits_one_pause(flood: Flood, paced: Pacing) -> None:
    flood.per_pause = 1

    assert await flood.paused_s(paced) == PAUSE_S


async def test_a_backlog_is_routed_on_at_once_while_nothing_new_comes_in(
    flood: Flood, paced: Pacing
) -> None:
    flood.per_pause = 1
    await flood.paused_s(paced)

    flood.comes_meanwhile = 0

    assert await flood.paused_s(paced, has_backlog=True) == 0
    assert await flood.paused_s(paced) == PAUSE_S


async def test_a_flood_puts_routing_off_and_a_backlog_shortens_that(
    flood: Flood, paced: Pacing
) -> None:
    assert await flood.paused_s(paced) == pytest.approx(BUSY_S, abs=PAUSE_S)
    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(BACKLOG_S, abs=PAUSE_S)


async def test_a_crowd_is_answered_first_whatever_the_backlog_but_not_for_ever(
    flood: Flood, paced: Pacing
) -> None:
    flood.gather()

    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(CROWD_S, abs=2 * PAUSE_S)
    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(BACKLOG_S, abs=PAUSE_S)


@pytest.mark.parametrize(
    ("commits_per_pause", "pauses_in_a_row"), [(4, QUIET_PAUSES - 1), (0, QUIET_PAUSES + 1)]
)
async def test_a_moment_without_a_crowd_or_a_commit_is_not_its_end(
    flood: Flood,
    paced: Pacing,
    monkeypatch: pytest.MonkeyPatch,
    commits_per_pause: int,
    pauses_in_a_row: int,
) -> None:
    flood.gather()
    commits = itertools.cycle([*[commits_per_pause] * pauses_in_a_row, 3])

    def stutter() -> None:
        flood.commits_per_pause = next(commits)

    monkeypatch.setattr(flood, "after_pause", stutter)

    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(CROWD_S, abs=2 * PAUSE_S)


async def test_routing_goes_on_soon_after_a_crowd_has_become_a_flood(
    flood: Flood, paced: Pacing, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood.gather()
    ends_at_s = flood.now_s + 1

    def disperse() -> None:
        if flood.now_s >= ends_at_s:
            flood.commits_per_pause = 4

    monkeypatch.setattr(flood, "after_pause", disperse)

    assert await flood.paused_s(paced) == pytest.approx(1, abs=(QUIET_PAUSES + 2) * PAUSE_S)


async def test_a_crowd_that_comes_back_has_its_time_again(flood: Flood, paced: Pacing) -> None:
    flood.gather()
    await flood.paused_s(paced)
    flood.per_pause = flood.commits_per_pause = 0
    await flood.paused_s(paced)
    flood.per_pause = 3 * CROWD_ROWS
    flood.gather()

    assert await flood.paused_s(paced, has_backlog=True) == pytest.approx(CROWD_S, abs=2 * PAUSE_S)
