"""Addresses of triggers: whoever knows one begins runs, and nobody else does."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector
from appmixer.engine.contract.testing import Clock
from appmixer.engine.events.hook_requests import HookRequests
from appmixer.engine.host import engine as engine_module
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.observe.logs import get_log
from appmixer.engine.settings import Settings

from .clockwork import Clockwork, flow
from .conftest import Until, client_of, start

pytestmark = pytest.mark.anyio

Runs = Callable[..., Awaitable[list[dict[str, Any]]]]


def path(shown: dict[str, Any]) -> str:
    [hook] = shown["hooks"]
    return httpx.URL(hook["url"]).path


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the engine logs; to be named before it."""
    stream = io.StringIO()

    def log_there(name: str, redaction: Any = None) -> object:
        return get_log(name, stream, redaction)

    monkeypatch.setattr(engine_module, "get_log", log_there)
    return stream


def values(run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = run["steps"][0]["output"]["out"][0]
    return found


async def test_a_request_of_any_method_begins_a_run_and_is_answered_as_the_trigger_says(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, plugin: Clockwork, runs: Runs
) -> None:
    shown = await start(admin, flow("Asked", note={"text": "{{ begin.out.body }}"}))
    address = path(shown)

    answers = [
        await stranger.request(method, f"{address}?a=1&a=2&b=", content=f"by {method}")
        for method in ("POST", "GET", "PUT", "DELETE", "PATCH", "PURGE")
    ]
    found = await runs(6)

    assert re.fullmatch(r"/hooks/[A-Za-z0-9_-]{43}", address)
    assert [(each.status_code, each.text) for each in answers] == [(202, "taken")] * 6
    assert sorted(plugin.noted[1:]) == sorted(
        f"by {method}" for method in ("POST", "GET", "PUT", "DELETE", "PATCH", "PURGE")
    )
    assert values(found[0])["query"] == {"a": ["1", "2"], "b": ""}
    assert {run["eventId"] for run in found} == {None}


async def test_a_body_that_is_no_text_and_headers_reach_the_trigger(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: Runs
) -> None:
    address = path(await start(admin, flow("Asked")))

    await stranger.post(address, content=b"\xff\x00", headers={"X-Mine": "yes"})
    [run] = await runs(1)

    assert values(run)["body"] == base64.b64encode(b"\xff\x00").decode()
    assert values(run)["header"] == "yes"


async def test_the_address_outlives_versions_stops_and_restarts_and_goes_with_the_flow(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> None:
    async with open_engine(settings, connectors, clock) as engine:
        owner = engine.owners.first_owner_id
        await engine.flows.put(owner, "flow", flow("Asked"))
        await engine.flows.start(owner, "flow")
        first = await engine.flows.get(owner, "flow")
        await engine.flows.put(owner, "flow", flow("Asked", {"methods": ["POST"]}))
        second = await engine.flows.start(owner, "flow")
        stopped = await engine.flows.stop(owner, "flow")
    async with open_engine(settings, connectors, clock) as engine:
        third = await engine.flows.start(owner, "flow")
        async with client_of(engine) as stranger:
            taken = await stranger.post(path(first), content="x")
            not_allowed = await stranger.get(path(first))
            await engine.flows.put(owner, "flow", flow("Scheduled"))
            without = await engine.flows.start(owner, "flow")
            closed = await stranger.post(path(first), content="x")
            await engine.flows.delete(owner, "flow")
            gone = await stranger.post(path(first), content="x")
        await engine.flows.put(owner, "flow", flow("Asked"))
        anew = await engine.flows.start(owner, "flow")

    addresses = {path(each) for each in (first, second, stopped, third, without)}
    assert len(addresses) == 1
    assert [each["hooks"][0]["isOpen"] for each in (second, stopped, third, without)] == [
        True,
        False,
        True,
        False,
    ]
    assert (taken.status_code, not_allowed.status_code) == (202, 405)
    assert not_allowed.headers["allow"] == "POST"
    assert (closed.status_code, gone.status_code) == (404, 404)
    assert path(anew) not in addresses


async def test_a_stopped_flow_says_so_and_a_wrong_address_tells_nothing(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    address = path(await start(admin, flow("Asked")))
    await admin.post("/api/flows/flow/stop")

    stopped = await stranger.post(address, content="x")
    wrong = [
        await stranger.post(each, content="x")
        for each in ("/hooks/", f"{address}x", address[:-1], "/hooks/%FF", address.upper())
    ]

    assert stopped.status_code == 404
    assert stopped.json()["error"]["title"] == "The flow behind this address is stopped"
    assert {(each.status_code, each.json()["error"]["title"]) for each in wrong} == {
        (404, "There is nothing at this address")
    }
    assert (await admin.get("/api/runs")).json()["runs"] == []


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ("bad", 422, "Not that"),
        ("bug", 500, "Something unexpected went wrong inside the engine"),
        ("ignore", 202, None),
    ],
)
async def test_what_the_trigger_does_not_take_begins_no_run(
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    body: str,
    status: int,
    title: str | None,
) -> None:
    address = path(await start(admin, flow("Asked")))

    answer = await stranger.post(address, content=body)

    assert answer.status_code == status
    assert title is None or answer.json()["error"]["title"] == title
    assert (await admin.get("/api/runs")).json()["runs"] == []


async def test_a_later_step_answers_and_what_it_says_cannot_speak_for_the_engine(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: Runs
) -> None:
    reply = {"text": "<script>1</script>", "status": 201, "headers": {"X-Own": "1"}}
    document = flow("Asked", {"answerWithinS": 30}, reply=reply)
    address = path(await start(admin, document))

    answer = await stranger.post(address, content="x")
    [run] = await runs(1)

    assert (answer.status_code, answer.text) == (201, "<script>1</script>")
    assert answer.headers["x-own"] == "1"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"headers": {"Set-Cookie": "appmixer_session=x"}}, "headers"),
        ({"headers": {"Content-Security-Policy": ""}}, "headers"),
        ({"headers": {"X-Two": "a\r\nSet-Cookie: b"}}, "headers"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "headers"),
        ({"status": 700}, "status"),
        ({"text": "x" * (1024 * 1024 + 1)}, "body"),
    ],
)
async def test_an_answer_that_cannot_be_given_fails_the_step_and_tells_the_sender(
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    runs: Runs,
    given: dict[str, Any],
    field: str,
) -> None:
    document = flow("Asked", {"answerWithinS": 30}, reply={"text": "x", **given})
    address = path(await start(admin, document))

    answer = await stranger.post(address, content="x")
    [run] = await runs(1)

    assert answer.status_code == 502
    assert answer.json()["error"]["title"] == "The flow has failed before it answered"
    assert run["error"]["field"] == field


