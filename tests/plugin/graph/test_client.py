"""Calls of Graph, and everything that can come back instead of an answer."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import logging
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingHost, RecordingLog, StandInAccount
from appmixer.whatsapp.plugin.graph.account import AccountGraph
from appmixer.whatsapp.plugin.graph.client import GraphClient
from appmixer.whatsapp.plugin.graph.ids import graph_id
from appmixer.whatsapp.plugin.graph.redaction import hide_queries

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
TOKEN = "EAAtesttoken"
SERVICE_DOWN = {"error": {"code": 2, "message": "Service temporarily unavailable"}}
EXPIRED = {"error": {"code": 190, "error_subcode": 463, "message": "Session has expired"}}


def requests_to(route: respx.Route) -> list[httpx.Request]:
    return [call.request for call in cast("list[respx.models.Call]", route.calls)]


class Pauses:
    """Counts the pauses instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def graph(host: RecordingHost, pauses: Pauses) -> GraphClient:
    return GraphClient(
        host.http,
        base_url="https://graph.facebook.com/",
        version="v25.0",
        app_secret="s3cret",
        log=host.log,
        pause=pauses,
    )


async def test_a_call_names_version_token_and_proof(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{ROOT}/123").respond(json={"id": "123"})

    answer = await graph.get("123", token=TOKEN, params={"fields": "id,name"})

    assert answer == {"id": "123"}
    request = route.calls.last.request
    proof = hmac.new(b"s3cret", TOKEN.encode(), hashlib.sha256).hexdigest()
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert dict(request.url.params) == {"fields": "id,name", "appsecret_proof": proof}
    assert request.extensions["timeout"] == {
        "connect": 5.0,
        "read": 30.0,
        "write": 60.0,
        "pool": 5.0,
    }


async def test_a_read_is_tried_again_twice_while_meta_is_out_of_order(
    graph: GraphClient, pauses: Pauses, respx_mock: respx.MockRouter
) -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(503, json=SERVICE_DOWN),
        httpx.ConnectError("refused"),
    ]
    respx_mock.get(f"{ROOT}/1").mock(side_effect=[*answers, httpx.Response(200, json={"id": "1"})])

    answer = await graph.get("1", token=TOKEN)

    assert answer == {"id": "1"}
    assert pauses.taken == [0.2, 1.0]


