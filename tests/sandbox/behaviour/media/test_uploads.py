"""Resumable uploads: sessions, pieces, handles, and who may use them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from appmixer.sandbox.behaviour.media import uploads
from appmixer.sandbox.testing import RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[3] / "data" / "responses"
UPLOADS = f"/{seed.APP_ID}/uploads"
JPEG = b"\xff\xd8\xff\xe0-a picture of a plant-\xff\xd9"

Json = dict[str, Any]


def _session(length: int = len(JPEG), **changes: Any) -> Json:
    return {"file_name": "plant.jpg", "file_length": length, "file_type": "image/jpeg", **changes}


async def _start(graph: httpx.AsyncClient, **changes: Any) -> str:
    answer = await graph.post(UPLOADS, params=_session(**changes))
    assert answer.status_code == 200, answer.text
    session: str = answer.json()["id"]
    return session


async def _send(
    graph: httpx.AsyncClient, session: str, content: bytes, offset: int = 0
) -> httpx.Response:
    headers = {"file_offset": str(offset), "Authorization": f"OAuth {seed.SYSTEM_USER_TOKEN}"}
    return await graph.post(f"/{session}", content=content, headers=headers)


def _refusal(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def _example(name: str) -> Json:
    body: Json = json.loads((RESPONSES / f"{name}.json").read_text())
    return body


async def test_a_whole_file_becomes_a_handle(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    session = await _start(graph)

    answer = await _send(graph, session, JPEG)

    handle = answer.json()["h"]
    assert uploads.content_of(sandbox.world, handle) == JPEG
    assert handle.startswith("4::aW1hZ2UvanBlZw==:AR")


async def test_the_answers_have_the_keys_of_the_examples(graph: httpx.AsyncClient) -> None:
    started = (await graph.post(UPLOADS, params=_session())).json()
    described = (await graph.get(f"/{started['id']}")).json()
    sent = (await _send(graph, started["id"], JPEG)).json()

    assert started.keys() == _example("uploads.create_session").keys()
    assert described.keys() == _example("uploads.get_session").keys()
    assert described == {"id": started["id"], "file_offset": 0}
    assert sent.keys() == _example("uploads.send_file").keys()


async def test_pieces_are_put_together_where_they_belong(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    session = await _start(graph)

    first = await _send(graph, session, JPEG[:10])
    twice = await _send(graph, session, JPEG[:10])
    where = (await graph.get(f"/{session}")).json()["file_offset"]
    last = await _send(graph, session, JPEG[where:], where)

    assert first.json() == {"id": session, "file_offset": 10}
    assert _refusal(twice) == (400, 100)
    assert uploads.content_of(sandbox.world, last.json()["h"]) == JPEG


async def test_what_arrived_before_the_connection_broke_is_kept(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    session = await _start(graph)
    address = urlsplit(sandbox.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)

    head = (
        f"POST /v25.0/{session} HTTP/1.1\r\nHost: {address.netloc}\r\nfile_offset: 0\r\n"
        f"Authorization: OAuth {seed.SYSTEM_USER_TOKEN}\r\nContent-Length: {len(JPEG)}\r\n\r\n"
    )
    writer.write(head.encode() + JPEG[:12])
    await writer.drain()
    upload = next(iter(sandbox.world.uploads.values()))
    await until(lambda: len(upload.content) == 12)
    writer.close()

    assert (await graph.get(f"/{session}")).json()["file_offset"] == 12
    rest = await _send(graph, session, JPEG[12:], 12)
    assert uploads.content_of(sandbox.world, rest.json()["h"]) == JPEG


async def test_a_file_that_is_whole_can_be_asked_for_its_handle_again(
    graph: httpx.AsyncClient,
) -> None:
    session = await _start(graph)
    handle = (await _send(graph, session, JPEG)).json()["h"]

    again = await _send(graph, session, b"", len(JPEG))
    more = await _send(graph, session, b"x", len(JPEG))

    assert again.json() == {"h": handle}
    assert _refusal(more) == (400, 100)


async def test_a_file_that_is_longer_than_announced_is_refused(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    session = await _start(graph, length=3)

    assert _refusal(await _send(graph, session, b"four")) == (400, 100)
    assert sandbox.world.files == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"file_length": 0},
        {"file_length": "many"},
        {"file_length": 100 * 1024 * 1024 + 1},
        {"file_type": "application/zip"},
        {"file_name": "x" * 256},
    ],
)
async def test_a_session_that_breaks_a_rule_is_refused(
    changes: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    answer = await graph.post(UPLOADS, params={**_session(), **changes})

    assert _refusal(answer) == (400, 100)
    assert sandbox.world.uploads == {}


async def test_only_whoever_opened_a_session_can_use_it(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    session = await _start(graph)
    headers = {"file_offset": "0"}

    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        foreign = await other.post(f"/{session}", content=JPEG, headers=headers)
    async with sandbox.graph(token=None) as nobody:
        without = await nobody.post(f"/{session}", content=JPEG, headers=headers)
    async with sandbox.graph(f"{seed.APP_ID}|{seed.APP_SECRET}") as app:
        with_app_token = await app.post(UPLOADS, params=_session())
    unsigned = await graph.get(f"/{session.partition('?')[0]}")
    unknown = await graph.get("/upload:nothing?sig=ARx")

    refusals = [foreign, without, with_app_token, unsigned, unknown]
    assert [_refusal(answer)[1] for answer in refusals] == [100, 104, 102, 100, 100]
    assert next(iter(sandbox.world.uploads.values())).content == b""


async def test_a_session_and_a_handle_last_a_day(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    handle = (await _send(graph, await _start(graph), JPEG)).json()["h"]
    session = await _start(graph)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 24 * 3600)

    assert _refusal(await graph.get(f"/{session}")) == (400, 100)
    assert uploads.content_of(sandbox.world, handle) is None


async def test_an_id_can_be_sent_escaped(graph: httpx.AsyncClient) -> None:
    session = await _start(graph)

    answer = await graph.get("/" + quote(session, safe=""))

    assert answer.json() == {"id": session, "file_offset": 0}


@pytest.mark.parametrize("offset", ["-1", "x", "", "9" * 40])
async def test_an_offset_must_be_a_number(offset: str, graph: httpx.AsyncClient) -> None:
    session = await _start(graph)

    answer = await graph.post(f"/{session}", content=JPEG, headers={"file_offset": offset})

    assert _refusal(answer) == (400, 100)


async def test_a_session_has_no_other_method(graph: httpx.AsyncClient) -> None:
    session = await _start(graph)

    assert _refusal(await graph.delete(f"/{session}")) == (400, 2500)
