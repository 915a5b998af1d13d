"""Several Graph calls in one: batches, and nodes by their ids."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEXT = {
    "messaging_product": "whatsapp",
    "to": f"+{seed.PERSON}",
    "type": "text",
    "text": {"body": "Hello"},
}


def _refusal(answer: httpx.Response) -> tuple[int, int, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_a_batch_is_answered_call_by_call(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    batch = [
        {"method": "GET", "relative_url": f"v25.0/{seed.WABA_ID}?fields=name"},
        {"method": "POST", "relative_url": f"{number}/messages", "body": json.dumps(TEXT)},
        {"method": "POST", "relative_url": f"{number}/register", "body": "pin=123"},
        {"method": "GET", "relative_url": "77"},
    ]

    as_json = await graph.post("/", json={"batch": batch})
    as_form = await graph.post("/", data={"batch": json.dumps(batch)})

    for answer in (as_json, as_form):
        codes = [each["code"] for each in answer.json()]
        bodies = [json.loads(each["body"]) for each in answer.json()]
        assert (answer.status_code, codes) == (200, [200, 200, 400, 400])
        assert bodies[0] == {"id": seed.WABA_ID, "name": "Lucky Shrub"}
        assert bodies[1]["messages"][0]["id"].startswith("wamid.")
        assert bodies[2]["error"]["code"] == 100
        assert bodies[3]["error"]["error_subcode"] == 33
    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    assert len(phone) == 2


async def test_the_log_has_each_call_of_a_batch_and_no_secret_of_it(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    body = "messaging_product=whatsapp&pin=432198"
    register = {
        "method": "POST",
        "relative_url": f"{seed.PHONE_NUMBER_ID}/register",
        "body": body,
    }

    await graph.post("/", json={"batch": [register]})

    calls = (await controls.get("/calls")).json()["calls"]
    shown = [(await controls.get(f"/calls/{call['id']}")).text for call in calls]
    assert [call["path"] for call in calls] == ["/v25.0/", f"/{seed.PHONE_NUMBER_ID}/register"]
    assert "432198" not in "".join(shown)


async def test_a_fault_strikes_one_call_of_a_batch(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.post("/faults", json={"endpoint": "me", "kind": "disconnect", "count": 1})
    me = {"method": "GET", "relative_url": "me"}

    answers = (await graph.post("/", json={"batch": [me, me]})).json()

    assert answers[0] is None
    assert json.loads(answers[1]["body"])["id"] == seed.SYSTEM_USER_ID


@pytest.mark.parametrize(
    ("batch", "refusal"),
    [
        ([], (400, 100, "(#100) Param batch must be a non-empty array of JSON objects.")),
        ("nonsense", (400, 100, "(#100) Param batch must be valid JSON")),
        (
            [{"method": "GET", "relative_url": "me"}] * 51,
            (400, 100, "(#100) Too many batch requests requested. The maximum is 50, got 51."),
        ),
        (
            [{"method": "LOOK", "relative_url": "me"}],
            (400, 100, "(#100) Param method must be one of {GET, POST, DELETE, PUT}."),
        ),
        (
            [{"method": "GET"}],
            (400, 100, "(#100) Param relative_url must be a path with its query."),
        ),
        (
            [{"method": "GET", "relative_url": "me", "depends_on": "first"}],
            (
                501,
                3,
                "(#3) Not simulated: the sandbox has no POST / with depends_on in a batch. Meta's "
                "own API does.",
            ),
        ),
    ],
)
async def test_a_batch_that_cannot_be_read_is_refused(
    batch: object, refusal: tuple[int, int, str], graph: httpx.AsyncClient
) -> None:
    answer = await graph.post("/", json={"batch": batch})

    assert _refusal(answer) == refusal


async def test_a_batch_needs_a_token_and_cannot_hold_another(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    inner = json.dumps({"batch": [{"method": "GET", "relative_url": "me"}]})
    async with sandbox.graph(token=None) as nobody:
        without = await nobody.post("/", json={"batch": []})

    nested = await graph.post(
        "/", json={"batch": [{"method": "POST", "relative_url": "/", "body": inner}]}
    )

    assert _refusal(without)[:2] == (400, 104)
    assert json.loads(nested.json()[0]["body"])["error"]["code"] == 2500


async def test_nodes_and_their_edges_are_read_by_ids(graph: httpx.AsyncClient) -> None:
    both = json.dumps([seed.WABA_ID, seed.PHONE_NUMBER_ID])

    nodes = await graph.get("/", params={"ids": both, "fields": "id"})
    edges = await graph.get("/phone_numbers", params={"ids": seed.WABA_ID, "fields": "id"})

    assert nodes.json() == {each: {"id": each} for each in (seed.WABA_ID, seed.PHONE_NUMBER_ID)}
    assert list(edges.json()) == [seed.WABA_ID]
    assert {"id": seed.PHONE_NUMBER_ID} in edges.json()[seed.WABA_ID]["data"]


@pytest.mark.parametrize("unknown", [seed.OTHER_WABA_ID, "77", "sheena"])
async def test_ids_of_which_one_is_not_there_are_refused_together(
    unknown: str, graph: httpx.AsyncClient
) -> None:
    answer = await graph.get("/", params={"ids": f"{seed.WABA_ID},{unknown}"})

    said = f"(#803) Some of the aliases you requested do not exist: {unknown}"
    assert _refusal(answer) == (404, 803, said)


async def test_no_ids_are_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.get("/", params={"ids": ""})

    assert _refusal(answer) == (400, 100, "(#100) Param ids must be a non-empty list")
