"""The steps of a run, page by page, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Connector, connectors_of
from appmixer.engine.host.engine import Engine

from ..conftest import Echo
from ..listing import each_do, listing_module

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(listing_module())


async def start(engine: Engine, owner: str, document: dict[str, Any]) -> None:
    await engine.flows.put(owner, "f", document)
    await engine.flows.start(owner, "f")


async def pages(
    client: httpx.AsyncClient, path: str, limit: int, after: str | None = None
) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    while True:
        place = {} if after is None else {"after": after}
        answer = await client.get(f"{path}/steps", params={"limit": limit, **place})
        page = answer.raise_for_status().json()
        if not page["steps"]:
            return found
        found.append(page["steps"])
        after = page["next"]


async def test_a_run_is_shown_with_its_first_steps_and_the_others_follow_by_pages(
    engine: Engine, owner: str, admin: httpx.AsyncClient, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, each_do(numbers=148))
    await hear("x")
    [ended] = await ended_runs(owner, 1)
    path = f"/api/runs/{ended['id']}"

    run = (await admin.get(path)).json()
    rest = await pages(admin, path, 30, run["next"])
    whole = await pages(admin, path, 70)

    assert (len(run["steps"]), run["stepCount"]) == (100, 150)
    assert [len(page) for page in rest] == [30, 20]
    assert [len(page) for page in whole] == [70, 70, 10]
    ids = [step["id"] for page in whole for step in page]
    assert ids == [step["id"] for step in [*run["steps"], *rest[0], *rest[1]]]
    assert len({*ids}) == 150


async def test_what_changes_comes_again_after_what_was_read(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await start(engine, owner, each_do("wait:1 a"))
    await hear("x")
    [waiting] = await ended_runs(owner, 1, "waiting")
    path = f"/api/runs/{waiting['id']}"
    read = (await admin.get(path)).json()

    await hear("42", room="elsewhere", wait_keys=("answer:wait:1",))
    await ended_runs(owner, 1)
    later = await pages(admin, path, 10, read["next"])
    [whole] = await pages(admin, path, 10)

    assert len(read["steps"]) == 4
    assert [(step["component"], step["status"]) for step in later[0]] == [("do", "completed")]
    assert later[0][0]["output"] == {"did": [{"text": "42"}]}
    assert whole == [*(step for step in read["steps"] if step["status"] != "waiting"), *later[0]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("after=nothing", 422),
        ("after=nan:x", 422),
        ("after=1.5:", 422),
        ("after=1e999:x", 422),
        ("after=%00", 422),
        ("limit=0", 422),
        ("limit=501", 422),
        ("after=1.5:x", 200),
    ],
)
async def test_a_page_that_is_none_is_answered_in_a_sentence(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
    query: str,
    status: int,
) -> None:
    await start(engine, owner, each_do("a"))
    await hear("x")
    [run] = await ended_runs(owner, 1)

    answer = await admin.get(f"/api/runs/{run['id']}/steps?{query}")

    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]["cause"]


async def test_the_steps_of_other_owners_are_not_there(
    engine: Engine,
    owner: str,
    other: httpx.AsyncClient,
    hear: Hear,
    ended_runs: Ended,
) -> None:
    await start(engine, owner, each_do("a"))
    await hear("x")
    [run] = await ended_runs(owner, 1)

    answer = await other.get(f"/api/runs/{run['id']}/steps")

    assert answer.status_code == 404


async def test_half_a_character_that_a_step_gave_is_shown_as_a_sign(
    engine: Engine, owner: str, admin: httpx.AsyncClient, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, each_do("half"))
    await hear("x")
    [run] = await ended_runs(owner, 1)

    for path in (f"/api/runs/{run['id']}", f"/api/runs/{run['id']}/steps"):
        answer = (await admin.get(path)).raise_for_status().json()
        assert {"did": [{"text": "\ufffd!"}]} in [step["output"] for step in answer["steps"]]


async def test_of_many_waits_the_first_are_shown_and_all_are_counted(
    engine: Engine,
    owner: str,
    admin: httpx.AsyncClient,
    echo: Echo,
    hear: Hear,
    until: Until,
) -> None:
    await start(engine, owner, each_do(" ".join(f"wait:{number}" for number in range(120))))
    await hear("x")

    async def all_wait() -> Any:
        [run] = await engine.runs.list(owner) or [{"status": ""}]
        return run if run["status"] == "waiting" and len(echo.acts) == 120 else None

    run = (await admin.get(f"/api/runs/{(await until(all_wait))['id']}")).json()

    assert (len(run["waits"]), run["waitCount"]) == (100, 120)
