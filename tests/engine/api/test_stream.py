"""The stream: what happens to an owner's things, to that owner's watchers only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from appmixer.engine.limits import Limits
from appmixer.engine.observe.stream import MAX_WAITING, MISSED, Notice, Stream

pytestmark = pytest.mark.anyio


async def watching(stream: Stream, owner_id: str) -> tuple[Any, asyncio.Task[Notice]]:
    """Begin to watch; return the watch and a task for its first notice."""
    watch = stream.watch(owner_id)
    first = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(0)
    return watch, first


async def test_passes_notices_in_order_to_the_owners_watchers_only() -> None:
    stream = Stream(Limits())
    mine, first = await watching(stream, "me")
    _, others = await watching(stream, "other")

    stream.publish("me", "run", {"runId": 1})
    stream.publish("me", "run", {"runId": 2})

    assert await first == Notice("run", {"runId": 1})
    assert await anext(mine) == Notice("run", {"runId": 2})
    assert not others.done()
    stream.close()
    with pytest.raises(StopAsyncIteration):
        await others


async def test_can_be_told_from_another_thread() -> None:
    stream = Stream(Limits())
    _, first = await watching(stream, "me")

    await asyncio.to_thread(stream.publish, "me", "run", {"runId": 1})

    assert await asyncio.wait_for(first, 60) == Notice("run", {"runId": 1})


async def test_a_slow_watcher_is_told_what_was_missed() -> None:
    stream = Stream(Limits())
    watch, first = await watching(stream, "me")

    for number in range(MAX_WAITING + 3):
        stream.publish("me", "run", {"runId": number})

    assert await first == Notice(MISSED, {"count": 3})
    assert await anext(watch) == Notice("run", {"runId": 3})


async def test_forgets_who_has_gone() -> None:
    stream = Stream(Limits())
    watch, first = await watching(stream, "me")
    stream.publish("me", "run", {})
    await first

    await watch.aclose()

    assert stream.watchers == 0


async def test_ends_for_everyone_when_the_engine_stops() -> None:
    stream = Stream(Limits())
    _, first = await watching(stream, "me")

    stream.close()

    with pytest.raises(StopAsyncIteration):
        await first
    assert stream.watchers == 0