async def test_a_flow_that_ends_without_an_answer_keeps_nobody_waiting(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    address = path(await start(admin, flow("Asked", {"answerWithinS": 600}, note={"text": "x"})))

    answer = await stranger.post(address, content="x")

    assert (answer.status_code, answer.text) == (202, "taken")


async def test_the_sender_is_told_when_the_time_is_over_and_the_step_is_too_late(
    engine: Engine,
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    plugin: Clockwork,
    clock: Clock,
    runs: Runs,
    until: Until,
) -> None:
    address = path(await start(admin, flow("Asked", {"answerWithinS": 30}, reply={"text": "x"})))
    plugin.may_go_on.clear()
    asking = asyncio.create_task(stranger.post(address, content="x"))

    async def is_running() -> bool:
        return bool((await admin.get("/api/runs")).json()["runs"])

    await until(is_running)

    async def is_answered() -> bool:
        clock.advance(10)
        return asking.done()

    await until(is_answered)
    plugin.may_go_on.set()
    [run] = await runs(1)

    answer = await asking
    assert answer.status_code == 504
    assert answer.json()["error"]["title"] == "The flow has not answered in time"
    assert (run["status"], run["error"]["title"]) == ("failed", "It is too late to answer")


async def test_only_the_first_answer_counts(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: Runs
) -> None:
    steps = {"reply_1": {"text": "first"}, "reply_2": {"text": "second"}}
    document = flow("Asked", {"answerWithinS": 30}, **steps)
    document["components"]["reply_2"]["source"] = {"in": {"reply_1": ["out"]}}
    address = path(await start(admin, document))

    answer = await stranger.post(address, content="x")
    [run] = await runs(1)

    assert answer.text == "first"
    assert run["error"]["title"] == "The request is answered already"


async def test_a_run_that_no_request_has_begun_has_nothing_to_answer(
    admin: httpx.AsyncClient, runs: Runs
) -> None:
    await admin.put("/api/flows/flow", json=flow("Asked", reply={"text": "x"}))
    given: dict[str, Any] = {"values": {"method": "GET", "body": "", "query": {}}}

    await admin.post("/api/flows/flow/run", json=given)
    [run] = await runs(1)

    assert run["error"]["title"] == "There is no request to answer"


async def test_a_request_that_comes_again_with_its_key_begins_one_run(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: Clock, runs: Runs
) -> None:
    document = flow("Asked", {"answerWithinS": 30}, reply={"text": "{{ begin.out.body }}"})
    address = path(await start(admin, document))
    key = {"Idempotency-Key": "order-1"}

    together = await asyncio.gather(
        *(stranger.post(address, content="x", headers=key) for _ in range(5))
    )
    again = await stranger.post(address, content="x", headers=key)
    other = await stranger.post(address, content="y", headers=key)
    found = await runs(1)
    clock.advance(86_401)
    later = await stranger.post(address, content="x", headers=key)

    assert [(each.status_code, each.text) for each in [*together, again]] == [(200, "x")] * 6
    assert other.status_code == 409
    assert other.json()["error"]["title"] == "The key was used for another request"
    assert len(found) == 1
    assert later.status_code == 200
    assert len(await runs(2)) == 2


async def test_the_secret_of_an_address_is_in_no_log_metric_run_or_event(
    logged: io.StringIO,
    engine: Engine,
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    runs: Runs,
) -> None:
    address = path(await start(admin, flow("Asked")))
    secret = address.removeprefix("/hooks/")

    for body in ("x", "bad", "bug"):
        await stranger.post(address, content=body)
    [run] = await runs(1)
    metrics = (await stranger.get("/metrics")).text
    with (engine.settings.data / "appmixer.sqlite").open("rb") as file:
        stored = file.read() + (engine.settings.data / "appmixer.sqlite-wal").read_bytes()

    log = logged.getvalue()
    assert "a trigger's fault" in log
    assert secret not in log
    assert secret not in metrics
    assert 'appmixer_http_requests_total{area="hooks",status="202"} 1.0' in metrics
    assert secret not in str(run)
    assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (ZeroDivisionError("a fault of the engine"), 500, "request_failed"),
        (OperationalError("", {}, OSError("the database is away")), 503, "database_failed"),
    ],
)
async def test_what_goes_wrong_at_an_address_is_logged_without_its_secret(
    logged: io.StringIO,
    admin: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    event: str,
) -> None:
    address = path(await start(admin, flow("Asked")))

    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(HookRequests, "begin", fail)
    answer = await stranger.post(address, content="x")
    log = logged.getvalue()

    assert answer.status_code == status
    assert event in log
    assert '"path": "/hooks/"' in log
    assert address.removeprefix("/hooks/") not in log


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    address = path(await start(admin, flow("Asked")))

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    declared = await stranger.post(address, content=b"x" * (1024 * 1024 + 1))
    in_pieces = await stranger.post(address, content=pieces())

    assert [each.status_code for each in (declared, in_pieces)] == [413, 413]
    assert (await admin.get("/api/runs")).json()["runs"] == []


