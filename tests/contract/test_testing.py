"""The stand-ins for a host behave as the contract says a host does."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import RejectedError, ThrottledError
from appmixer.engine.contract.testing import (
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
