"""A conversation that is never quiet goes on in a new history, before one becomes too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from appmixer.engine.temporal.names import Names
from appmixer.engine.temporal.workflows import Conversation, ConversationWorkflow, Handed

from ...temporal_server import running_temporal
from ..runs.queue_conformance import Record, segment
from .temporal_site import HEARTBEAT_S, temporal_site

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
SUGGESTED_AFTER = "limit.historyCount.suggestContinueAsNew"


@pytest.fixture
def short_histories() -> Iterator[str]:
    """A server that suggests a new history long before others do."""
    with running_temporal(settings={SUGGESTED_AFTER: 50}) as server:
        yield server.address


async def test_a_conversation_that_is_not_quiet_is_continued_and_loses_nothing(
    postgres: str, short_histories: str, until: Until
) -> None:
    await continued(postgres, short_histories, until, 40)


@pytest.mark.prove
async def test_a_conversation_that_is_never_quiet_is_continued_and_loses_nothing(
    postgres: str, temporal_server: str, until: Until
) -> None:
    # Each adds seven events or so, and the server suggests a new history after 4,096.
    await continued(postgres, temporal_server, until, 900)


async def continued(postgres: str, temporal_server: str, until: Until, many: int) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        site.patience_s = 300.0
        record, names = Record(site.patience_s), Names(site.seal)
        client = await Client.connect(temporal_server)
        works = [segment(f"{number}", number, talk="x") for number in range(many)]
        await site.store(works)

        async def hand_over(name: str, rank: int) -> None:
            await client.start_workflow(
                ConversationWorkflow.run,
                Conversation(1, HEARTBEAT_S),
                id=names.conversation("x"),
                task_queue=names.task_queue,
                start_signal="hand_over",
                start_signal_args=[Handed(name, rank)],
            )

        for start in range(0, many, 50):
            some = works[start : start + 50]
            await asyncio.gather(*(hand_over(each.id, each.rank) for each in some))
        await site.open(record.execute)
        await record.until_ended(work.id for work in works)

        async def are_over() -> bool:
            mine = f"TaskQueue = '{names.task_queue}'"
            found = {each.status async for each in client.list_workflows(mine)}
            return found == {
                WorkflowExecutionStatus.CONTINUED_AS_NEW,
                WorkflowExecutionStatus.COMPLETED,
            }

        await until(are_over)

    assert record.ended == [work.id for work in works]
