"""Each segment is executed by one process at a time, whatever Temporal and the leases say."""

from __future__ import annotations

import asyncio
import time

import pytest

from ..runs.queue_conformance import MOMENT_S, Record, segment
from .temporal_site import HEARTBEAT_S, temporal_site

pytestmark = pytest.mark.anyio


async def test_an_execution_that_temporal_has_given_up_is_not_begun_beside_itself(
    postgres: str, temporal_server: str
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        record = Record(site.patience_s, slow={"1"})
        process = await site.open(record.execute)
        work = segment("1")
        await site.store([work])
        process.queue.hand_over([work])
        await record.until_begun("1")

        # Nothing of the process does anything for so long, its loop least of all.
        time.sleep(2 * HEARTBEAT_S)  # noqa: ASYNC251
        await asyncio.sleep(2 * HEARTBEAT_S)
        record.go_on.set()
        await record.until_ended(["1"])

        assert record.begun == ["1"]


async def test_what_follows_waits_for_one_whose_run_is_held_while_another_process_executes_it(
    postgres: str, temporal_server: str
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        hands_out, record = Record(site.patience_s), Record(site.patience_s, slow={"1"})
        process = await site.open(hands_out.execute, ())
        await site.open(record.execute)
        works = [segment("1", 1, talk="x"), segment("2", 2, talk="x"), segment("other")]
        await site.store(works)
        process.queue.hand_over(works)
        await record.until_begun("1")

        await site.hold("1")
        await record.until_ended(["other"])
        await asyncio.sleep(10 * MOMENT_S)
        early = list(record.ended)
        record.go_on.set()
        await record.until_ended("12")

        assert hands_out.begun == []
        assert early == ["other"]
        assert record.beside == []
