"""A worker of the next release beside one of the present one: no run fails."""

from __future__ import annotations

import pytest
from temporalio import workflow

from appmixer.engine.temporal.worker import WORKFLOWS
from appmixer.engine.temporal.workflows import Conversation, ConversationWorkflow

from ..runs.queue_conformance import Record, segment
from .temporal_site import temporal_site

pytestmark = pytest.mark.anyio

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
