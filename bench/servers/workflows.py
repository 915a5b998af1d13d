"""Bare DBOS workflows of one step each, on the same kind of database and queue as the engine's.

A line of JSON on standard input, `{"name": ..., "count": ..., "calls": ...}`, enqueues that many;
`calls` makes the step send a message to the stub of Graph, otherwise it is empty.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import uvloop
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from appmixer.engine.database import database_url, open_database
from appmixer.engine.workflows import CONCURRENT_SEGMENTS, NO_SCHEDULES_S, POLL_S

from ..webhooks import PHONE_NUMBER_IDS
from .serving import tell_port

QUEUE = "bench"
# As many as the connections by which the engine is asked.
ENQUEUED_AT_ONCE = 64


class Bare:
    """The workflows, and the client by which their steps reach Graph."""

    def __init__(self, graph: str) -> None:
        self._graph = graph
        self._http = httpx.AsyncClient()

    async def step(self, number: int, calls: bool) -> dict[str, Any]:
        if not calls:
            return {}
        sender = PHONE_NUMBER_IDS[number % len(PHONE_NUMBER_IDS)]
        message = {"messaging_product": "whatsapp", "to": str(number), "type": "text"}
        answer = await self._http.post(
            f"{self._graph}/v25.0/{sender}/messages",
            json={**message, "text": {"body": "You said: Does it come in another color?"}},
            headers={"Authorization": "Bearer EAAbench"},
        )
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    async def workflow(self, number: int, calls: bool) -> None:
        await DBOS.run_step_async({"name": "step"}, self.step, number, calls)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--graph", required=True)
    arguments = parser.parse_args()
    arguments.data.mkdir(parents=True, exist_ok=True)
    settings: DBOSConfig = {
        "name": "bench",
        "system_database_engine": open_database(database_url(arguments.data, None)),
        "application_version": "1",
        "log_level": "WARNING",
        "scheduler_polling_interval_sec": NO_SCHEDULES_S,
    }
    DBOS(config=settings)
    bare = Bare(arguments.graph)

    @DBOS.workflow(name="bare")
    async def workflow(number: int, calls: bool) -> None:
        await bare.workflow(number, calls)

    DBOS.launch()
    await DBOS.register_queue_async(
        QUEUE,
        partition_concurrency=1,
        worker_concurrency=CONCURRENT_SEGMENTS,
        polling_interval_sec=POLL_S,
    )
    tell_port(0)  # it is told what to do through standard input

    async def enqueue(command: dict[str, Any], numbers: list[int]) -> None:
        while numbers:
            number = numbers.pop()
            key = f"{command['name']}:{number}"
            with SetWorkflowID(key), SetEnqueueOptions(queue_partition_key=key):
                await DBOS.enqueue_workflow_async(QUEUE, workflow, number, command["calls"])

    while line := await asyncio.to_thread(sys.stdin.readline):
        command: dict[str, Any] = json.loads(line)
        numbers = list(range(command["count"]))
        await asyncio.gather(*(enqueue(command, numbers) for _ in range(ENQUEUED_AT_ONCE)))


if __name__ == "__main__":
    uvloop.run(main())
