"""Every error of the interface: a right status, and a sentence with cause and cure."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.engine.api.answers import answer_any
from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.errors import NotFoundError
from appmixer.engine.host.engine import Engine

pytestmark = pytest.mark.anyio

TEXTS = ("Title", "Cause.", "Cure.")
SAY: dict[str, Any] = {"account": "keys", "input": {"text": "hi"}}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RejectedError(*TEXTS, "to", 131026, 7, "trace"), 422),
        (ConfigurationError(*TEXTS), 409),
        (AuthorizationError(*TEXTS), 409),
        (OutcomeUnknownError(*TEXTS), 504),
        (ThrottledError(*TEXTS, retry_after_s=2.5), 429),
        (NotFoundError("There is no such thing."), 404),
        (LookupError("There is no such thing."), 404),
        (KeyError("a bug, not an answer"), 500),
        (ZeroDivisionError(), 500),
    ],
)
async def test_the_status_tells_the_next_step(
    engine: Engine, error: Exception, status: int
) -> None:
    assert answer_any(engine, error, "/path").status_code == status


async def test_an_error_carries_the_services_own_codes(engine: Engine) -> None:
    answer = answer_any(engine, RejectedError(*TEXTS, "to", 131026, 7, "trace"), "/path")

    assert json.loads(bytes(answer.body)) == {
        "error": {
            "title": "Title",
            "cause": "Cause.",
            "cure": "Cure.",
            "field": "to",
            "code": 131026,
            "subcode": 7,
            "trace": "trace",
        }
    }


async def test_a_busy_service_says_when_to_come_back(engine: Engine) -> None:
    answer = answer_any(engine, ThrottledError(*TEXTS, retry_after_s=2.5), "/path")

    assert answer.headers["retry-after"] == "3"


async def test_a_flow_with_faults_names_all_of_them(admin: httpx.AsyncClient) -> None:
    flow = {"name": "x", "components": {"a": {"type": "test.echo.Hear"}}, "colour": "red"}

    answer = await admin.put("/api/flows/x", json=flow)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "path": "colour",
            "text": "There is no such field; check its spelling or remove it.",
        },
        {
            "path": "components.a.type",
            "text": "There is no component 'test.echo.Hear'; did you mean 'test.echo.Heard'?",
        },
        {
            "path": "components",
            "text": "No component is a trigger, so nothing would ever start this flow.",
        },
    ]
    assert (await admin.get("/api/flows")).json() == {"flows": [], "drafts": []}


@pytest.mark.parametrize(
    ("method", "path", "content", "field"),
    [
        ("POST", "/api/accounts", b"{", ""),
        ("POST", "/api/accounts", b"[]", ""),
        ("POST", "/api/accounts", b'{"accessToken":"t"}', "service"),
        ("POST", "/api/accounts", b'{"service":"x","accessToken":"t","nam":"y"}', "nam"),
        ("PUT", "/api/flows/x%20y", b"{}", "flow_id"),
        ("GET", "/api/runs?limit=0", b"", "limit"),
        ("POST", "/api/events/x/replay", b"", "event_id"),
    ],
)
async def test_a_request_with_a_fault_is_told_where(
    admin: httpx.AsyncClient, method: str, path: str, content: bytes, field: str
) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await admin.request(method, path, content=content, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["error"].get("field", "") == field


async def test_a_body_that_is_too_large_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.put("/api/flows/x", content=b" " * (5 * 1024 * 1024 + 1))

    assert answer.status_code == 413
    assert answer.json()["error"]["title"] == "The request is too large"


async def test_tries_a_component_out(admin: httpx.AsyncClient, owner: str) -> None:
    done = await admin.post("/api/components/test.echo.Say/test", json=SAY)
    faulty = await admin.post("/api/components/test.echo.Say/test", json={**SAY, "input": {}})
    unknown = await admin.post("/api/components/test.echo.Shout/test", json=SAY)

    assert (done.status_code, done.json()["output"]["said"][0]["text"]) == (200, "hi")
    assert (faulty.status_code, unknown.status_code) == (422, 404)


async def test_lists_a_fields_options(admin: httpx.AsyncClient, owner: str) -> None:
    query: dict[str, Any] = {
        "type": "test.echo.Say",
        "field": "text",
        "account": "keys",
        "input": {},
    }

    found = await admin.post("/api/options", json=query)

    assert [each["label"] for each in found.json()["options"]] == ["Hello"]


async def test_lists_connectors_with_components_and_schemas(admin: httpx.AsyncClient) -> None:
    [connector] = (await admin.get("/api/components")).json()["connectors"]

    assert (connector["id"], connector["auth"]["service"]) == ("test:echo", "echo")
    assert [each["name"] for each in connector["components"]] == [
        "test.echo.Heard",
        "test.echo.Say",
    ]
    assert connector["components"][1]["schema"]["properties"]["text"]["type"] == "string"


async def test_publishes_every_path_of_the_interface(admin: httpx.AsyncClient) -> None:
    document = (await admin.get("/api/openapi.json")).json()

    assert {
        "/api/components",
        "/api/accounts",
        "/api/flows",
        "/api/flows/{flow_id}",
        "/api/flows/{flow_id}/start",
        "/api/flows/{flow_id}/stop",
        "/api/runs",
        "/api/runs/{run_id}",
        "/api/events",
        "/api/events/{event_id}/replay",
        "/api/options",
        "/api/components/{type}/test",
        "/api/stream",
    } <= set(document["paths"])
