"""Temporal with a real server passes the suite for queues, with one worker and with two."""

from __future__ import annotations

import pytest

from ..runs import queue_conformance as suite
from .temporal_site import temporal_site

pytestmark = pytest.mark.anyio

# What two workers could do wrong that one does not.
WITH_TWO = {
    suite.segments_of_a_conversation_go_one_after_the_other_by_rank,
    suite.values_of_one_runs_lists_go_side_by_side,
    suite.what_follows_a_list_in_its_conversation_begins_after_all_its_values,
    suite.all_that_is_handed_over_is_executed,
    suite.what_is_known_is_not_executed_a_second_time,
    suite.one_owners_slow_segments_keep_no_other_owner_waiting,
    suite.owners_take_turns,
}


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)
async def test_one_worker(check: suite.Check, postgres: str, temporal_server: str) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        await check(site)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(each, marks=[] if each in WITH_TWO else [pytest.mark.prove])
        for each in suite.CHECKS
    ],
    ids=lambda check: check.__name__,
)
async def test_two_workers(check: suite.Check, postgres: str, temporal_server: str) -> None:
    async with temporal_site(postgres, temporal_server, workers=2) as site:
        await check(site)
