"""Values that later runs find: for the flow or the owner, for a time, once, and counted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.host import retention
from appmixer.engine.storage.shared import SharedCounts, SharedEntries
from appmixer.engine.storage.tables import store

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


def keeping(type: str, flow_name: str = "Flow", **input: Any) -> dict[str, Any]:
    return flow(flow_name, kept=step(type, input, "begin.started"))


async def kept(site: Site, type: str, flow_id: str = "flow", **input: Any) -> dict[str, Any]:
    """Run a flow of one step; return what it gave, by port."""
    run = await site.ended(await site.begin(keeping(type, **input), flow_id=flow_id))
    assert run["status"] == "completed", run["error"]
    return dict(outputs(run)["kept"])


async def test_a_later_run_finds_what_was_kept_until_it_is_removed(site: Site) -> None:
    given = {"of": [1, None, "two"]}

    stored = await kept(site, "SetStored", key="k", value=given)
    await site.restart()
    found = await kept(site, "GetStored", key="k")
    removed = [await kept(site, "RemoveStored", key="k") for _ in range(2)]
    absent = await kept(site, "GetStored", key="k")
    default = await kept(site, "GetStored", key="k", default=0)

    assert stored == {"stored": [{"key": "k", "value": given}]}
    assert found == {"found": [{"key": "k", "value": given, "isDefault": False}]}
    assert removed == [{"removed": [{"key": "k", "wasThere": was}]} for was in (True, False)]
    assert absent == {"absent": [{"key": "k"}]}
    assert default == {"found": [{"key": "k", "value": 0, "isDefault": True}]}


async def test_only_the_first_of_many_that_come_together_keeps_its_value(site: Site) -> None:
    await site.put(keeping("SetStored", key="k", value="{{ begin.started.name }}", how="ifAbsent"))
    answers = await asyncio.gather(
        *(
            site.client.post("/api/flows/flow/run", json={"values": {"name": str(number)}})
            for number in range(8)
        )
    )
    runs = [await site.ended(each.json()["runId"]) for each in answers]
    ports = [[*outputs(run)["kept"].items()] for run in runs]

    [[(_, [first])]] = [each for each in ports if each[0][0] == "stored"]
    assert [each for each in ports if each[0][0] == "present"] == [[("present", [first])]] * 7


async def test_many_that_count_together_lose_none(site: Site) -> None:
    items = {"items": [*range(50)], "sideBySide": 16}
    run = await site.play(
        flow(
            each=step("ForEach", items, "begin.started"),
            count=step("SetStored", {"key": "n", "how": "add", "value": 2}, "each.item"),
        )
    )

    assert run["status"] == "completed"
    assert await kept(site, "GetStored", key="n") == {
        "found": [{"key": "n", "value": 100, "isDefault": False}]
    }


async def test_a_value_is_forgotten_after_its_time_and_counting_on_does_not_put_that_off(
    site: Site,
) -> None:
    expiring: dict[str, Any] = {"key": "n", "how": "add", "value": 1, "expiresAfter": 1}

    await kept(site, "SetStored", **expiring, unit="hours")
    site.clock.advance(3_000)
    second = await kept(site, "SetStored", **expiring, unit="hours")
    site.clock.advance(601)

    assert second == {"stored": [{"key": "n", "value": 2}]}
    assert await kept(site, "GetStored", key="n") == {"absent": [{"key": "n"}]}
    assert await kept(site, "SetStored", **expiring) == {"stored": [{"key": "n", "value": 1}]}


async def test_a_flows_values_are_its_own_and_go_with_it_and_an_owners_are_for_all_flows(
    site: Site,
) -> None:
    for scope in ("flow", "owner"):
        await kept(site, "SetStored", "one", key="k", value="one", scope=scope)
    other = [await kept(site, "GetStored", "two", key="k", scope=s) for s in ("flow", "owner")]
    token = (await site.client.post("/api/owners", json={"name": "else"})).json()["token"]

    await site.client.delete("/api/flows/one")
    left = await site.engine.rows(sa.select(store).where(store.c.namespace.startswith("flow:")))
    again = [await kept(site, "GetStored", "one", key="k", scope=s) for s in ("flow", "owner")]
    stranger = await site.client_of(token)
    strangers = [await _found_by(stranger, site, scope) for scope in ("flow", "owner")]

    found = {"found": [{"key": "k", "value": "one", "isDefault": False}]}
    assert other == [{"absent": [{"key": "k"}]}, found]
    assert left == []
    assert again == [{"absent": [{"key": "k"}]}, found]
    assert strangers == [{"absent": [{"key": "k"}]}] * 2


async def _found_by(client: httpx.AsyncClient, site: Site, scope: str) -> Any:
    """Return what somebody else finds under the same key."""
    await client.put("/api/flows/one", json=keeping("GetStored", key="k", scope=scope))
    begun = await client.post("/api/flows/one/run", json={"values": {}})

    async def ended() -> Any:
        run = (await client.get(f"/api/runs/{begun.json()['runId']}")).json()
        return run if run["endedAt"] else None

    return outputs(await site.until(ended))["kept"]


@pytest.mark.parametrize(
    ("type", "input", "path", "told"),
    [
        ("SetStored", {"value": 1}, "key", "Key (key) is missing"),
        ("SetStored", {"key": "k"}, "value", "there is nothing to keep"),
        ("SetStored", {"key": "k", "value": "1", "how": "add"}, "value", "has to be a number"),
        ("SetStored", {"key": "k", "value": 1, "expiresAfter": 0}, "expiresAfter", "more than 0"),
        ("GetStored", {}, "key", "Key (key) is missing"),
        ("GetStored", {"key": ""}, "key", "empty"),
        ("GetStored", {"key": "k", "scope": "all"}, "scope", "flow, owner"),
        ("RemoveStored", {}, "key", "Key (key) is missing"),
        ("RemoveStored", {"key": "k" * 201}, "key", "200"),
        ("RemoveStored", {"key": "k", "value": 1}, "value", "value"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, type: str, input: dict[str, Any], path: str, told: str
) -> None:
    assert told in dict(await site.faults(keeping(type, **input)))[f"components.kept.input.{path}"]


async def test_what_cannot_be_kept_fails_the_step_and_says_why(site: Site) -> None:
    await kept(site, "SetStored", key="text", value="words")

    counted = await site.play(keeping("SetStored", key="text", value=1, how="add"))
    long = await site.play(keeping("SetStored", key="long", value="x" * 40_000))

    assert counted["error"]["cause"] == "What is stored under 'text' is none."
    assert counted["error"]["field"] == "key"
    assert long["error"]["cause"] == "It has more than 32,768 characters as JSON."
    assert await kept(site, "GetStored", key="long") == {"absent": [{"key": "long"}]}


async def test_an_owner_keeps_no_more_values_than_the_limit_says(site: Site) -> None:
    site.environment["APPMIXER_MAX_STORED_VALUES"] = "2"
    await site.restart()
    for key in ("a", "b", "a"):
        await kept(site, "SetStored", key=key, value=1)

    refused = await site.play(keeping("SetStored", key="c", value=1, scope="owner"))

    assert refused["error"]["title"] == "The limit is reached"
    assert refused["error"]["cause"] == "Each owner may have 2 stored values, and you have 2."


async def test_what_a_dry_run_would_keep_is_not_kept(site: Site) -> None:
    body = {"input": {"key": "k", "how": "add", "value": 3, "scope": "owner"}, "dryRun": True}

    path = "/api/components/appmixer.utilities.SetStored/test"
    shown = (await site.client.post(path, json=body)).json()

    assert shown["output"] == {"stored": [{"key": "k", "value": 3}]}
    assert await kept(site, "GetStored", key="k", scope="owner") == {"absent": [{"key": "k"}]}


async def test_a_draft_that_never_was_a_flow_takes_its_values_along(site: Site) -> None:
    draft = "/api/flows/flow/draft"
    stored = await site.client.put(draft, json=keeping("SetStored", key="k", value=1))
    begun = await site.client.post("/api/flows/flow/run", json={"draft": True})
    assert begun.status_code == 202, (stored.text, begun.text)
    await site.ended(begun.json()["runId"])
    found = sa.select(store).where(store.c.namespace.startswith("flow:"))
    before = await site.engine.rows(found)

    await site.client.delete(draft)

    assert [row.value for row in before] == ["1"]
    assert await site.engine.rows(found) == []


async def test_a_step_that_is_repeated_adds_nothing_again_and_gets_the_same_answer(
    site: Site,
) -> None:
    storage, limits = site.engine.storage, site.engine.limits

    def of_step(step_id: str) -> SharedEntries:
        counts = SharedCounts(storage, limits)
        return SharedEntries(storage, counts, "owner:me", "a:b", "me", step_id)

    sums = [await of_step(each).increase("n", 2) for each in ("one", "one", "two", "one")]
    added = [await of_step(each).add("k", each) for each in ("one", "one", "two")]

    assert sums == [2, 2, 4, 2]
    assert added == [None, None, "one"]


async def test_what_is_known_of_a_step_that_is_recorded_is_forgotten(site: Site) -> None:
    for _ in range(3):
        await kept(site, "SetStored", key="n", how="add", value=1)
    changes = sa.select(store.c.key).where(store.c.namespace == "changes")
    before = await site.engine.rows(changes)

    await retention.remove_old(site.engine.writer, now=site.clock.now)

    assert len(before) == 3
    assert await site.engine.rows(changes) == []
    assert (await kept(site, "GetStored", key="n"))["found"][0]["value"] == 3