async def test_many_requests_for_one_owner_take_no_place_of_anothers(
    settings: Settings, connectors: dict[str, Connector], clock: Clock, until: Until
) -> None:
    environment = {"APPMIXER_MAX_OPEN_REQUESTS": "3"}
    limited = Settings(data=settings.data, environment=environment)
    async with open_engine(limited, connectors, clock) as engine:
        plugin = engine.plugins["test:clockwork"]
        assert isinstance(plugin, Clockwork)
        plugin.may_go_on.clear()
        owner, made = engine.owners.first_owner_id, await engine.owners.create("Other")
        document = flow("Asked", {"answerWithinS": 30}, reply={"text": "x"})
        await engine.flows.put(owner, "flow", document)
        busy = path(await engine.flows.start(owner, "flow"))
        await engine.flows.put(made["id"], "flow", flow("Asked"))
        free = path(await engine.flows.start(made["id"], "flow"))
        async with client_of(engine) as stranger:
            waiting = [asyncio.create_task(stranger.post(busy, content="x")) for _ in range(3)]

            async def all_wait() -> bool:
                return len(await engine.runs.list(owner)) == 3

            await until(all_wait)
            refused = await stranger.post(busy, content="x")
            others = await stranger.post(free, content="x")
            plugin.may_go_on.set()
            answers = [(await each).status_code for each in waiting]
            after = await stranger.post(busy, content="x")

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert others.status_code == 202
    assert (answers, after.status_code) == ([200] * 3, 200)


