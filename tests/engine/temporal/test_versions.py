"""A worker of the next release beside one of the present one: no run fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus

from appmixer.engine.temporal.names import Names
from appmixer.engine.temporal.worker import WORKFLOWS
from appmixer.engine.temporal.workflows import Conversation, ConversationWorkflow, TimerWorkflow

from ..runs.queue_conformance import Record, segment
from .temporal_site import temporal_site

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
TALKS, SEGMENTS = 8, 40


@workflow.defn(name="conversation")
class NextConversation(ConversationWorkflow):
    """Takes another course, as workflows.py says how."""

    @workflow.run
    async def run(self, given: Conversation) -> None:
        if workflow.patched("rests before it begins"):
            await workflow.sleep(0.01)
        await super().run(given)


NEXT = [NextConversation, *WORKFLOWS[1:]]


@pytest.mark.parametrize("first", ["present", "next"])
async def test_workers_of_two_releases_do_all_that_is_due_in_order(
    postgres: str, temporal_server: str, first: str
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        record = Record(site.patience_s, slow={"0"})
        releases = (WORKFLOWS, NEXT) if first == "present" else (NEXT, WORKFLOWS)
        works = [
            segment(f"{number}", number, talk=f"talk {number % TALKS}")
            for number in range(SEGMENTS)
        ]
        former = await site.open(record.execute, releases[0])
        await site.store(works)
        former.queue.hand_over(works)
        await record.until_begun("0")  # it is under way when the other one comes

        await site.open(record.execute, releases[1])
        record.go_on.set()
        await record.until_ended(f"{number}" for number in range(SEGMENTS // 2))
        await former.die()
        await record.until_ended(work.id for work in works)

        assert record.beside == []
        for talk in range(TALKS):
            of_talk = [int(each) for each in record.ended if int(each) % TALKS == talk]
            assert sorted({*of_talk}) == [*dict.fromkeys(of_talk)]
        assert {*record.ended} == {work.id for work in works}


async def test_a_timer_whose_activity_no_worker_knows_does_not_stay_for_ever(
    postgres: str, temporal_server: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.temporal.workflows.TRIED_FOR", timedelta(seconds=2))
    async with temporal_site(postgres, temporal_server) as site:
        client = await Client.connect(temporal_server)
        await site.open(Record(site.patience_s).execute)

        timer = await client.start_workflow(
            TimerWorkflow.run,
            args=["of-another-release", "1"],
            id=f"{Names(site.seal).task_queue}-timer",
            task_queue=Names(site.seal).task_queue,
        )

        async def is_over() -> bool:
            return (await timer.describe()).status == WorkflowExecutionStatus.COMPLETED

        await until(is_over)


async def test_a_conversation_that_no_worker_can_go_on_with_is_begun_anew(
    postgres: str, temporal_server: str
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        names = Names(site.seal)
        client = await Client.connect(temporal_server)
        await client.start_workflow(
            "conversation-of-another-release",
            id=names.conversation("x"),
            task_queue=names.task_queue,
        )
        record = Record(site.patience_s, slow={"1"})
        process = await site.open(record.execute)
        works = [
            segment("1", 1, talk="x"),
            *(segment(f"value {number}", 2, talk="x", run="list") for number in range(3)),
            segment("after", 3, talk="x"),
        ]
        await site.store(works)
        process.queue.hand_over(works)

        await record.until_begun("1")
        record.go_on.set()
        await record.until_ended(work.id for work in works)

    assert record.beside == []
    assert [record.begun[0], record.begun[-1]] == ["1", "after"]
    assert sorted(record.begun) == sorted(work.id for work in works)
