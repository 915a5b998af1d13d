"""Any call of Graph that a flow puts together, and what keeps it there."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    AuthorizationError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingContext, StandInAccount
from appmixer.whatsapp.components.advanced.make_api_call import MakeApiCall

from ..conftest import GRAPH
from ..live import NUMBER, WABA, Live, documented

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

CODES = f"{NUMBER}/message_qrdls"
REFUSED_TOKEN = {"error": {"code": 190, "message": "Invalid OAuth access token"}}


def paths(live: Live) -> list[tuple[str, str]]:
    return [(each.method, each.url.path) for each in live.requests]


async def call(context: RecordingContext, **given: Any) -> MakeApiCall.Output:
    return await MakeApiCall().receive(context, MakeApiCall.Input.model_validate(given))


async def make_code(live: Live, step: str) -> Any:
    live.context.step_id = f"run-1:{step}"
    text = {"prefilled_message": step}
    return await live.run("MakeApiCall", method="POST", path=CODES, body=text)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (NUMBER, f"/v25.0/{NUMBER}"),
        (f"/{NUMBER}/", f"/v25.0/{NUMBER}"),
        (f" v23.0/{NUMBER}", f"/v23.0/{NUMBER}"),
        (f"/v23.0/{NUMBER}", f"/v23.0/{NUMBER}"),
        ("SANDBOX/v24.0/" + NUMBER, f"/v24.0/{NUMBER}"),
        ("SANDBOX/" + NUMBER, f"/v25.0/{NUMBER}"),
    ],
)
async def test_a_path_may_have_its_version_and_its_host(live: Live, path: str, asked: str) -> None:
    written = path.replace("SANDBOX", live.sandbox.url)

    answer = await live.run("MakeApiCall", path=written, query={"fields": "id"})

    assert answer.model_dump() == {
        "status": 200,
        "body": {"id": NUMBER},
        "mediaType": "application/json",
        "count": None,
        "hasMore": False,
    }
    assert paths(live) == [("GET", asked)]


async def test_everything_that_can_be_said_of_a_call_is_sent(live: Live) -> None:
    await live.run(
        "MakeApiCall",
        method="POST",
        path=f"{CODES}?debug=all",
        query={"a": [1, {"b": "c"}], "d": True, "e": 1.5, "f": "ž &=", "g": None},
        body=documented("qr.create"),
    )

    [request] = live.requests
    sent = dict(request.url.params)
    del sent["appsecret_proof"]
    assert sent == {"debug": "all", "a": '[1,{"b":"c"}]', "d": "true", "e": "1.5", "f": "ž &="}
    assert json.loads(request.content) == documented("qr.create")
    assert request.headers["authorization"] == "Bearer EAAsandbox"


async def test_what_was_made_can_be_taken_away(live: Live) -> None:
    made = await make_code(live, "first")
    live.context.step_id = "run-1:delete"

    gone = await live.run("MakeApiCall", method="DELETE", path=f"{CODES}/{made.body['code']}")

    assert gone.body == {"success": True}
    assert (await live.run("MakeApiCall", path=CODES)).count == 0


async def test_a_list_is_fetched_to_its_end_when_asked_for(live: Live) -> None:
    codes = [(await make_code(live, each)).body["code"] for each in ("a", "b", "c")]

    one = await live.run("MakeApiCall", path=CODES, query={"limit": 1})
    some = await live.run("MakeApiCall", path=CODES, query={"limit": 1}, allPages=True, maxItems=2)
    asked = len(live.requests)
    every = await live.run("MakeApiCall", path=CODES, query={"limit": 2}, allPages=True)

    assert (one.count, one.has_more) == (1, True)
    assert (some.count, some.has_more, asked) == (2, True, 3 + 1 + 2)
    assert [each["code"] for each in every.body["data"]] == codes[::-1]
    assert (every.count, every.has_more, every.status) == (3, False, 200)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"path": "https://graph.example/v25.0/1"}, "path"),
        ({"path": "SANDBOX.example/v25.0/1"}, "path"),
        ({"path": "http://EAAsandbox@127.0.0.1/1"}, "path"),
        ({"path": "//graph.example/1"}, "path"),
        ({"path": "///graph.example/1"}, "path"),
        ({"path": "SANDBOX//graph.example/1"}, "path"),
        ({"path": "SANDBOX/https://graph.example/1"}, "path"),
        ({"path": r"\\graph.example\1"}, "path"),
        ({"path": "@graph.example/1"}, "path"),
        ({"path": "../_sandbox/fixture"}, "path"),
        ({"path": "v25.0/../_sandbox/fixture"}, "path"),
        ({"path": "1/../../_sandbox"}, "path"),
        ({"path": "1/%2e%2e/2"}, "path"),
        ({"path": "1/./2"}, "path"),
        ({"path": "1#2"}, "path"),
        ({"path": "1?a=2#3"}, "path"),
        ({"path": "upload:MTph"}, "path"),
        ({"path": "1\n2"}, "path"),
        ({"path": "/"}, "path"),
        ({"path": "v25.0/"}, "path"),
        ({"path": ""}, "path"),
        ({"path": "1/" * 1001}, "path"),
        ({"path": "1", "method": "PUT"}, "method"),
        ({"path": "1", "query": {"access_token": "x"}}, "query"),
        ({"path": "1", "query": {"ACCESS_TOKEN": "x"}}, "query"),
        ({"path": "1", "query": {"appsecret_proof": "x"}}, "query"),
        ({"path": "debug_token", "query": {"input_token": "x"}}, "query"),
        ({"path": "1?access_token=x"}, "path"),
        ({"path": "1?access%5Ftoken=x"}, "path"),
        ({"path": "1", "method": "POST", "body": {"access_token": "x"}}, "body"),
        ({"path": "1", "query": {"method": "delete"}}, "query"),
        ({"path": "1?method=delete"}, "path"),
        ({"path": "1", "body": {"a": 1}}, "body"),
        ({"path": "1", "method": "POST", "body": [1]}, "body"),
        ({"path": "1?a=1", "query": {"a": 2}}, "query"),
        ({"path": "1?a=1&a=2"}, "query"),
        ({"path": "1", "method": "POST", "allPages": True}, "allPages"),
        ({"path": "1", "allPages": True, "maxItems": 0}, "maxItems"),
    ],
)
async def test_what_may_not_be_called_is_refused_before_anything_has_left(
    live: Live, wrong: dict[str, Any], field: str
) -> None:
    given = {**wrong, "path": wrong["path"].replace("SANDBOX", live.sandbox.url)}

    assert await live.refusal("MakeApiCall", **given) == field
    assert live.requests == []


@pytest.mark.parametrize("path", ["https://graph.example/1", "//graph.example/1", "///a.example"])
async def test_another_host_is_told_where_the_token_goes(live: Live, path: str) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("MakeApiCall", path=path)

    assert live.sandbox.url in caught.value.cause


async def test_what_has_no_pages_is_told(live: Live) -> None:
    assert await live.refusal("MakeApiCall", path=NUMBER, allPages=True) == "allPages"


async def test_an_error_of_metas_is_explained(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("MakeApiCall", path="999", query={"fields": "id"})

    assert (caught.value.code, caught.value.subcode) == (100, 33)
    assert caught.value.trace


async def test_neither_token_nor_proof_is_in_the_answer(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    assert context.connected is not None
    token = await context.connected.access_token()
    proof = hmac.new(b"app-secret", token.encode(), hashlib.sha256).hexdigest()
    body = {
        "paging": {"next": f"{GRAPH}/1?access_token={token}&limit=1&appsecret_proof={proof}"},
        "data": [{"access_token": "IGQVJother", "note": f"{token} EAAanother", "name": None}],
        "secret": "app-secret",
        "url": "https://shop.example/reset?token=abc&pin=1234",
    }
    content = json.dumps(body).replace("&", "\\u0026").replace("/", "\\/")
    respx_mock.get(f"{GRAPH}/1").respond(text=content)

    answer = await call(context, path="1")

    hidden = "[hidden]"
    assert answer.body == {
        "paging": {
            "next": f"{GRAPH}/1?access_token={hidden}&limit=1&appsecret_proof={hidden}",
        },
        "data": [{"access_token": hidden, "note": f"{hidden} {hidden}", "name": None}],
        "secret": hidden,
        "url": "https://shop.example/reset?token=abc&pin=1234",
    }
    assert answer.has_more


@pytest.mark.parametrize(
    ("content", "media_type", "body"),
    [
        (b"true", "application/json", True),
        (b"null", "application/json", None),
        (b'["a"]', "application/json; charset=UTF-8", ["a"]),
        (b"/**/ cb(1);", "text/javascript", "/**/ cb(1);"),
        (b"", "text/plain", ""),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "image/png", None),
    ],
)
async def test_an_answer_that_is_no_json_object_is_passed_on_as_far_as_it_can_be(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    content: bytes,
    media_type: str,
    body: Any,
) -> None:
    headers = {"content-type": media_type}
    respx_mock.get(f"{GRAPH}/1").respond(content=content, headers=headers)

    answer = await call(context, path="1")

    assert (answer.body, answer.media_type) == (body, media_type.partition(";")[0])


async def test_an_answer_that_leads_elsewhere_is_not_followed(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{GRAPH}/1/picture").respond(302, headers={"location": "https://cdn.example/"})

    with pytest.raises(RejectedError) as caught:
        await call(context, path="1/picture")

    assert caught.value.field == "path"
    assert "redirect" in caught.value.cure


async def test_a_next_page_on_another_host_is_not_asked_for(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    page = {"data": [1], "paging": {"next": "https://graph.example/v25.0/1/things?page=2"}}
    respx_mock.get(f"{GRAPH}/1/things").respond(json=page)

    with pytest.raises(RejectedError, match="another host"):
        await call(context, path="1/things", allPages=True)


async def test_the_pages_of_a_list_are_asked_for_at_the_host_that_is_configured(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    first = {
        "data": ["a", 1],
        "paging": {"cursors": {"after": "A"}, "next": "https://graph.example/v25.0/1/things"},
    }
    route = respx_mock.get(f"{GRAPH}/1/things")
    route.side_effect = [httpx.Response(200, json=first), httpx.Response(200, json={"data": [2]})]

    answer = await call(context, path="1/things", query={"fields": "x"}, allPages=True)

    assert answer.body == {"data": ["a", 1, 2]}
    assert (
        dict(route.calls.last.request.url.params).items() >= {"fields": "x", "after": "A"}.items()
    )


async def test_a_read_whose_answer_was_lost_is_made_again(
    context: RecordingContext, respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.whatsapp.plugin.graph.client.PAUSES_S", (0.0, 0.0))
    route = respx_mock.get(f"{GRAPH}/1")
    route.side_effect = [httpx.ReadTimeout("late"), httpx.Response(200, json={"id": "1"})]

    assert (await call(context, path="1")).body == {"id": "1"}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_change_whose_answer_was_lost_is_unknown_and_not_made_again(
    context: RecordingContext, respx_mock: respx.MockRouter, method: str
) -> None:
    route = respx_mock.request(method, f"{GRAPH}/1").mock(side_effect=httpx.ReadTimeout("late"))

    with pytest.raises(OutcomeUnknownError):
        await call(context, path="1", method=method)

    assert route.call_count == 1


async def test_a_change_is_not_made_again_after_a_crash(live: Live) -> None:
    await make_code(live, "first")
    live.context.attempt = "attempt-2"

    with pytest.raises(OutcomeUnknownError):
        await make_code(live, "first")

    assert (await live.run("MakeApiCall", path=CODES)).count == 1


async def test_a_call_that_wants_another_token_does_not_end_the_account(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{GRAPH}/1").respond(400, json=REFUSED_TOKEN)
    respx_mock.get(f"{GRAPH}/me").respond(json={"id": "2"})

    with pytest.raises(RejectedError) as caught:
        await call(context, path="1")

    assert (caught.value.field, caught.value.code) == ("path", 190)


async def test_a_token_that_has_ended_ends_the_account(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{GRAPH}/1").respond(400, json=REFUSED_TOKEN)
    respx_mock.get(f"{GRAPH}/me").respond(400, json=REFUSED_TOKEN)

    with pytest.raises(AuthorizationError):
        await call(context, path="1")


async def test_a_call_that_comes_too_often_is_made_later(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{GRAPH}/1").respond(400, json={"error": {"code": 4, "message": "Too many"}})

    with pytest.raises(ThrottledError):
        await call(context, path="1", method="POST")


async def test_each_account_calls_with_its_own_token_alone(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.get(f"{GRAPH}/1").respond(json={"id": "1"})
    profile = {"businessAccountId": WABA, "wabaIds": [WABA]}
    for token in ("EAAone", "EAAtwo", "EAAone"):
        account = StandInAccount(profile=profile, token=token)
        other = RecordingContext(context.host, context.plugin, account)
        await call(other, path="1")

    asked = requests()
    assert [each.headers["authorization"] for each in asked] == [
        "Bearer EAAone",
        "Bearer EAAtwo",
        "Bearer EAAone",
    ]
    proofs = [each.url.params["appsecret_proof"] for each in asked]
    assert proofs[0] == proofs[2] != proofs[1]
