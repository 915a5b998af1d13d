"""WhatsApp Flows: from draft to retirement, and what is found wrong with their JSON."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.flows import validation
from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

FLOWS = f"/{seed.WABA_ID}/flows"

Json = dict[str, Any]


def _screen(**more: object) -> Json:
    footer = {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete"}}
    heading = {"type": "TextHeading", "text": "Hello"}
    layout = {"type": "SingleColumnLayout", "children": [heading, footer]}
    return {"id": "START", "title": "Start", "terminal": True, "layout": layout, **more}


def _flow(*screens: Json, **more: object) -> str:
    return json.dumps({"version": "7.0", "screens": list(screens) or [_screen()], **more}, indent=2)


async def _create(graph: httpx.AsyncClient, **more: object) -> Json:
    body = {"name": "my first flow", "categories": ["SIGN_UP"], **more}
    answer = await graph.post(FLOWS, json=body)
    assert answer.status_code == 200, answer.text
    created: Json = answer.json()
    return created


async def _upload(graph: httpx.AsyncClient, flow_id: str, source: str) -> httpx.Response:
    form = {"name": "flow.json", "asset_type": "FLOW_JSON", "messaging_product": "whatsapp"}
    file = {"file": ("flow.json", source.encode(), "application/json")}
    return await graph.post(f"/{flow_id}/assets", data=form, files=file)


def _refusal(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_flow_is_drafted_uploaded_published_and_retired(
    graph: httpx.AsyncClient, receiver: Receiver
) -> None:
    created = await _create(graph)
    flow = f"/{created['id']}"
    early = await graph.post(f"{flow}/publish")
    uploaded = await _upload(graph, created["id"], _flow())
    published = await graph.post(f"{flow}/publish")
    undeletable = await graph.delete(flow)
    deprecated = await graph.post(f"{flow}/deprecate")
    again = await graph.post(f"{flow}/deprecate")

    assert created == {"id": created["id"], "success": True, "validation_errors": []}
    assert uploaded.json() == {"success": True, "validation_errors": []}
    assert [published.json(), deprecated.json()] == [{"success": True}] * 2
    refusals = [_refusal(answer) for answer in (early, undeletable, again)]
    assert refusals == [(400, 139002), (400, 139004), (400, 139003)]
    await until(lambda: len(receiver.posts) == 2)
    news = [value for post in receiver.posts for value in post.values()]
    assert [(value["old_status"], value["new_status"]) for value in news] == [
        ("DRAFT", "PUBLISHED"),
        ("PUBLISHED", "DEPRECATED"),
    ]
    assert news[0] == {
        "event": "FLOW_STATUS_CHANGE",
        "message": "Flow my first flow changed status from DRAFT to PUBLISHED",
        "flow_id": created["id"],
        "old_status": "DRAFT",
        "new_status": "PUBLISHED",
    }


async def test_flows_are_listed_and_shown(graph: httpx.AsyncClient) -> None:
    flow_id = (await _create(graph, flow_json=_flow(), publish=True))["id"]
    fields = "name,status,json_version,application{name},whatsapp_business_account,health_status"

    listed = (await graph.get(FLOWS)).json()
    shown = (await graph.get(f"/{flow_id}", params={"fields": fields})).json()

    assert listed["data"] == [
        {
            "id": flow_id,
            "name": "my first flow",
            "status": "PUBLISHED",
            "categories": ["SIGN_UP"],
            "validation_errors": [],
        }
    ]
    assert (shown["json_version"], shown["whatsapp_business_account"]["id"]) == (
        "7.0",
        seed.WABA_ID,
    )
    assert shown["health_status"]["can_send_message"] == "AVAILABLE"


async def test_the_uploaded_json_can_be_downloaded(graph: httpx.AsyncClient) -> None:
    flow_id = (await _create(graph))["id"]
    empty = (await graph.get(f"/{flow_id}/assets")).json()
    await _upload(graph, flow_id, _flow())

    asset = (await graph.get(f"/{flow_id}/assets")).json()["data"][0]
    content = await graph.get(asset["download_url"])

    assert empty == {"data": []}
    assert (asset["name"], asset["asset_type"]) == ("flow.json", "FLOW_JSON")
    assert content.text == _flow()


async def test_an_upload_with_errors_is_kept_and_cannot_be_published(
    graph: httpx.AsyncClient,
) -> None:
    flow_id = (await _create(graph))["id"]
    entry = {"type": "TextInput", "name": "n", "label": "l", "initial-text": "x"}
    footer = {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete"}}
    layout = {"type": "SingleColumnLayout", "children": [entry, footer]}

    uploaded = (await _upload(graph, flow_id, _flow(_screen(layout=layout)))).json()
    published = await graph.post(f"/{flow_id}/publish")

    assert uploaded == {
        "success": True,
        "validation_errors": [
            {
                "error": "INVALID_PROPERTY",
                "error_type": "JSON_SCHEMA_ERROR",
                "message": 'The property "initial-text" cannot be specified at '
                '"$root/screens/0/layout/children/0".',
                "line_start": 15,
                "line_end": 15,
                "column_start": 13,
                "column_end": 27,
            }
        ],
    }
    assert _refusal(published) == (400, 139002)


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        ("{", ["INVALID_JSON"]),
        ("[]", ["INVALID_PROPERTY_TYPE"]),
        ("{}", ["MISSING_REQUIRED_PROPERTY"] * 2),
        ('{"version": "0.1", "screens": []}', ["INVALID_PROPERTY_VALUE", "INVALID_PROPERTY_TYPE"]),
        (_flow(_screen(id="SUCCESS")), ["INVALID_PROPERTY_VALUE"]),
        (_flow(_screen(), _screen()), ["DUPLICATE_SCREEN_ID"]),
        (_flow(_screen(terminal=False)), ["MISSING_TERMINAL_SCREEN"]),
        (_flow(_screen(colour="red")), ["INVALID_PROPERTY"]),
        (_flow(_screen(layout={"type": "Grid", "children": []}, terminal=False)),
         ["MISSING_TERMINAL_SCREEN", "INVALID_PROPERTY_VALUE"]),
        (_flow(_screen(layout={"type": "SingleColumnLayout", "children": []})),
         ["MISSING_FOOTER"]),
        (_flow(routing_model={"START": ["NOWHERE"]}), ["INVALID_ROUTING_MODEL"]),
        (_flow(data_api_version="3.0"), ["MISSING_REQUIRED_PROPERTY"]),
        ('\ufeff{"version": 7}', ["MISSING_REQUIRED_PROPERTY", "INVALID_PROPERTY_VALUE"]),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_wrong_with_a_flow_is_named(source: str, errors: list[str]) -> None:
    found = validation.check(source)

    assert [error["error"] for error in found] == errors


async def test_an_endpoint_needs_an_address_and_a_key(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    source = _flow(data_api_version="3.0", routing_model={"START": []})
    flow_id = (await _create(graph, flow_json=source))["id"]

    nowhere = await graph.post(f"/{flow_id}/publish")
    await graph.post(f"/{flow_id}", json={"endpoint_uri": "https://flows.example/"})
    unencrypted = await graph.post(f"/{flow_id}/publish")
    sandbox.world.numbers[seed.PHONE_NUMBER_ID].public_key = "-----BEGIN PUBLIC KEY-----"
    published = await graph.post(f"/{flow_id}/publish")

    assert [_refusal(answer) for answer in (nowhere, unencrypted)] == [(400, 139002)] * 2
    assert published.json() == {"success": True}


async def test_a_published_flow_is_changed_by_cloning_it(graph: httpx.AsyncClient) -> None:
    flow_id = (await _create(graph, flow_json=_flow(), publish=True))["id"]

    fixed = await _upload(graph, flow_id, _flow())
    renamed = await graph.post(f"/{flow_id}", json={"name": "other"})
    clone = (await _create(graph, name="second", clone_flow_id=flow_id))["id"]
    changed = await graph.post(f"/{clone}", json={"name": "third", "categories": ["SURVEY"]})
    deleted = await graph.delete(f"/{clone}")

    assert [_refusal(answer) for answer in (fixed, renamed)] == [(400, 139001)] * 2
    assert [changed.json(), deleted.json()] == [{"success": True}] * 2
    assert [flow["id"] for flow in (await graph.get(FLOWS)).json()["data"]] == [flow_id]


async def test_flows_are_copied_to_another_account(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    world = sandbox.world
    token = world.tokens[seed.SYSTEM_USER_TOKEN]
    both = frozenset({seed.WABA_ID, seed.SECOND_WABA_ID})
    token.scopes = dict.fromkeys(token.scopes, both)
    world.users[seed.SYSTEM_USER_ID].waba_ids = tuple(both)
    first = (await _create(graph, name="a", flow_json=_flow(), publish=True))["id"]
    await _create(graph, name="b")
    await graph.post(f"/{seed.SECOND_WABA_ID}/flows", json={"name": "b", "categories": ["OTHER"]})

    asked = {"source_waba_id": seed.WABA_ID, "source_flow_names": "a,b"}
    copied = await graph.post(f"/{seed.SECOND_WABA_ID}/migrate_flows", params=asked)

    body = copied.json()
    migrated = body["migrated_flows"][0]["migrated_id"]
    assert body == {
        "migrated_flows": [{"source_name": "a", "source_id": first, "migrated_id": migrated}],
        "failed_flows": [
            {
                "source_name": "b",
                "error_code": "4233041",
                "error_message": "Flows Migration Error: Flow with the same name exists in "
                "destination WABA.",
            }
        ],
    }
    assert world.flows[migrated].status == "PUBLISHED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"categories": []},
        {"categories": ["FUN"]},
        {"endpoint_uri": "flows.example"},
        {"clone_flow_id": "12345"},
    ],
    ids=str,
)
async def test_a_wrong_flow_is_not_kept(
    wrong: Json, graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    body = {"name": "flow", "categories": ["OTHER"], **wrong}

    answer = await graph.post(FLOWS, json=body)

    assert answer.status_code == 400
    assert sandbox.world.flows == {}


async def test_names_are_unique_in_an_account(graph: httpx.AsyncClient) -> None:
    await _create(graph)

    answer = await graph.post(FLOWS, json={"name": "my first flow", "categories": ["OTHER"]})

    assert _refusal(answer) == (400, 100)