async def test_a_flood_at_one_owners_address_is_turned_away_with_the_time_to_come_back(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: Clock
) -> None:
    flooded = path(await start(admin, flow("Asked")))
    free = path(await start(other, flow("Asked")))

    statuses = [(await stranger.post(flooded, content="ignore")).status_code for _ in range(501)]
    refused = await stranger.post(flooded, content="ignore")
    others = await stranger.post(free, content="ignore")
    clock.advance(1)
    again = await stranger.post(flooded, content="ignore")

    assert statuses == [202] * 500 + [429]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (others.status_code, again.status_code) == (202, 202)


async def test_nobody_sees_or_touches_another_owners_address(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    address = path(await start(admin, flow("Asked")))

    shown = await other.get("/api/flows/flow")
    own = path(await start(other, flow("Asked")))
    await stranger.post(address, content="x")

    assert shown.status_code == 404
    assert own != address
    assert (await other.get("/api/runs")).json()["runs"] == []


async def test_a_sender_that_goes_away_ends_its_waiting_and_not_the_run(
    engine: Engine,
    admin: httpx.AsyncClient,
    plugin: Clockwork,
    runs: Runs,
    until: Until,
) -> None:
    address = path(await start(admin, flow("Asked", {"answerWithinS": 600}, reply={"text": "x"})))
    plugin.may_go_on.clear()
    messages: asyncio.Queue[Any] = asyncio.Queue()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": address,
        "query_string": b"",
        "headers": [(b"content-length", b"1")],
    }
    messages.put_nowait({"type": "http.request", "body": b"x", "more_body": False})
    asking = asyncio.create_task(create_app(engine)(scope, messages.get, send))

    async def is_running() -> bool:
        return bool((await admin.get("/api/runs")).json()["runs"])

    await until(is_running)
    messages.put_nowait({"type": "http.disconnect"})
    await asyncio.wait_for(asking, 20)
    plugin.may_go_on.set()
    [run] = await runs(1)

    assert sent == []
    assert run["status"] == "completed"


async def test_a_run_whose_request_was_stored_happens_though_the_process_dies(
    settings: Settings, connectors: dict[str, Connector], clock: Clock, until: Until
) -> None:
    document = flow("Asked", {"answerWithinS": 600}, reply={"text": "x"}, note={"text": "noted"})
    async with open_engine(settings, connectors, clock) as engine:
        plugin = engine.plugins["test:clockwork"]
        assert isinstance(plugin, Clockwork)
        plugin.may_go_on.clear()
        owner = engine.owners.first_owner_id
        await engine.flows.put(owner, "flow", document)
        address = path(await engine.flows.start(owner, "flow"))
        async with client_of(engine) as stranger:
            asking = asyncio.create_task(stranger.post(address, content="x"))

            async def is_stored() -> bool:
                return bool(await engine.runs.list(owner))

            await until(is_stored)
            asking.cancel()
    async with open_engine(settings, connectors, clock) as engine:

        async def is_over() -> bool:
            [run] = await engine.runs.list(owner)
            return bool(run["status"] == "completed")

        await until(is_over)
