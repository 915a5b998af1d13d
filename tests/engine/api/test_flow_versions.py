"""Versions of a flow: listed, read, compared and taken back; changes that are meant for one."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import httpx
import pytest

from appmixer.engine.flows.secret_fields import HIDDEN
from appmixer.engine.host.engine import Engine

from .test_drafts import with_reply
from .test_shapes import FLOW

pytestmark = pytest.mark.anyio

PATH = "/api/flows/echo"


async def store(client: httpx.AsyncClient, *documents: dict[str, Any]) -> list[str]:
    """Store versions of the flow, and return their tags as the header has them."""
    return [(await client.put(PATH, json=each)).headers["ETag"] for each in documents]


async def test_versions_are_listed_by_pages_the_newest_first(
    admin: httpx.AsyncClient, owner: str
) -> None:
    await store(admin, *({**FLOW, "name": f"Echo {number}"} for number in range(1, 6)))
    await admin.post(f"{PATH}/start")
    await store(admin, FLOW)

    first = (await admin.get(f"{PATH}/versions?limit=4")).json()["versions"]
    rest = (await admin.get(f"{PATH}/versions?before=3")).json()["versions"]

    assert [(each["version"], each["name"]) for each in [*first, *rest]] == [
        (6, "Echo"),
        (5, "Echo 5"),
        (4, "Echo 4"),
        (3, "Echo 3"),
        (2, "Echo 2"),
        (1, "Echo 1"),
    ]
    assert [(each["isNewest"], each["isRunning"]) for each in first] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]


async def test_a_version_is_read_and_compared_with_another(
    admin: httpx.AsyncClient, owner: str
) -> None:
    changed = with_reply(text="{{ incoming.heard.text }}!", pin="0815")
    del changed["components"]["incoming"]["account"]
    changed["components"]["last"] = {
        "type": "test.echo.Say",
        "source": {"in": {"reply": ["said"]}},
        "input": {"text": "bye"},
    }
    await store(admin, with_reply(pin="4711"), changed)

    forth = (await admin.get(f"{PATH}/versions/2?compare=1")).json()
    back = (await admin.get(f"{PATH}/versions/1?compare=2")).json()["changes"]
    same = (await admin.get(f"{PATH}/versions/2?compare=2")).json()["changes"]

    assert forth["document"]["components"]["reply"]["input"]["pin"] == HIDDEN
    assert forth["changes"] == {
        "flow": [],
        "steps": [
            {
                "step": "incoming",
                "type": "test.echo.Heard",
                "change": "changed",
                "fields": [{"path": "account", "before": "keys", "after": None}],
            },
            {
                "step": "reply",
                "type": "test.echo.Say",
                "change": "changed",
                "fields": [
                    {
                        "path": "input.text",
                        "before": "hi",
                        "after": "{{ incoming.heard.text }}!",
                    },
                    {"path": "input.pin", "before": HIDDEN, "after": HIDDEN},
                ],
            },
            {"step": "last", "type": "test.echo.Say", "change": "added", "fields": []},
        ],
    }
    assert [(each["step"], each["change"]) for each in back["steps"]] == [
        ("incoming", "changed"),
        ("reply", "changed"),
        ("last", "removed"),
    ]
    assert same == {"flow": [], "steps": []}


async def test_a_secret_that_stayed_the_same_is_no_change(
    admin: httpx.AsyncClient, owner: str
) -> None:
    await store(admin, with_reply(pin="4711"), with_reply(pin=HIDDEN))

    found = (await admin.get(f"{PATH}/versions/2?compare=1")).json()

    assert found["changes"] == {"flow": [], "steps": []}


async def test_a_version_is_taken_back_with_its_secrets_and_nothing_else_changes(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    await store(admin, with_reply(pin="4711"))
    await admin.post(f"{PATH}/start")
    await store(admin, with_reply(pin="0815", text="two"))

    restored = await admin.post(f"{PATH}/versions/1/restore")
    found = restored.json()
    compared = (await admin.get(f"{PATH}/versions/3?compare=1")).json()

    assert restored.status_code == 200
    assert (found["version"], found["runningVersion"]) == (3, 1)
    assert compared["changes"] == {"flow": [], "steps": []}, "the secret is the first one as well"


@pytest.mark.parametrize("number", [0, 9, -1, 2**31 - 1])
async def test_a_version_that_is_not_there_is_not_found(
    admin: httpx.AsyncClient, owner: str, number: int
) -> None:
    await store(admin, FLOW)

    answers = [
        await admin.get(f"{PATH}/versions/{number}"),
        await admin.get(f"{PATH}/versions/1?compare={number}"),
        await admin.post(f"{PATH}/versions/{number}/restore"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await admin.get(f"{PATH}/versions/{2**31}")).status_code == 422


async def test_nobody_reads_or_takes_back_a_version_of_another_owner(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str
) -> None:
    await store(admin, FLOW)

    answers = [
        await other.get(f"{PATH}/versions"),
        await other.get(f"{PATH}/versions/1"),
        await other.post(f"{PATH}/versions/1/restore"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await admin.get(PATH)).json()["version"] == 1


async def test_a_change_that_is_meant_for_another_version_changes_nothing(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    [old, new] = await store(admin, FLOW, with_reply())
    headers = {"If-Match": old}

    refused = [
        await admin.put(PATH, json=FLOW, headers=headers),
        await admin.post(f"{PATH}/start", headers=headers),
        await admin.post(f"{PATH}/stop", headers=headers),
        await admin.post(f"{PATH}/versions/1/restore", headers=headers),
        await admin.delete(PATH, headers=headers),
    ]
    found = await admin.get(PATH)

    assert [answer.status_code for answer in refused] == [412] * 5
    assert (found.json()["version"], found.json()["state"]) == (2, "stopped")
    assert found.headers["ETag"] == new
    error = refused[0].json()["error"]
    assert error["title"] == "Something else is there now"
    assert error["cause"].startswith("Version 2 is the newest; the flow was changed at 20")
    assert error["field"] == "If-Match"


async def test_a_change_that_is_meant_for_what_is_there_is_made_and_tells_the_new_tag(
    admin: httpx.AsyncClient, owner: str
) -> None:
    [tag] = await store(admin, FLOW)

    stored = await admin.put(PATH, json=with_reply(), headers={"If-Match": tag})
    new = {"If-Match": f'"other", W/{stored.headers["ETag"]}'}
    answers = [
        await admin.post(f"{PATH}/start", headers=new),
        await admin.post(f"{PATH}/stop", headers={"If-Match": "*"}),
        await admin.get(f"{PATH}/versions/2"),
    ]
    gone = await admin.delete(PATH, headers=new)

    assert stored.status_code == 200
    assert stored.headers["ETag"] != tag
    assert {answer.headers["ETag"] for answer in answers} == {stored.headers["ETag"]}
    assert gone.status_code == 204


async def test_what_is_meant_for_a_flow_that_is_gone_makes_no_new_one(
    admin: httpx.AsyncClient, owner: str
) -> None:
    [tag] = await store(admin, FLOW)
    await admin.delete(PATH)

    refused = await admin.put(PATH, json=FLOW, headers={"If-Match": tag})
    [again] = await store(admin, FLOW)
    late = await admin.put(PATH, json=FLOW, headers={"If-Match": tag})

    assert refused.status_code == 412
    assert refused.json()["error"]["cause"].startswith("There is no such flow now.")
    assert (again != tag, late.status_code) == (True, 412)


async def test_a_change_that_is_meant_for_another_draft_changes_nothing(
    admin: httpx.AsyncClient, owner: str
) -> None:
    first = await admin.put(f"{PATH}/draft", json={"name": "first"})
    second = await admin.put(
        f"{PATH}/draft", json={"name": "second"}, headers={"If-Match": first.headers["ETag"]}
    )
    old = {"If-Match": first.headers["ETag"]}

    refused = [
        await admin.put(f"{PATH}/draft", json={"name": "third"}, headers=old),
        await admin.delete(f"{PATH}/draft", headers=old),
    ]
    found = await admin.get(f"{PATH}/draft")
    await admin.delete(f"{PATH}/draft", headers={"If-Match": second.headers["ETag"]})
    refused.append(await admin.put(f"{PATH}/draft", json={}, headers=old))

    assert [answer.status_code for answer in refused] == [412, 412, 412]
    assert found.json()["name"] == "second"
    assert found.headers["ETag"] == second.headers["ETag"]
    assert refused[0].json()["error"]["cause"].startswith("The draft that is there was stored at")
    assert refused[2].json()["error"]["cause"].startswith("There is no draft now.")


async def test_of_two_changes_at_once_that_are_meant_for_the_same_version_one_is_made(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    [tag] = await store(admin, FLOW)
    headers = {"If-Match": tag}

    answers = await asyncio.gather(
        *(admin.put(PATH, json=copy.deepcopy(FLOW), headers=headers) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
