"""What no flow took is counted by kind, and looked through page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio
Hear = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[Any]]


async def test_what_no_flow_took_is_counted_by_kind_and_shown_by_pages_of_one_kind(
    admin: httpx.AsyncClient, owner: str, hear: Hear, until: Until
) -> None:
    for number in range(5):
        await hear(f"{number}", room="attic")

    async def counted() -> bool:
        kinds = (await admin.get("/api/events/kinds")).json()["kinds"]
        return [each["count"] for each in kinds] == [5]

    await until(counted)
    [kind] = (await admin.get("/api/events/kinds")).json()["kinds"]
    query = f"/api/events?unrouted=true&kind={kind['kind']}&limit=3"
    first = (await admin.get(query)).json()["events"]
    second = (await admin.get(f"{query}&before={first[-1]['id']}")).json()["events"]
    other = (await admin.get("/api/events?unrouted=true&kind=other")).json()["events"]

    assert kind["lastAt"] == first[0]["receivedAt"]
    ids = [each["id"] for each in [*first, *second]]
    assert len(ids) == len(set(ids)) == 5
    assert ids == sorted(ids, reverse=True)
    assert other == []