async def test_a_read_gives_up_after_that(
    graph: GraphClient, pauses: Pauses, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{ROOT}/1").respond(500, html="<html>")

    with pytest.raises(ThrottledError):
        await graph.get("1", token=TOKEN)

    assert route.call_count == 3
    assert len(pauses.taken) == 2


@pytest.mark.parametrize("answer", [httpx.Response(429, headers={"Retry-After": "40"})])
async def test_a_read_does_not_wait_long_itself(
    graph: GraphClient, pauses: Pauses, respx_mock: respx.MockRouter, answer: httpx.Response
) -> None:
    respx_mock.get(f"{ROOT}/1").mock(answer)

    with pytest.raises(ThrottledError) as caught:
        await graph.get("1", token=TOKEN)

    assert caught.value.retry_after_s == 40.0
    assert pauses.taken == []


LOST = [
    httpx.ReadTimeout("late"),
    httpx.WriteTimeout("late"),
    httpx.ReadError("cut"),
    httpx.RemoteProtocolError("peer closed"),
    httpx.DecodingError("bad gzip"),
    httpx.Response(500),
    httpx.Response(500, html="<html>Sorry</html>"),
    httpx.Response(502, text="Bad gateway"),
    httpx.Response(504, json=[]),
    httpx.Response(503, json=SERVICE_DOWN),
    httpx.Response(200),
    httpx.Response(200, html="<html>Log in</html>"),
    httpx.Response(200, content=b'{"messages":[{"id":"wam'),
    httpx.Response(200, content=b"\xff\xfe\x00"),
    httpx.Response(200, content=b"[" * 100_000),
    httpx.Response(200, json=["a", "list"]),
    httpx.Response(200, json=None),
]


@pytest.mark.parametrize("lost", LOST, ids=repr)
async def test_a_write_without_a_usable_answer_may_have_happened(
    graph: GraphClient, respx_mock: respx.MockRouter, lost: httpx.Response | Exception
) -> None:
    route = respx_mock.post(f"{ROOT}/1/messages").mock(side_effect=[lost])

    with pytest.raises(OutcomeUnknownError):
        await graph.post("1/messages", token=TOKEN, json={"to": "1"})

    assert route.call_count == 1


@pytest.mark.parametrize("lost", LOST, ids=repr)
async def test_a_read_or_a_repeatable_write_without_a_usable_answer_can_be_made_later(
    graph: GraphClient, respx_mock: respx.MockRouter, lost: httpx.Response | Exception
) -> None:
    read = respx_mock.get(f"{ROOT}/1").mock(side_effect=[lost, lost, lost])
    write = respx_mock.post(f"{ROOT}/1/subscribed_apps").mock(side_effect=[lost, lost, lost])

    with pytest.raises(ThrottledError):
        await graph.get("1", token=TOKEN)
    with pytest.raises(ThrottledError):
        await graph.post("1/subscribed_apps", token=TOKEN, repeats=True)

    assert (read.call_count, write.call_count) == (3, 3)


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("late"), httpx.PoolTimeout("busy")],
    ids=repr,
)
async def test_a_write_that_never_left_can_be_made_later(
    graph: GraphClient, pauses: Pauses, respx_mock: respx.MockRouter, failure: Exception
) -> None:
    respx_mock.post(f"{ROOT}/1/messages").mock(side_effect=[failure])

    with pytest.raises(ThrottledError):
        await graph.post("1/messages", token=TOKEN, json={})

    assert pauses.taken == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(400, json={"error": {"code": 131047}}), RejectedError),
        (httpx.Response(400, json=SERVICE_DOWN), ThrottledError),
        (httpx.Response(500, json={"error": {"code": 130429}}), ThrottledError),
        (httpx.Response(200, json={"error": {"code": 190}}), AuthorizationError),
        (httpx.Response(200, json={"success": False}), RejectedError),
        (httpx.Response(404, html="<html>"), RejectedError),
        (httpx.Response(401), RejectedError),
        (httpx.Response(429, html="<html>"), ThrottledError),
        (httpx.Response(302, headers={"Location": "https://example.com"}), ConfigurationError),
        (httpx.Response(400, json={"error": "text"}), RejectedError),
        (httpx.Response(400, json={"error": {"code": "no number"}}), RejectedError),
    ],
    ids=repr,
)
async def test_a_refused_write_has_not_happened(
    graph: GraphClient,
    respx_mock: respx.MockRouter,
    answer: httpx.Response,
    kind: type[ConnectorError],
) -> None:
    route = respx_mock.post(f"{ROOT}/1/messages").mock(answer)

    with pytest.raises(ConnectorError) as caught:
        await graph.post("1/messages", token=TOKEN, json={})

    assert type(caught.value) is kind
    assert all([caught.value.title, caught.value.cause, caught.value.cure])
    assert route.call_count == 1


