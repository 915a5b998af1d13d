"""POST /messages: keys that a part does not have, and JSON of another kind than it should be."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


def _send(kind: str, content: object, **more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "type": kind,
        kind: content,
        **more,
    }


def _error(answer: httpx.Response) -> tuple[int, int, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


LINK = "https://www.luckyshrub.example/a"
TEMPLATE: Json = {"name": "hello_world", "language": {"code": "en_US"}}


@pytest.mark.parametrize(
    ("body", "key", "path"),
    [
        (_send("text", {"body": "Hi", "colour": "red"}), "colour", "text"),
        (_send("audio", {"link": LINK, "caption": "no"}), "caption", "audio"),
        (_send("image", {"link": LINK, "filename": "a.jpg"}), "filename", "image"),
        (_send("sticker", {"link": LINK, "caption": "no"}), "caption", "sticker"),
        (_send("location", {"latitude": 1, "longitude": 1, "url": LINK}), "url", "location"),
        (
            _send("contacts", [{"name": {"formatted_name": "B", "nick_name": "b"}}]),
            "nick_name",
            "contacts[0]['name']",
        ),
        (
            _send("template", {**TEMPLATE, "language": {"code": "en_US", "policystring": "x"}}),
            "policystring",
            "template['language']",
        ),
        (
            _send("template", {**TEMPLATE, "parameters": []}),
            "parameters",
            "template",
        ),
        (
            _send(
                "interactive",
                {
                    "type": "button",
                    "body": {"text": "Choose"},
                    "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "label": "x"}}]},
                },
            ),
            "label",
            "interactive['action']['buttons'][0]['reply']",
        ),
        (
            _send("text", {"body": "Hi"}, context={"message_id": "wamid.x", "from": "1"}),
            "from",
            "context",
        ),
    ],
)
async def test_refuses_a_key_that_the_part_does_not_have(
    body: Json, key: str, path: str, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=body)

    assert _error(answer) == (400, 100, f'(#100) Unexpected key "{key}" on param "{path}".')
    assert "error_data" not in answer.json()["error"]
    assert sandbox.world.messages == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_send("text", "hi"), "(#100) Param text must be a JSON object."),
        (_send("contacts", {"name": {}}), "(#100) Param contacts must be an array."),
        (
            _send("template", {**TEMPLATE, "components": {"type": "body"}}),
            "(#100) Param template['components'] must be an array.",
        ),
        (
            _send("template", {**TEMPLATE, "components": ["body"]}),
            "(#100) Param template['components'][0] must be a JSON object.",
        ),
    ],
)
async def test_refuses_json_of_another_kind(
    body: Json, message: str, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=body)

    assert _error(answer) == (400, 100, message)


async def test_leaves_alone_what_it_does_not_know_at_the_top(
    graph: httpx.AsyncClient, number: str
) -> None:
    body = _send("text", {"body": "Hi"}, fields="id", customer="42", image=None)

    answer = await graph.post(f"/{number}/messages", json=body)

    assert answer.status_code == 200


async def test_takes_null_for_a_key_that_is_not_there(
    graph: httpx.AsyncClient, number: str
) -> None:
    body = _send("image", {"link": LINK, "id": None, "caption": None}, context=None)

    answer = await graph.post(f"/{number}/messages", json=body)

    assert answer.status_code == 200


async def test_reads_a_part_that_came_as_json_text(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    card = {"name": {"formatted_name": "Barbara", "first_name": "Barbara"}}

    answer = await graph.post(f"/{number}/messages", json=_send("contacts", json.dumps([card])))

    assert answer.status_code == 200
    assert [message.content for message in sandbox.world.messages.values()] == [
        {"contacts": [card]}
    ]


async def test_keeps_the_callers_own_text_as_text_in_a_form(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    form = {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "text": '{"body": "Hi"}',
        "biz_opaque_callback_data": '{"order": 1}',
    }

    answer = await graph.post(f"/{number}/messages", data=form)

    assert answer.status_code == 200
    sent = next(iter(sandbox.world.messages.values()))
    assert (sent.content, sent.opaque) == ({"body": "Hi"}, '{"order": 1}')
