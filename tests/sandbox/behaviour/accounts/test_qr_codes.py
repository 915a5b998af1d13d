"""QR codes and short links of a number."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

CODES = f"/{seed.PHONE_NUMBER_ID}/message_qrdls"

Json = dict[str, Any]


async def _create(graph: httpx.AsyncClient, text: str, **more: str) -> Json:
    answer = await graph.post(CODES, json={"prefilled_message": text, **more})
    assert answer.status_code == 200
    created: Json = answer.json()
    return created


async def test_a_code_opens_a_chat_with_a_message(graph: httpx.AsyncClient) -> None:
    created = await _create(graph, "Show me Cyber Tuesday deals!", generate_qr_image="SVG")

    image = created.pop("qr_image_url")
    shown = await graph.get(f"{CODES}/{created['code']}")
    drawn = await graph.get(image)

    code = created["code"]
    assert len(code) == 14
    assert created == {
        "code": code,
        "prefilled_message": "Show me Cyber Tuesday deals!",
        "deep_link_url": f"https://wa.me/message/{code}",
    }
    assert shown.json() == {"data": [created]}
    assert drawn.headers["content-type"] == "image/svg+xml"
    # Version 3 has 29 modules, with a quiet zone of 4 around them.
    assert ElementTree.fromstring(drawn.content).get("width") == "370"


async def test_a_list_has_the_newest_first_and_pages(graph: httpx.AsyncClient) -> None:
    codes = [(await _create(graph, f"Offer {index}"))["code"] for index in range(3)]

    first = (await graph.get(CODES, params={"limit": 2, "fields": "code"})).json()
    rest = (await graph.get(first["paging"]["next"])).json()

    assert [one["code"] for one in (*first["data"], *rest["data"])] == codes[::-1]
    assert "next" not in rest["paging"]


async def test_a_picture_is_asked_for_with_its_format(graph: httpx.AsyncClient) -> None:
    await _create(graph, "Hello")

    [shown] = (await graph.get(CODES, params={"fields": "code,qr_image_url.format(PNG)"})).json()[
        "data"
    ]
    image = await graph.get(shown["qr_image_url"])
    other = await graph.get(CODES, params={"fields": "qr_image_url.format(GIF)"})

    assert image.headers["content-type"] == "image/png"
    assert image.content.startswith(b"\x89PNG\r\n")
    assert other.status_code == 400
    assert other.json()["error"]["code"] == 100


async def test_a_message_is_changed_under_its_code(graph: httpx.AsyncClient) -> None:
    created = await _create(graph, "Hello")

    changed = await _create(graph, "Good day", code=created["code"])

    assert changed == {**created, "prefilled_message": "Good day"}
    assert len((await graph.get(CODES)).json()["data"]) == 1


async def test_a_deleted_code_is_gone(graph: httpx.AsyncClient) -> None:
    created = await _create(graph, "Hello", generate_qr_image="PNG")

    deleted = await graph.delete(f"{CODES}/{created['code']}")
    again = await graph.delete(f"{CODES}/{created['code']}")
    image = await graph.get(created["qr_image_url"])

    assert deleted.json() == {"success": True}
    assert again.json()["error"]["error_subcode"] == 33
    assert image.status_code == 403
    assert (await graph.get(CODES)).json() == {"data": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"prefilled_message": ""},
        {"prefilled_message": "x" * 141},
        {"prefilled_message": "x", "generate_qr_image": "GIF"},
        {"prefilled_message": "x", "code": "AAAAAAAAAAAAAA"},
    ],
    ids=str,
)
async def test_a_wrong_code_is_refused(
    wrong: Json, graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    answer = await graph.post(CODES, json=wrong)

    assert answer.status_code == 400
    assert sandbox.world.numbers[seed.PHONE_NUMBER_ID].qr_codes == {}
