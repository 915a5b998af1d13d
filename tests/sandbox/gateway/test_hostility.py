"""Whatever strangers send, Graph answers as Meta does, does not break, and tells no secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

ENDPOINTS: list[Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "surface.json").read_text("utf-8")
)["endpoints"]
PLACE = re.compile(r"\{([a-z-]+)\}")
DEEP: Any = json.loads("[" * 60 + "]" * 60)
# In the place of each value that a call takes.
GARBAGE: list[Any] = [
    None,
    10**40,
    1.5e300,
    "",
    "\0",
    "x" * 10_000,
    "\u202e\ufeff\U0001f600",
    [],
    {},
    [[]],
    {"": {"": None}},
    {"id": {"id": []}},
    DEEP,
]
MESSAGES = f"/v25.0/{seed.PHONE_NUMBER_ID}/messages"
TOKEN = f"Authorization: Bearer {seed.SYSTEM_USER_TOKEN}\r\n"


def _names(sandbox: RunningSandbox) -> dict[str, str]:
    world = sandbox.world
    return {
        "phone-number-id": seed.PHONE_NUMBER_ID,
        "id": seed.PHONE_NUMBER_ID,
        "waba-id": seed.WABA_ID,
        "app-id": seed.APP_ID,
        "business-id": seed.BUSINESS_ID,
        "user-id": seed.SYSTEM_USER_ID,
        "template-id": next(iter(world.templates)),
        "person": seed.PERSON,
    }


def _filled(value: str, names: dict[str, str]) -> str:
    return PLACE.sub(lambda place: names.get(place[1], "1"), value)


def _check(answer: httpx.Response, what: str) -> None:
    """Success, or an error with all that Meta's errors have."""
    if answer.is_success:
        return
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    if "json" in answer.headers.get("Content-Type", ""):
        error = answer.json()["error"]
        assert {"message", "type", "code", "fbtrace_id"} <= error.keys(), what


@pytest.mark.parametrize("subject", sorted({entry["subject"] for entry in ENDPOINTS}))
async def test_no_value_breaks_a_call(
    subject: str,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.world.settings.rates = "off"
    names = _names(sandbox)

    for entry in [one for one in ENDPOINTS if one["subject"] == subject]:
        method, path = entry["call"].split(" ")[:2]
        path = _filled(entry.get("at", path), names)
        given = {**entry.get("query", {}), **entry.get("form", {}), **entry.get("json", {})}
        for name in given or {"fields": ""}:
            for wrong in GARBAGE:
                body = json.dumps({**given, name: wrong})
                answer = await graph.request(
                    method, path, content=body, headers={"Content-Type": "application/json"}
                )
                _check(answer, f"{entry['call']} {name}={str(wrong)[:40]}")
        _check(await graph.request(method, path, params={"fields": "{}{,", "limit": "-1"}), path)
        _check(await graph.request(method, path, params={"after": "\0", "limit": "9" * 99}), path)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def _raw(sandbox: RunningSandbox, request: bytes) -> bytes:
    """The answer to bytes that no client would send."""
    url = httpx.URL(sandbox.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(request)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "request_line",
    [
        f"POST {MESSAGES} HTTP/1.1\r\nHost: a\r\n{TOKEN}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        f"POST {MESSAGES} HTTP/1.1\r\nHost: a\r\n{TOKEN}Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        f"POST {MESSAGES} HTTP/1.1\r\nHost: a\r\n{TOKEN}Content-Length: -5\r\n\r\n",
        f"POST {MESSAGES} HTTP/1.1\r\nHost: a\r\n{TOKEN}Content-Length: 99999999999\r\n\r\n{{",
        f"POST {MESSAGES} HTTP/1.1\r\nHost: a\r\n{TOKEN}Content-Length: 10\r\n\r\n{{",
        "GET /v25.0/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v25.0/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET //../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v25.0/me\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW /v25.0/me HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v25.0/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        "GET /v25.0/me?access_token=%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ],
)
async def test_broken_http_is_refused_and_the_next_call_works(
    request_line: str, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    answer = await _raw(sandbox, request_line.encode("latin-1"))

    head = answer.partition(b"\r\n")[0]
    assert head == b"" or head.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert seed.SYSTEM_USER_TOKEN.encode() not in answer
    assert b"Traceback" not in answer
    assert (await graph.get("/me")).status_code == 200


async def test_the_last_of_two_equal_keys_counts(graph: httpx.AsyncClient, number: str) -> None:
    body = '{"messaging_product": "x", "messaging_product": "whatsapp", "to": 1, "to": "+%s"}'

    answer = await graph.post(
        f"/{number}/messages",
        content=body.replace("}", ', "text": {"body": "x"}}') % seed.PERSON,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("token", [None, "EAAnonsense", seed.OTHER_SYSTEM_USER_TOKEN])
async def test_nothing_of_a_business_is_told_to_strangers(
    token: str | None, sandbox: RunningSandbox
) -> None:
    names = _names(sandbox)
    names["business-id"], names["user-id"] = seed.BUSINESS_ID, seed.USER_ID
    secrets = ("Lucky Shrub", "555-078-388", seed.SYSTEM_USER_TOKEN + '"', "Sheena", "Robin Marsh")

    async with sandbox.graph(token) as stranger:
        for entry in ENDPOINTS:
            method, path = entry["call"].split(" ")[:2]
            if "{" not in path or entry.get("token", "") is None or path == "{media-url}":
                continue
            answer = await stranger.request(method, _filled(path, names))

            assert [each for each in secrets if each in answer.text] == [], entry["call"]
            if "{app-id}" not in path:
                assert not answer.is_success, entry["call"]


async def test_a_huge_upload_is_refused(graph: httpx.AsyncClient, number: str) -> None:
    form = {"messaging_product": "whatsapp", "type": "image/png"}
    files = {"file": ("a.png", b"\0" * (6 * 1024 * 1024), "image/png")}

    answer = await graph.post(f"/{number}/media", data=form, files=files)

    assert answer.status_code in (400, 413)
    assert answer.json()["error"]["code"] in (100, 131053)
