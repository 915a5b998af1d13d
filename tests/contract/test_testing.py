"""The stand-ins for a host behave as the contract says a host does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from appmixer.engine.contract import RejectedError, SystemClock, ThrottledError
from appmixer.engine.contract.testing import (
    START_OF_TIME,
    Clock,
    MemoryFiles,
    MemoryStore,
    RecordingContext,
    RecordingHost,
    RecordingQuota,
)

pytestmark = pytest.mark.anyio


async def test_an_expired_entry_reads_as_absent_and_can_be_added_again() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    await store.put({"kept": 1})
    first = await store.add("short", "a", expires_in_s=10)
    taken = await store.add("short", "b", expires_in_s=10)

    clock.advance(10)

    assert (first, taken) == (None, "a")
    assert await store.scan("") == {"kept": 1}
    assert await store.add("short", "c") is None
    assert await store.get(["short", "missing"]) == {"short": "c"}


async def test_what_was_stored_does_not_change_with_what_was_given() -> None:
    store, given = MemoryStore(), ["a"]
    await store.put({"list": given})

    given.append("b")

    assert await store.get(["list"]) == {"list": ["a"]}


async def test_a_file_is_read_in_chunks_and_counted() -> None:
    files = MemoryFiles(chunk_bytes=4)
    file = files.keep("a.txt", "text/plain", b"123456789")

    chunks = [chunk async for chunk in files.read(file.id)]

    assert (chunks, files.chunks_read, file.size_bytes) == ([b"1234", b"5678", b"9"], 3, 9)


async def test_an_unknown_file_is_refused() -> None:
    with pytest.raises(RejectedError):
        await MemoryFiles().describe("file-1")


async def test_an_exhausted_quota_says_when_to_come_again() -> None:
    quota = RecordingQuota(exhausted={"messages": 3.0})

    await quota.take("pair", "a:b")
    with pytest.raises(ThrottledError) as caught:
        await quota.take("messages", "a")

    assert quota.taken == [("pair", "a:b")]
    assert caught.value.retry_after_s == 3.0


async def test_two_components_of_one_host_see_each_others_listeners() -> None:
    host = RecordingHost()
    one, two = [RecordingContext(host, component_id=name) for name in ("one", "two")]
    await one.add_listener("messages:1", {})
    await two.add_listener("messages:1", {})
    await two.add_listener("messages:1", {})

    await one.remove_listener("messages:1")
    await one.remove_listener("messages:1")

    assert (one.listening, two.listening) == ({}, {"messages:1": {}})
    assert await host.listeners("messages:") == ["messages:1"]


async def test_a_component_without_an_account_is_told_so() -> None:
    context = RecordingContext(connected=None)

    with pytest.raises(RejectedError):
        _ = context.account


@pytest.fixture
def settled() -> Callable[[], Awaitable[None]]:
    """Let everybody who can go on now do so."""

    async def settle() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    return settle


async def test_whoever_sleeps_wakes_when_the_clock_has_been_moved_far_enough(
    settled: Callable[[], Awaitable[None]],
) -> None:
    clock, woken = Clock(), list[str]()

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(f"{name} at {clock.now - START_OF_TIME:g}")

    async with asyncio.TaskGroup() as group:
        for name, seconds in {"late": 20, "soon": 10, "later": 30}.items():
            group.create_task(sleep(name, seconds))
        await settled()
        clock.advance(9)
        await settled()
        before = list(woken)
        clock.advance(15)
        await settled()
        between = list(woken)
        clock.advance(6)

    assert before == []
    assert between == ["soon at 24", "late at 24"]
    assert woken == ["soon at 24", "late at 24", "later at 30"]


@pytest.mark.parametrize("clock", [Clock(), SystemClock()])
async def test_waiting_ends_with_the_event_or_with_the_time(
    clock: Clock | SystemClock, settled: Callable[[], Awaitable[None]]
) -> None:
    event = asyncio.Event()
    first = asyncio.create_task(clock.wait(event, 3600))
    await settled()
    event.set()
    await first
    event.clear()
    second = asyncio.create_task(clock.wait(event, 0.01))
    await settled()
    if isinstance(clock, Clock):
        clock.advance(0.01)
    await second

    assert not event.is_set()


async def test_nobody_sleeps_any_more_who_was_cancelled(
    settled: Callable[[], Awaitable[None]],
) -> None:
    clock = Clock()
    sleeping = asyncio.create_task(clock.sleep(10))
    await settled()

    sleeping.cancel()
    await settled()
    clock.advance(10)

    assert sleeping.cancelled()
    assert clock.sleepers == 0


async def test_a_wait_counts_from_when_it_was_asked_for() -> None:
    clock, event = Clock(), asyncio.Event()
    waiting = asyncio.create_task(clock.wait(event, 100))
    await asyncio.sleep(0)

    clock.advance(100)

    async with asyncio.timeout(5):
        await waiting
