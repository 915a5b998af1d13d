"""Webhook and Respond: runs that requests begin, and what is answered to them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio

SECRET = "my-own-secret"
WAITING = {"answers": "withRespond", "withinS": 30}


def hooked(input: Mapping[str, Any] | None = None, **steps: Any) -> dict[str, Any]:
    return flow(begin=step("Webhook", input), **steps)


async def opened(site: Site, document: Mapping[str, Any]) -> str:
    """Start a flow, and return the path of its address."""
    [hook] = (await site.start_flow(document))["hooks"]
    return httpx.URL(hook["url"]).path


def request_of(run: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = outputs(run)["begin"]["request"][0]
    return found


async def test_a_request_of_any_method_begins_a_run_and_is_answered_at_once(site: Site) -> None:
    stranger = await site.client_of(None)
    address = await opened(site, hooked())

    answer = await stranger.put(
        f"{address}?a=1&a=2&b=", json={"orderId": 1}, headers={"authorization": "Bearer x"}
    )
    [run] = await site.runs(1)

    request = request_of(run)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (request["method"], request["query"]) == ("PUT", {"a": ["1", "2"], "b": ""})
    assert (request["contentType"], request["body"]) == ("application/json", {"orderId": 1})
    assert request["headers"]["content-type"] == "application/json"
    assert "authorization" not in request["headers"]
    assert request["receivedAt"] == "2026-09-21T14:13:20Z"


@pytest.mark.parametrize(
    ("how", "content_type", "content", "body", "in_base64"),
    [
        ("auto", "application/json; charset=utf-8", b'{"a": [1]}', {"a": [1]}, None),
        ("auto", "application/vnd.api+json", b"[]", [], None),
        (
            "auto",
            "application/x-www-form-urlencoded",
            b"a=1&b=x+y&a=2",
            {"a": ["1", "2"], "b": "x y"},
            None,
        ),
        ("auto", "text/plain", "Grüße".encode(), "Grüße", None),
        ("auto", "application/octet-stream", b"\xff\x00", None, "/wA="),
        ("auto", "application/json", b"", "", None),
        ("json", "text/plain", b'"x"', "x", None),
        ("form", "text/plain", b"a=%C3%A4", {"a": "ä"}, None),
        ("raw", "application/json", b'{"a": 1}', '{"a": 1}', None),
    ],
)
async def test_a_body_is_read_as_it_says_or_as_it_is_told(
    site: Site, how: str, content_type: str, content: bytes, body: Any, in_base64: str | None
) -> None:
    address = await opened(site, hooked({"body": how}))

    await site.client.post(address, content=content, headers={"content-type": content_type})
    [run] = await site.runs(1)

    request = request_of(run)
    assert (request["body"], request["bodyBase64"]) == (body, in_base64)


@pytest.mark.parametrize(
    ("how", "content", "told"),
    [
        ("json", b'{"a": ', "The body is not JSON"),
        ("json", b'{"a": NaN}', "NaN is no number that can be kept"),
        ("json", b'{"a": 1e999}', "1e999 is no number that can be kept"),
        ("json", b"[" * 100_000, "The body is not JSON"),
        ("json", rb'{"\ud83d": 1}', "It has half a character"),
        ("json", b"\xff", "It is no text in UTF-8."),
        ("form", b"\xff", "It is no text in UTF-8."),
        ("form", b"a&" * 1_001, "It has more than 1,000 fields."),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_and_begins_nothing(
    site: Site, how: str, content: bytes, told: str
) -> None:
    address = await opened(site, hooked({"body": how}))

    refused = await site.client.post(address, content=content)

    assert refused.status_code == 422
    assert told in refused.text
    assert refused.json()["error"]["field"] == "body"
    assert await site.runs(0) == []


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1"])
async def test_only_what_is_signed_with_the_secret_begins_a_run(site: Site, algorithm: str) -> None:
    input = {"secret": SECRET, "signatureHeader": "X-Signature", "algorithm": algorithm}
    address = await opened(site, hooked(input))
    content = b'{"text": "caf\\u00e9 \\/ \xf0\x9f\x98\x80 "}'
    own = hmac.new(SECRET.encode(), content, getattr(hashlib, algorithm)).digest()
    right = [
        own.hex(),
        own.hex().upper(),
        f"{algorithm}={own.hex()}",
        base64.b64encode(own).decode(),
    ]
    wrong = ["", "x", own.hex()[:-1] + ("0" if own.hex()[-1] != "0" else "1"), "ä" * len(own.hex())]

    taken = [
        await site.client.post(address, content=content, headers={"x-signature": each})
        for each in right
    ]
    refused = [
        await site.client.post(
            address, content=content, headers=[(b"x-signature", each.encode("latin-1"))]
        )
        for each in wrong
    ]
    refused.append(await site.client.post(address, content=content))
    changed = content[:-1] + b"]"
    refused.append(
        await site.client.post(address, content=changed, headers={"x-signature": own.hex()})
    )

    assert [each.status_code for each in taken] == [202] * 4
    assert [each.status_code for each in refused] == [422] * 6
    assert "The request is not signed" in refused[0].text
    assert len(await site.runs(4)) == 4
    shown = (await site.client.get("/api/flows/flow")).text
    assert SECRET not in shown + "".join(each.text for each in refused)


async def test_the_answer_at_once_and_the_methods_are_as_they_were_chosen(site: Site) -> None:
    address = await opened(site, hooked({"methods": ["POST"], "status": 200, "text": "Thank you"}))

    answer = await site.client.post(address)
    refused = await site.client.get(address)

    assert (answer.status_code, answer.text) == (200, "Thank you")
    assert refused.status_code == 405
    assert len(await site.runs(1)) == 1


async def test_respond_answers_the_request_with_all_that_it_is_given(site: Site) -> None:
    given = {
        "status": 201,
        "body": {"got": "{{ begin.request.body.orderId }}"},
        "contentType": "application/problem+json",
        "headers": {"x-order": "{{ string(begin.request.body.orderId) }}"},
    }
    address = await opened(site, hooked(WAITING, answer=step("Respond", given, "begin.request")))

    answer = await site.client.post(address, json={"orderId": 4711})
    [run] = await site.runs(1)

    assert answer.status_code == 201
    assert answer.json() == {"got": 4711}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-order"] == "4711"
    assert outputs(run)["answer"] == {"answered": [{"status": 201, "isAnswered": True}]}


@pytest.mark.parametrize(
    ("input", "content_type", "content"),
    [
        ({}, "text/plain; charset=utf-8", b""),
        ({"body": "Grüße"}, "text/plain; charset=utf-8", "Grüße".encode()),
        ({"body": ["ä"]}, "application/json", '["ä"]'.encode()),
        ({"body": 5}, "application/json", b"5"),
    ],
)
async def test_a_body_tells_its_content_type(
    site: Site, input: Mapping[str, Any], content_type: str, content: bytes
) -> None:
    address = await opened(site, hooked(WAITING, answer=step("Respond", input, "begin.request")))

    answer = await site.client.get(address)

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == content_type


async def test_who_waits_too_long_is_told_so_and_respond_fails_or_goes_on(site: Site) -> None:
    for flow_id, chosen in {"failing": "fail", "going": "goOn"}.items():
        answer = {"body": "late", "ifNobodyWaits": chosen}
        document = hooked(WAITING, answer=step("Respond", answer, "begin.request"))
        [hook] = (await site.start_flow(document, flow_id))["hooks"]
        run_id = (await site.client.post(f"/api/flows/{flow_id}/run", json={})).json()["runId"]
        run = await site.ended(run_id)

        if chosen == "fail":
            assert run["status"] == "failed"
            assert run["error"]["title"] == "There is no request to answer"
        else:
            assert outputs(run)["answer"] == {"answered": [{"status": 200, "isAnswered": False}]}
        assert hook["url"]


async def test_an_answer_that_cannot_be_given_fails_though_nobody_has_to_wait(site: Site) -> None:
    given = {"headers": {"set-cookie": "a=b"}, "ifNobodyWaits": "goOn"}
    await opened(site, hooked(WAITING, answer=step("Respond", given, "begin.request")))

    run_id = (await site.client.post("/api/flows/flow/run", json={})).json()["runId"]
    run = await site.ended(run_id)

    assert (run["status"], run["error"]["field"]) == ("failed", "headers")


async def test_a_request_that_waits_for_respond_is_answered_after_a_restart(site: Site) -> None:
    document = hooked(WAITING, answer=step("Respond", {"body": "after all"}, "begin.request"))
    address = await opened(site, document)
    site.engine.turn.is_mine.clear()
    site.engine.queue.leave_all()
    key = {"idempotency-key": "one"}
    cut_off = asyncio.create_task(site.client.post(address, headers=key))

    async def begun() -> Any:
        return (await site.client.get("/api/runs")).json()["runs"]

    await site.until(begun)
    cut_off.cancel()
    await site.restart()
    answer = await site.client.post(address, headers=key)
    [run] = await site.runs(1)

    assert (answer.status_code, answer.text) == (200, "after all")
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    ("kind", "input", "path", "told"),
    [
        ("Webhook", {"methods": ["FETCH"]}, "methods[0]", "has to be one of: GET, POST"),
        ("Webhook", {"methods": ["GET", "GET"]}, "", "a method is there twice"),
        ("Webhook", {"secret": "short"}, "secret", "is too short"),
        ("Webhook", {"answers": "withRespond", "withinS": 601}, "withinS", "600 or less"),
        ("Webhook", {"body": "xml"}, "body", "has to be one of: auto, json, form, raw"),
        ("Respond", {"status": 99}, "status", "has to be 200 or more"),
        ("Respond", {"headers": ["x"]}, "headers", "a group of fields"),
        ("Respond", {"ifNobodyWaits": "maybe"}, "ifNobodyWaits", "has to be one of: fail, goOn"),
        ("Respond", {"statusCode": 200}, "statusCode", "There is no field statusCode"),
    ],
)
async def test_a_wrong_input_is_told_before_the_flow_is_stored(
    site: Site, kind: str, input: Mapping[str, Any], path: str, told: str
) -> None:
    if kind == "Webhook":
        name, document = "begin", hooked(input)
    else:
        name, document = "answer", hooked(answer=step("Respond", input, "begin.request"))

    found = dict(await site.faults(document))

    assert told in found[f"components.{name}.input{'.' if path else ''}{path}"], json.dumps(found)