async def test_an_endless_answer_is_cut_off(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{ROOT}/1/messages").respond(content=b" " * (21 * 1024 * 1024))

    with pytest.raises(OutcomeUnknownError):
        await graph.post("1/messages", token=TOKEN, json={})


@asynccontextmanager
async def packed(content: bytes) -> AsyncGenerator[str]:
    """Serve an answer that is packed; a mock would unpack it itself."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        assert b"accept-encoding: gzip\r\n" in asked.lower()
        length = f"Content-Length: {len(content)}\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n{length}\r\n"
        writer.write(head.encode() + content)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def client(host: RecordingHost, url: str) -> GraphClient:
    return GraphClient(host.http, base_url=url, version="v25.0", app_secret=None, log=host.log)


async def test_a_small_answer_that_would_be_a_large_one_is_cut_off_on_the_way(
    host: RecordingHost,
) -> None:
    bomb = gzip.compress(bytes(300 * 1024 * 1024))
    tracemalloc.start()

    try:
        async with packed(bomb) as url:
            with pytest.raises(OutcomeUnknownError):
                await client(host, url).post("1/messages", token=TOKEN)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 64 * 1024 * 1024


async def test_a_packed_answer_is_read(host: RecordingHost) -> None:
    async with packed(gzip.compress(b'{"id": "1"}')) as url:
        assert await client(host, url).get("1", token=TOKEN) == {"id": "1"}


async def test_a_file_of_meta_that_would_be_a_large_one_comes_in_small_pieces(
    host: RecordingHost,
) -> None:
    async with packed(gzip.compress(bytes(4 * 1024 * 1024))) as url:
        pieces = [len(each) async for each in client(host, url).download(f"{url}/a", token=TOKEN)]

    assert sum(pieces) == 4 * 1024 * 1024
    assert max(pieces) <= 64 * 1024


@pytest.mark.parametrize("path", ["../me", "1/../2", "1?x=1", "", "/1", "a b", "1//2", "1#2", "ä"])
async def test_a_path_made_of_something_else_than_ids_is_refused_before_any_call(
    graph: GraphClient, path: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await graph.get(path, token=TOKEN)

    assert caught.value.cure


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "ümlaut"])
async def test_what_cannot_be_a_token_is_not_sent(graph: GraphClient, token: str) -> None:
    with pytest.raises(AuthorizationError) as caught:
        await graph.get("1", token=token)

    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("value", ["", "12a", "1/2", "..", "\uff11\uff12", "1" * 41])
def test_an_id_has_digits_only(value: str) -> None:
    with pytest.raises(RejectedError) as caught:
        graph_id(value, field="phoneNumberId")

    assert caught.value.field == "phoneNumberId"


def test_an_id_passes_as_it_is() -> None:
    assert graph_id("106540352242922") == "106540352242922"


async def test_no_secret_reaches_an_error_or_a_log(
    graph: GraphClient,
    host: RecordingHost,
    respx_mock: respx.MockRouter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hide_queries()
    caplog.set_level(logging.DEBUG)
    echoed = f"{TOKEN} s3cret 482913 https://x/?access_token=abc"
    body = {"error": {"code": 131009, "error_data": {"details": echoed}}}
    respx_mock.post(f"{ROOT}/1/register").respond(400, json=body)

    with pytest.raises(RejectedError) as caught:
        await graph.post("1/register", token=TOKEN, json={"pin": "482913"})

    seen = f"{caught.value!r} {caught.value} {host.log.lines} {caplog.text} {graph!r}"
    secrets = [TOKEN, "s3cret", "482913", "abc", "appsecret_proof"]
    assert [secret for secret in secrets if secret in seen] == []
    assert host.log.lines == [
        ("debug", "graph.call", {"method": "POST", "path": "1/register", "status": 400})
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"text": {"body": "our little secret"}},
        {"image": {"id": "1", "caption": "our little secret"}},
        {
            "template": {
                "components": [{"parameters": [{"type": "text", "text": "our little secret"}]}]
            }
        },
    ],
)
async def test_what_a_message_says_is_in_no_error_even_if_meta_quotes_it(
    graph: GraphClient, respx_mock: respx.MockRouter, message: dict[str, Any]
) -> None:
    said = "(#131009) Parameter value is not valid: our little secret"
    respx_mock.post(f"{ROOT}/1/messages").respond(
        400, json={"error": {"code": 131009, "message": said}}
    )

    with pytest.raises(RejectedError) as caught:
        await graph.post("1/messages", token=TOKEN, json={"to": "1", **message})

    assert caught.value.cause.endswith("Meta says: Parameter value is not valid: [hidden]")


async def test_pages_are_followed_to_the_last(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    first = {
        "data": [{"id": "1"}],
        "paging": {"cursors": {"after": "A"}, "next": f"{ROOT}/9/x?after=A"},
    }
    second = {"data": [{"id": "2"}], "paging": {"next": f"{ROOT}/9/x?after=B&access_token=t"}}
    third = {"data": [{"id": "3"}], "paging": {"cursors": {"after": "C"}}}
    route = respx_mock.get(f"{ROOT}/9/x").mock(
        side_effect=[httpx.Response(200, json=each) for each in (first, second, third)]
    )

    items = [item async for item in graph.pages("9/x", token=TOKEN, params={"limit": "1"})]

    assert items == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    asked = [request.url.params for request in requests_to(route)]
    assert [each.get("after") for each in asked] == [None, "A", "B"]
    assert {each["limit"] for each in asked} == {"1"}
    assert all("access_token" not in each for each in asked)


@pytest.mark.parametrize(
    ("page", "calls"),
    [
        ({"data": [], "paging": {"cursors": {"after": "A"}, "next": f"{ROOT}/9/x?after=A"}}, 2),
        ({"data": [], "paging": {"next": "https://evil.example/9/x?after=A"}}, 1),
        ({"data": [], "paging": {"next": "https://[evil/9/x?after=A"}}, 1),
        ({"data": {}}, 1),
        ({"datum": []}, 1),
    ],
)
async def test_pages_that_make_no_sense_are_refused(
    graph: GraphClient, respx_mock: respx.MockRouter, page: dict[str, object], calls: int
) -> None:
    route = respx_mock.get(f"{ROOT}/9/x").respond(json=page)

    with pytest.raises(RejectedError) as caught:
        _ = [item async for item in graph.pages("9/x", token=TOKEN)]

    assert caught.value.cure
    assert route.call_count == calls


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/file",
        "http://lookaside.fbsbx.com/file",
        "https://lookaside.fbsbx.com@evil.example/file",
        "https://evilfbsbx.com/file",
        "https://user@lookaside.fbsbx.com/file",
        "file:///etc/passwd",
        "https://[",
    ],
)
async def test_a_token_goes_to_metas_media_hosts_only(graph: GraphClient, url: str) -> None:
    with pytest.raises(RejectedError):
        _ = [chunk async for chunk in graph.download(url, token=TOKEN)]


async def test_media_are_downloaded_in_chunks(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
    respx_mock.get(url).respond(content=b"content")

    chunks = [chunk async for chunk in graph.download(url, token=TOKEN)]

    assert b"".join(chunks) == b"content"


async def test_a_stale_media_address_says_what_to_do(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
    respx_mock.get(url).respond(404)

    with pytest.raises(RejectedError, match="media id again"):
        _ = [chunk async for chunk in graph.download(url, token=TOKEN)]


async def test_a_refused_token_is_renewed_once(
    graph: GraphClient, respx_mock: respx.MockRouter
) -> None:
    account = StandInAccount(token="EAAold", renewed="EAAnew")
    route = respx_mock.post(f"{ROOT}/1/messages").mock(
        side_effect=[httpx.Response(401, json=EXPIRED), httpx.Response(200, json={"ok": 1})]
    )

    answer = await AccountGraph(graph, account).post("1/messages", json={})

    assert answer == {"ok": 1}
    assert [request.headers["authorization"] for request in requests_to(route)] == [
        "Bearer EAAold",
        "Bearer EAAnew",
    ]


@pytest.mark.parametrize("renewed", [None, "EAAold"])
async def test_a_token_that_cannot_be_renewed_keeps_metas_reason(
    graph: GraphClient, respx_mock: respx.MockRouter, renewed: str | None
) -> None:
    account = StandInAccount(token="EAAold", renewed=renewed)
    route = respx_mock.get(f"{ROOT}/1").respond(401, json=EXPIRED)

    with pytest.raises(AuthorizationError) as caught:
        await AccountGraph(graph, account).get("1")

    assert (caught.value.code, caught.value.subcode) == (190, 463)
    assert (account.refreshes, route.call_count) == (1, 1)


async def test_a_wrong_address_is_the_administrators_concern(
    host: RecordingHost, pauses: Pauses
) -> None:
    client = GraphClient(
        host.http, base_url="ftp://graph", version="v25.0", app_secret=None, log=RecordingLog()
    )

    with pytest.raises(ConfigurationError, match="graphUrl"):
        await client.get("1", token=TOKEN)
