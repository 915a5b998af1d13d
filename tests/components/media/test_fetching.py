"""New Message that fetches files by itself: the file is there, or the message says why not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import JsonObject
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.triggers.new_message import NewMessage
from appmixer.whatsapp.plugin.fields.senders import whatsapp
from appmixer.whatsapp.plugin.ledgers.fetch_budget import FetchBudget
from appmixer.whatsapp.plugin.media.fetching import CURE
from appmixer.whatsapp.plugin.triggers.message_parts import ReceivedMedia
from appmixer.whatsapp.plugin.triggers.messages import Message

pytestmark = pytest.mark.anyio

MEDIA_ID = "4490709327384033"
NODE = f"https://graph.facebook.com/v25.0/{MEDIA_ID}"
URL = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=4490709327384033"
PDF = b"%PDF-1.7\n" + b"receipt" * 3000
MB = 1024 * 1024


@pytest.fixture
def fetching(context: RecordingContext) -> RecordingContext:
    context.properties = NewMessage.Input(fetch_media=True)
    return context


def event(kind: str = "document", **part: Any) -> JsonObject:
    file = {"id": MEDIA_ID, "mime_type": "application/pdf", "filename": "May.pdf", **part}
    message = {"from": "16505551234", "id": "wamid.1", "timestamp": "1790000000", "type": kind}
    return {"phoneNumberId": "106540352242922", "message": {**message, kind: file}}


def node(meta: respx.MockRouter, **changes: Any) -> respx.Route:
    sha256 = base64.b64encode(hashlib.sha256(PDF).digest()).decode()
    found = {"id": MEDIA_ID, "url": URL, "mime_type": "application/pdf", "sha256": sha256}
    return meta.get(NODE).respond(json=found | changes)


async def heard(context: RecordingContext, what: JsonObject) -> Message:
    message = await NewMessage().receive(context, what)
    assert message is not None
    return message


async def media_of(context: RecordingContext) -> ReceivedMedia:
    media = (await heard(context, event())).media
    assert media is not None
    return media


async def test_the_file_is_here_before_the_run_begins(
    fetching: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    node(respx_mock)
    respx_mock.get(URL).respond(content=PDF)

    media = await media_of(fetching)

    assert (media.file_id, media.error) == ("file-1", None)
    file, content = fetching.files.contents["file-1"]
    assert (file.name, content) == ("May.pdf", PDF)


async def test_without_the_switch_nothing_is_fetched(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    context.properties = NewMessage.Input()

    media = await media_of(context)

    assert (media.id, media.file_id, media.error) == (MEDIA_ID, None, None)
    assert not respx_mock.calls


@pytest.mark.parametrize(
    ("types", "what"),
    [
        (["text"], event()),
        ([], {"phoneNumberId": "1", "message": {"id": "w", "type": "text", "text": {}}}),
    ],
)
async def test_only_what_starts_a_run_and_has_a_file_is_fetched(
    context: RecordingContext, respx_mock: respx.MockRouter, types: list[Any], what: JsonObject
) -> None:
    context.properties = NewMessage.Input(fetch_media=True, message_types=types)

    await NewMessage().receive(context, what)

    assert not respx_mock.calls


async def test_a_message_that_is_looked_at_again_has_the_same_file(
    fetching: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    node(respx_mock)
    fetched = respx_mock.get(URL).respond(content=PDF)

    found = [(await media_of(fetching)).file_id for _ in range(2)]
    fetching.files.contents.clear()
    after_its_end = (await media_of(fetching)).file_id

    assert (found, after_its_end) == (["file-1", "file-1"], "file-1")
    assert fetched.call_count == 2


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (httpx.Response(200, content=PDF[:-1]), "The file is not the one that Meta promised"),
        (httpx.Response(404), "The file is gone"),
        (httpx.Response(503), "No usable answer from Meta"),
        (httpx.ReadError("gone"), "No usable answer from Meta"),
        (httpx.Response(200, content=bytes(17 * MB)), "The file is too large"),
    ],
)
async def test_no_fault_of_a_file_keeps_its_message(
    fetching: RecordingContext,
    respx_mock: respx.MockRouter,
    answer: httpx.Response | Exception,
    title: str,
) -> None:
    node(respx_mock)
    respx_mock.get(URL).mock(side_effect=[answer])

    media = await media_of(fetching)

    assert media.error is not None
    assert (media.id, media.file_id, media.error.title) == (MEDIA_ID, None, title)
    assert (bool(media.error.cause), media.error.cure) == (True, CURE)
    assert fetching.files.contents == {}


async def test_a_refused_token_keeps_no_message(
    fetching: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    refusal = httpx.Response(401, json={"error": {"message": "expired", "code": 190}})
    respx_mock.get(NODE).mock(return_value=refusal)

    media = await media_of(fetching)

    assert (media.file_id, media.error is not None) == (None, True)


async def test_what_takes_too_long_is_left_to_the_flow(
    fetching: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    budget = whatsapp(fetching).fetch_budget = FetchBudget(lambda: 0.0)
    budget.spend(9.5)
    node(respx_mock)
    respx_mock.get(URL).mock(side_effect=never)

    media = await media_of(fetching)

    assert media.error is not None
    assert media.error.title == "The file takes too long"
    assert fetching.files.contents == {}


async def test_files_that_come_all_at_once_keep_other_messages_waiting_for_a_bounded_time(
    fetching: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    now = [0.0]
    budget = whatsapp(fetching).fetch_budget = FetchBudget(lambda: now[0])
    budget.spend(9.6)

    at_once = await media_of(fetching)
    assert not respx_mock.calls
    node(respx_mock)
    respx_mock.get(URL).respond(content=PDF)
    now[0] = 10.0
    later = await media_of(fetching)

    assert at_once.error is not None
    assert at_once.error.title == "Too many files have come at once"
    assert (later.file_id, later.error) == ("file-1", None)
