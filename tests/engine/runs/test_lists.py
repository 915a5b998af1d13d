"""Lists: each value of a step that gives many is worked off by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import ActionContext, Connector, connectors_of
from appmixer.engine.host import retention
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import arrivals, lists, more_values, runs, segments, steps

from ..conftest import Echo
from ..listing import Count, Each, each_do, flow, listing_module

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]
ENVIRONMENT = {"APPMIXER_MAX_SIDE_BY_SIDE": "3"}


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return connectors_of(listing_module())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", environment=ENVIRONMENT)


async def start(engine: Engine, owner: str, document: dict[str, Any]) -> None:
    await engine.flows.put(owner, "f", document)
    await engine.flows.start(owner, "f")


async def the_run(engine: Engine, owner: str) -> dict[str, Any]:
    [run] = await engine.runs.list(owner)
    return await engine.runs.get(owner, run["id"])


def did(run: dict[str, Any], component: str = "do") -> list[str]:
    """What the steps of a component gave, in the order of their ends."""
    return [
        step["output"]["did"][0]["text"]
        for step in run["steps"]
        if step["component"] == component and step["output"]
    ]


def most_at_a_time(echo: Echo) -> int:
    under_way, most = 0, 0
    for _, _, what in echo.acts:
        under_way += 1 if what == "begin" else -1
        most = max(most, under_way)
    return most


async def test_each_value_is_done_by_itself_and_shown_while_the_run_goes_on(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, each_do("a slow b c d e"))

    await hear("x")

    async def five_are_done() -> Any:
        found = await engine.runs.list(owner)
        run = await engine.runs.get(owner, found[0]["id"]) if found else None
        return run if run and len(run["steps"]) == 2 + 5 else None

    meanwhile = await until(five_are_done)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    assert (meanwhile["status"], sorted(did(meanwhile))) == ("running", ["a", "b", "c", "d", "e"])
    shown = {key: meanwhile["lists"][0][key] for key in ("component", "values", "begun")}
    assert shown == {"component": "each", "values": 6, "begun": 6}
    assert (run["status"], did(run)[-1], run["lists"]) == ("completed", "slow", [])


async def test_a_watcher_is_told_of_each_value_as_it_ends(
    engine: Engine, owner: str, echo: Echo, hear: Hear, until: Until
) -> None:
    await start(engine, owner, each_do("a slow b"))
    told: list[Any] = []

    async def watch() -> None:
        async for notice in engine.stream.watch(owner):
            if notice.kind == "step":
                told.append(notice.content["component"])

    watching = asyncio.create_task(watch())
    await hear("x")

    async def two() -> bool:
        return told.count("do") == 2

    await until(two)
    watching.cancel()
    echo.is_over.set()

    assert told.count("each") == 1


async def test_no_more_values_of_a_run_go_side_by_side_than_the_limit_says(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, each_do(" ".join(f"slow:{number}" for number in range(9))))

    async def three_are_under_way() -> bool:
        return len(engine.queue.tasks) == 3 and len(echo.acts) == 3

    await hear("x")
    await until(three_are_under_way)
    # What is not begun is no row yet.
    rows = await engine.rows(sa.select(segments.c.id).where(segments.c.list_id.is_not(None)))
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    assert (len(rows), most_at_a_time(echo), len(did(run))) == (3, 3, 9)


async def test_values_go_one_after_the_other_where_the_step_says_so_waits_included(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, each_do("a wait b later c", atMost=1))

    await hear("x")
    [run] = await ended_runs(owner, 1)

    order = [text for _, text, what in echo.acts if what == "end"]
    assert (run["status"], order) == ("completed", ["a", "waited", "b", "later", "c"])


async def test_a_value_that_waits_gives_its_place_to_the_next(
    engine: Engine, owner: str, echo: Echo, hear: Hear, until: Until
) -> None:
    await start(engine, owner, each_do("wait:1 wait:2 wait:3 wait:4 wait:5"))

    async def all_wait() -> bool:
        return len(echo.acts) == 5 and (await the_run(engine, owner))["status"] == "waiting"

    await hear("x")
    await until(all_wait)

    run = await the_run(engine, owner)
    assert (run["waitCount"], run["lists"][0]["begun"]) == (5, 5)


COLLECTING = flow(
    each={"type": "Each", "input": {"texts": "never a wait slow b"}},
    do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
    gather={"type": "Gather", "after": "do.did"},
    say={
        "type": "Do",
        "after": "gather.out",
        "input": {"text": "{{ string(size(gather.out.texts)) }} of {{ string(gather.out.of) }}"},
    },
)


async def test_a_component_that_collects_gets_all_that_reached_it_once_in_the_lists_order(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, COLLECTING)

    async def all_but_one() -> bool:
        texts = [text for _, text, what in echo.acts if what == "end"]
        return sorted(texts) == ["a", "b", "waited"]

    await hear("x")
    await until(all_but_one)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    [gathered] = [step for step in run["steps"] if step["component"] == "gather"]
    assert gathered["output"]["out"] == [{"texts": ["a", "waited", "slow", "b"], "of": 5}]
    assert did(run, "say") == ["4 of 5"]
    assert run["status"] == "failed", "a value failed, and the others went on"
    assert run["steps"][-1]["component"] == "say"


async def test_one_value_is_collected_by_itself_where_nothing_gives_a_list(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        do={"type": "Do", "input": {"text": "alone"}},
        gather={"type": "Gather", "after": "do.did"},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert run["steps"][-1]["output"]["out"] == [{"texts": ["alone"], "of": 1}]
    assert await engine.rows(sa.select(lists.c.id)) == []


async def test_a_list_within_a_list_is_collected_by_itself_and_then_the_outer_one(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        outer={"type": "Each", "input": {"texts": "a b c d"}},
        inner={"type": "Each", "after": "outer.item", "input": {"numbers": 2}},
        do={
            "type": "Do",
            "after": "inner.item",
            "input": {"text": "{{ outer.item.text }}{{ inner.item.text }}"},
        },
        gather={"type": "Gather", "after": "do.did"},
        all={"type": "Gather", "after": "gather.out"},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    of_inner = [step["output"]["out"][0] for step in run["steps"] if step["component"] == "gather"]
    assert sorted(each["texts"] for each in of_inner) == [[f"{x}0", f"{x}1"] for x in "abcd"]
    assert run["steps"][-1]["component"] == "all"
    assert run["steps"][-1]["output"]["out"] == [
        {"texts": ["a0 a1", "b0 b1", "c0 c1", "d0 d1"], "of": 4}
    ]


@pytest.mark.parametrize("texts", ["a slow b", "slow"])
async def test_what_is_sent_to_a_last_port_goes_on_after_all_values_are_done(
    engine: Engine,
    owner: str,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
    texts: str,
) -> None:
    document = each_do(texts)
    done = flow(
        end={"type": "Do", "after": "each.done", "input": {"text": "{{ string(each.done.count) }}"}}
    )
    document["components"]["end"] = done["components"]["end"]
    await start(engine, owner, document)

    async def the_slow_one_is_alone() -> bool:
        return len(echo.acts) == 2 * len(texts.split()) - 1

    await hear("x")
    await until(the_slow_one_is_alone)
    echo.is_over.set()
    [run] = await ended_runs(owner, 1)

    assert did(run, "end") == [str(len(texts.split()))]
    assert echo.acts[-2][1:] == (str(len(texts.split())), "begin")


async def test_an_empty_list_goes_on_at_its_last_port(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        each={"type": "Each"},
        do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
        end={"type": "Do", "after": "each.done", "input": {"text": "none"}},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    assert [step["component"] for step in run["steps"]] == ["in1", "each", "end"]


async def test_the_next_event_of_a_conversation_begins_after_the_values_of_the_one_before(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended, until: Until
) -> None:
    await start(engine, owner, each_do("a slow b c d e f g"))

    await hear("first", order="talk")
    await hear("second", order="talk")
    await hear("elsewhere", order="other talk")

    async def all_but_the_slow_ones() -> bool:
        return [what for *_, what in echo.acts].count("end") == 2 * 7

    await until(all_but_the_slow_ones)
    runs = sorted(await engine.runs.list(owner), key=lambda run: run["eventId"])
    first, second, _ = runs
    behind = await engine.runs.get(owner, second["id"])
    echo.is_over.set()
    runs = await ended_runs(owner, 3)

    assert [wait["reason"] for wait in behind["waits"]][:1] == [
        f"Run {first['id']} of the same conversation is first."
    ]
    begun = [step_id.partition(".")[0] for step_id, _, what in echo.acts if what == "begin"]
    of_talk = [run_id for run_id in begun if run_id in (first["id"], second["id"])]
    assert of_talk == [first["id"]] * 8 + [second["id"]] * 8
    assert {run["status"] for run in runs} == {"completed"}


async def test_after_a_crash_no_value_is_lost_and_none_that_was_done_is_done_again(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    first, second = list[tuple[str, str, str]](), list[tuple[str, str, str]]()
    texts = " ".join([*(str(number) for number in range(20)), "slow", *map(str, range(20, 200))])
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
        await start(engine, owner, each_do(texts))
        await told(engine, "x")
        plugin: Any = engine.plugins["test:echo"]
        first = plugin.acts

        async def some_are_done() -> bool:
            found = await engine.rows(sa.select(sa.func.count()).select_from(steps))
            return bool(found[0][0] > 60)

        await until(some_are_done)
        # It ends in the middle, as a process that is killed does for the database.
        for task in engine.queue.tasks:
            task.cancel()
        await engine.tasks.stop()
        of_values = steps.c.component == "do"
        found = await engine.rows(sa.select(steps.c.id).where(of_values))
        stored = {row.id for row in found}
    async with open_engine(settings, connectors_of(listing_module())) as engine:
        plugin = engine.plugins["test:echo"]
        plugin.is_over.set()
        second = plugin.acts

        async def is_over() -> Any:
            return await engine.runs.list(owner, status="completed")

        [run] = await until(is_over)
        done = await engine.rows(sa.select(steps.c.id).where(of_values))

    assert 0 < len(stored) < 201
    assert len(first) > 0
    assert len(done) == 201
    assert stored.isdisjoint({step_id for step_id, *_ in second})
    assert run["status"] == "completed"


async def told(engine: Engine, text: str) -> None:
    event = f'{{"id": "{text}", "kind": "heard", "payload": {{"text": "{text}"}}'
    await engine.events.accept(
        "test:echo", f'{event}, "routes": ["room:hall"], "answers": []}}'.encode()
    )


async def test_a_long_list_is_shown_by_its_first_values_and_collected_whole(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        each={"type": "Each", "input": {"numbers": 230}},
        do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
        gather={"type": "Gather", "after": "do.did"},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)
    [given] = [step for step in run["steps"] if step["component"] == "each"]
    last = await engine.rows(sa.select(steps.c.output).where(steps.c.component == "gather"))

    assert [item["text"] for item in given["output"]["item"]] == [str(n) for n in range(50)]
    assert given["outputCounts"] == {"item": 230}
    assert last[0].output["out"] == [{"texts": [str(n) for n in range(230)], "of": 230}]
    assert sorted(int(text) for _, text, what in echo.acts if what == "begin") == [*range(230)]


async def test_a_single_value_makes_no_segment_and_no_list(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = flow(
        one={"type": "Do", "input": {"text": "1"}},
        two={"type": "Do", "after": "one.did", "input": {"text": "{{ one.did.text }}"}},
    )
    await start(engine, owner, document)

    await hear("x")
    [run] = await ended_runs(owner, 1)

    found = await engine.rows(sa.select(segments.c.id))
    assert [row.id for row in found] == [run["id"]]
    assert await engine.rows(sa.select(lists.c.id)) == []


async def test_others_have_their_turn_while_a_step_gives_a_long_list(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    give, turns = Each.receive, list[int]()

    async def count_turns() -> None:
        turns.append(0)
        while True:
            turns[-1] += 1
            await asyncio.sleep(0)

    async def receive(each: Each, context: ActionContext, input: Each.Input) -> Count:
        counting = asyncio.create_task(count_turns())
        try:
            return await give(each, context, input)
        finally:
            counting.cancel()

    monkeypatch.setattr(Each, "receive", receive)
    await start(engine, owner, each_do(numbers=1_000))
    await told(engine, "x")
    await ended_runs(owner, 1)

    assert turns[0] >= 9


async def test_a_step_that_gives_more_than_the_limit_fails_and_says_so(
    settings: Settings, connectors: dict[str, Connector], until: Until
) -> None:
    environment = {"APPMIXER_MAX_LIST_VALUES": "10"}
    async with open_engine(replace(settings, environment=environment), connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
        await start(engine, owner, each_do(numbers=11))
        await told(engine, "x")

        async def failed() -> Any:
            return await engine.runs.list(owner, status="failed")

        [run] = await until(failed)

    assert run["error"]["title"] == "The list is too long"
    assert run["error"]["cause"] == "The step gives more than 10 values."


async def test_a_list_waits_while_its_account_has_to_be_connected_again(
    engine: Engine,
    owner: str,
    echo: Echo,
    hear: Hear,
    ended_runs: Ended,
    refused_tokens: set[str],
) -> None:
    document = flow(
        each={"type": "Each", "input": {"numbers": 40}},
        say={
            "type": "Say",
            "after": "each.item",
            "input": {"text": "{{ each.item.text }}", "then": "reconnect"},
        },
    )
    await start(engine, owner, document)
    refused_tokens.add("hall+cellar")

    await hear("x")
    [paused] = await ended_runs(owner, 1, "paused")
    begun = paused["lists"][0]["begun"]
    await engine.accounts.connect_token(owner, "test:echo", "hall", "keys")
    [run] = await ended_runs(owner, 1)

    assert begun <= 6
    assert (run["status"], run["stepCount"]) == ("completed", 42)


async def test_what_a_list_has_left_goes_with_its_run_some_at_a_time(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = flow(
        each={"type": "Each", "input": {"numbers": 120}},
        gather={"type": "Gather", "after": "each.item"},
    )
    await start(engine, owner, document)
    await hear("x")
    await ended_runs(owner, 1)
    monkeypatch.setattr(retention, "OF_RUNS", 50)
    tables = (steps, segments, lists, arrivals, more_values, runs)
    before = [await engine.rows(sa.select(each)) for each in tables]

    await retention.remove_old(engine.writer, now=time.time() + 31 * retention.DAY_S)

    assert [len(rows) for rows in before] == [3, 122, 1, 120, 2, 1]
    assert [await engine.rows(sa.select(each)) for each in tables] == [[]] * 6


async def test_a_list_that_a_release_without_pieces_has_stored_is_read(
    engine: Engine, owner: str, echo: Echo, hear: Hear, ended_runs: Ended
) -> None:
    texts = [*(f"a{number}" for number in range(60)), "wait:1"]
    document = each_do(" ".join(texts))
    document["components"]["then"] = flow(
        then={"type": "Do", "after": "do.did", "input": {"text": "after {{ each.item.text }}"}}
    )["components"]["then"]
    await start(engine, owner, document)
    await hear("x")
    [waiting] = await ended_runs(owner, 1, "waiting")

    def as_it_was(connection: sa.Connection) -> None:
        whole = {"item": [{"text": text} for text in texts]}
        old = sa.update(steps).where(steps.c.component == "each")
        connection.execute(old.values(output=whole, counts=None))
        connection.execute(sa.delete(more_values))

    await engine.writer.commit(as_it_was)
    await hear("yes", room="elsewhere", wait_keys=("answer:wait:1",))
    [run] = await ended_runs(owner, 1)

    assert (waiting["id"], run["status"]) == (run["id"], "completed")
    assert echo.acts[-1][1] == "after wait:1"
