"""The plugins' own routes: fast, limited, and never a bare 500."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from appmixer.engine.api.application import create_app
from appmixer.engine.api.unsigned import Budget
from appmixer.engine.contract import Request, Response, Route, ThrottledError
from appmixer.engine.host.engine import Engine

pytestmark = pytest.mark.anyio

URL = "/plugins/test/echo/events"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def asked(engine: Engine) -> list[Request]:
    """What the plugin was asked."""
    requests: list[Request] = []

    async def take(request: Request) -> Response:
        requests.append(request)
        match request.query.get("then"):
            case "busy":
                raise ThrottledError("Not stored", "The disk is full.", retry_after_s=7)
            case "bug":
                raise ZeroDivisionError("secret detail")
            case _:
                return Response(202, b"taken", "text/plain", {"X-Mark": "1"})

    routes = [Route("POST", "/events", take, 10), Route("GET", "/events", take, 0)]
    engine.routes["test:echo"] = routes
    return requests


async def test_hands_over_raw_bytes_headers_and_query(
    browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    body = b'{"a":"\\/"}'
    headers = [("X-Sign", "sha"), ("Content-Type", "application/json"), ("X-Sign", "two")]

    answer = await browser.post(f"{URL}?q=1&empty=", content=body, headers=headers)

    assert (answer.status_code, answer.content, answer.headers["x-mark"]) == (202, b"taken", "1")
    [request] = asked
    assert (request.method, request.path, request.body) == ("POST", "/events", body)
    assert request.query == {"q": "1", "empty": ""}
    assert request.headers["x-sign"] == "sha, two"


@pytest.mark.parametrize("is_declared", [True, False])
async def test_refuses_a_longer_body_without_asking_the_plugin(
    browser: httpx.AsyncClient, asked: list[Request], is_declared: bool
) -> None:
    content = b"x" * 11 if is_declared else chunks(b"x" * 6, b"x" * 6)

    answer = await browser.post(URL, content=content)

    assert answer.status_code == 413
    assert answer.json()["error"]["cause"] == "This address takes up to 10 bytes."
    assert asked == []


async def test_joins_a_body_that_comes_in_pieces(
    browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    await browser.post(URL, content=chunks(b"one", b"", b"two"))

    assert [request.body for request in asked] == [b"onetwo"]


async def test_large_bodies_that_come_together_share_a_budget_and_small_ones_pass(
    engine: Engine, asked: list[Request]
) -> None:
    [take, _] = engine.routes["test:echo"]
    engine.routes["test:echo"] = [replace(take, max_body_bytes=1_000_000)]
    transport = httpx.ASGITransport(app=create_app(engine, Budget(max_bytes=150_000)))
    has_begun, is_turned_away = asyncio.Event(), asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield b"x" * 200_000
        has_begun.set()
        await is_turned_away.wait()
        yield b"x"

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as caller:
        first = asyncio.create_task(caller.post(URL, content=halting()))
        await has_begun.wait()
        refused = await caller.post(URL, content=chunks(b"x" * 100_000, b"x"))
        small = await caller.post(URL, content=chunks(b"x" * 30_000, b"x" * 30_000))
        is_turned_away.set()
        done = await first
        after = await caller.post(URL, content=chunks(b"x" * 200_000, b"x"))

    assert [each.status_code for each in (refused, small, done, after)] == [503, 202, 202, 202]
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
    assert [len(request.body) for request in asked] == [60_000, 200_001, 200_001]


@pytest.mark.parametrize("path", [URL, "/api/owners"])
async def test_a_body_that_goes_on_and_on_is_not_waited_for(
    engine: Engine, asked: list[Request], path: str
) -> None:
    app = create_app(engine, Budget(max_body_s=0.1))

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"1"
            await asyncio.sleep(0.05)

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as caller:
        answer = await caller.post(path, content=endless())

    assert answer.status_code == 408
    assert answer.json()["error"]["cause"] == "Its body has not come within 0.1 seconds."
    assert asked == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", URL, 405),
        ("POST", "/plugins/test/echo", 404),
        ("POST", "/plugins/", 404),
        ("POST", "/plugins/test/other/events", 404),
    ],
)
async def test_refuses_what_no_plugin_wants(
    browser: httpx.AsyncClient, asked: list[Request], method: str, path: str, status: int
) -> None:
    answer = await browser.request(method, path)

    assert answer.status_code == status
    assert "title" in answer.json()["error"]
    assert asked == []


async def test_what_could_not_be_stored_is_to_be_delivered_again(
    browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    answer = await browser.post(f"{URL}?then=busy")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_a_plugins_fault_is_a_sentence_with_a_reference(
    browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    answer = await browser.post(f"{URL}?then=bug")

    assert answer.status_code == 500
    assert answer.json()["error"]["reference"] in answer.json()["error"]["cause"]
    assert "secret detail" not in answer.text


async def test_an_engine_that_stops_takes_nothing_any_more(
    engine: Engine, browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    engine.is_ready = False

    answers = [await browser.post(URL), await browser.get("/api/me"), await browser.get("/readyz")]
    alive = await browser.get("/healthz")

    engine.is_ready = True
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert answers[0].headers["retry-after"] == "1"
    assert alive.status_code == 200
    assert asked == []


async def test_counts_requests_by_area_and_status(
    browser: httpx.AsyncClient, asked: list[Request]
) -> None:
    await browser.post(URL)
    await browser.post(URL)
    await browser.get("/nothing")

    text = (await browser.get("/metrics")).text

    assert 'appmixer_http_requests_total{area="plugins",status="202"} 2.0' in text
    assert 'appmixer_http_requests_total{area="page",status="404"} 1.0' in text


async def test_a_database_that_fails_is_said_to_be_out_of_reach(
    engine: Engine, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(engine.readers, "rows", fail)

    answers = [await admin.get("/api/me"), await admin.get("/readyz")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["error"]["title"] == "The database does not answer"


async def test_counts_events_listeners_accounts_and_what_waits(
    engine: Engine, admin: httpx.AsyncClient, owner: str, hear: Callable[..., Awaitable[None]]
) -> None:
    flow = {
        "name": "Echo",
        "components": {"heard": {"type": "test.echo.Heard", "account": "keys"}},
    }
    await admin.put("/api/flows/echo", json=flow)
    await admin.post("/api/flows/echo/start")
    await hear("one", id="1")
    await hear("one", id="1")

    missing = {
        "appmixer_events_total 2.0",
        "appmixer_duplicate_events_total 1.0",
        'appmixer_listeners{connector="test:echo"} 1.0',
        'appmixer_accounts{service="test:echo",state="connected"} 1.0',
        "appmixer_queued_segments 0.0",
        'appmixer_runs_total{state="completed"} 1.0',
    }
    deadline = time.monotonic() + 60
    while missing and time.monotonic() < deadline:
        text = (await admin.get("/metrics")).text
        missing = {line for line in missing if line not in text}
    assert missing == set()
