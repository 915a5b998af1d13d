"""Message templates: listing, creating, reviewing, deleting."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

TEMPLATES = f"/{seed.WABA_ID}/message_templates"

Json = dict[str, Any]


def _greeting(**changes: Any) -> Json:
    return {
        "name": "greeting",
        "language": "en_US",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hello there"}],
        **changes,
    }


async def _names(graph: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await graph.get(TEMPLATES, params={"fields": "name", "limit": 100, **parameters})
    return [template["name"] for template in answer.json()["data"]]


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": "hello_world"}, ["hello_world"]),
        ({"status": "PAUSED"}, ["weekend_offer"]),
        ({"language": "es"}, ["order_confirmation"]),
        ({"category": "AUTHENTICATION"}, ["verification_code"]),
        ({"content": "half price"}, ["weekend_offer"]),
        ({"name_or_content": "cart"}, ["abandoned_cart"]),
        ({"name": "order", "language": "en_US"}, ["order_confirmation", "order_delivery_update"]),
        ({"status": "IN_APPEAL"}, []),
    ],
)
async def test_filters_narrow_the_list(
    filters: dict[str, str], names: list[str], graph: httpx.AsyncClient
) -> None:
    assert await _names(graph, **filters) == names


async def test_every_page_together_is_the_whole_list(graph: httpx.AsyncClient) -> None:
    whole = await _names(graph)

    pages: list[str] = []
    answer = (await graph.get(TEMPLATES, params={"fields": "name", "limit": 4})).json()
    pages += [template["name"] for template in answer["data"]]
    while "next" in answer["paging"]:
        answer = (await graph.get(answer["paging"]["next"])).json()
        pages += [template["name"] for template in answer["data"]]

    assert pages == whole
    assert len(whole) == 17


async def test_a_new_template_is_reviewed_and_the_review_is_told(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    created = (await graph.post(TEMPLATES, json=_greeting())).json()
    before = (await graph.get(f"/{created['id']}", params={"fields": "status"})).json()
    await controls.post("/clock", json={"advanceS": 2})
    after = (await graph.get(f"/{created['id']}", params={"fields": "status"})).json()

    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    assert (before["status"], after["status"]) == ("PENDING", "APPROVED")
    change = await _first_value(receiver)
    assert change == {
        "event": "APPROVED",
        "message_template_id": int(created["id"]),
        "message_template_name": "greeting",
        "message_template_language": "en_US",
        "reason": "NONE",
        "message_template_category": "UTILITY",
    }


async def _first_value(receiver: Receiver) -> Json:
    from appmixer.sandbox.testing import until

    await until(lambda: len(receiver.posts) == 1)
    return receiver.posts[0].values()[0]


@pytest.mark.parametrize(
    ("request_body", "subcode"),
    [
        (_greeting(name="Not Allowed"), 2388046),
        (_greeting(language="english"), None),
        (_greeting(category="CHAT"), None),
        (_greeting(components="none"), None),
        (_greeting(components=[{"type": "FOOTER", "text": "x"}]), None),
        (_greeting(components=[{"type": "BODY", "text": "x" * 1025}]), 2388040),
        (_greeting(components=[{"type": "BODY", "text": "{{1}} is here"}]), 2388299),
        (_greeting(components=[{"type": "BODY", "text": ""}]), 2388072),
        (_greeting(name="hello_world"), 2388024),
    ],
)
async def test_a_template_that_breaks_a_rule_is_refused(
    request_body: Json, subcode: int | None, graph: httpx.AsyncClient
) -> None:
    answer = await graph.post(TEMPLATES, json=request_body)

    assert _refusal(answer) == (400, 100, subcode)
    assert "greeting" not in await _names(graph)


async def test_deleting_takes_every_language_and_blocks_the_name(
    graph: httpx.AsyncClient,
) -> None:
    answer = await graph.delete(TEMPLATES, params={"name": "order_confirmation"})

    assert answer.json() == {"success": True}
    assert "order_confirmation" not in await _names(graph)
    again = await graph.post(TEMPLATES, json=_greeting(name="order_confirmation"))
    assert _refusal(again) == (400, 100, 2388023)


async def test_one_language_is_deleted_by_its_id(graph: httpx.AsyncClient) -> None:
    parameters = {"name": "order_confirmation", "language": "es"}
    spanish = (await graph.get(TEMPLATES, params=parameters)).json()["data"][0]["id"]

    await graph.delete(TEMPLATES, params={"name": "order_confirmation", "hsm_id": spanish})

    assert await _names(graph, name="order_confirmation") == ["order_confirmation"]


async def test_deleting_what_is_not_there_is_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.delete(TEMPLATES, params={"name": "nothing"})

    assert _refusal(answer)[:2] == (400, 100)
