"""The medium of a message: one of an id, a link and a file, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx
from pydantic import ValidationError

from appmixer.engine.contract import Fields, RejectedError
from appmixer.engine.contract.testing import RecordingContext, RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.ledgers.proven_numbers import SenderNumber
from appmixer.whatsapp.plugin.media.references import Media, Wanted, media_object
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

SENDER = SenderNumber("106540352242922", "102290129340398", "+1 555-078-3881")
UPLOADS = "https://graph.facebook.com/v25.0/106540352242922/media"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9000)
PDF = b"%PDF-1.7\n" + bytes(9000)
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(9000)
MP3 = b"ID3" + bytes(9000)
WEBP = b"RIFF" + bytes(4) + b"WEBPVP8 " + bytes(9000)


class Picture(Fields):
    image: Media


@pytest.fixture
def context(host: RecordingHost) -> RecordingContext:
    return RecordingContext(host, WhatsApp(host), StandInAccount())


async def read(
    context: RecordingContext, kind: Wanted, sender: SenderNumber = SENDER, **fields: Any
) -> dict[str, Any]:
    return await media_object(context, sender, Media(**fields), kind, field="image")


def fault(image: dict[str, Any]) -> tuple[str, str]:
    """Return where an input is refused, and in which words."""
    with pytest.raises(ValidationError) as caught:
        Picture.model_validate({"image": image})
    found = caught.value.errors()[0]
    return ".".join(map(str, found["loc"])), found["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "none"),
        ({"mediaId": "", "link": None, "fileId": ""}, "none"),
        ({"mediaId": "1", "link": "https://lucky.example/a"}, "a media ID and a link"),
        ({"link": "https://lucky.example/a", "fileId": "file-1"}, "a link and a file"),
    ],
)
def test_exactly_one_is_needed(given: dict[str, Any], told: str) -> None:
    assert fault(given) == ("image", f"Give one of media ID, link and file; here is {told}.")


@pytest.mark.parametrize(
    "link",
    [
        "http://localhost/a.png",
        "http://files.localhost:8000/a.png",
        "http://127.0.0.1/a.png",
        "https://10.1.2.3/a.png",
        "https://[::1]/a.png",
        "https://[/a.png",
        "https://user:hush-1@lucky.example/a.png",
        "https:///a.png",
    ],
)
def test_a_link_that_meta_cannot_fetch_is_refused(link: str) -> None:
    where, words = fault({"link": link})

    assert (where, "public address" in words) == ("image.link", True)
    assert "hush-1" not in words


@pytest.mark.parametrize("given", [{"mediaId": "12a"}, {"link": "ftp://lucky.example/a"}])
def test_what_is_no_id_and_no_web_address_is_refused(given: dict[str, Any]) -> None:
    assert fault(given)[0] == f"image.{next(iter(given))}"


async def test_an_id_or_a_link_goes_into_the_message_as_it_is(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    by_id = await read(context, "image", mediaId="1003383421387256", link="", fileId=None)
    by_link = await read(context, "image", link="https://93.184.216.34/show?id=7")

    assert by_id == {"id": "1003383421387256"}
    assert by_link == {"link": "https://93.184.216.34/show?id=7"}
    assert not respx_mock.calls


async def test_a_file_is_uploaded_under_the_type_of_its_content(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.post(UPLOADS).respond(json={"id": "4490709327384033"})
    file = context.files.keep("plant.jpg", "image/jpeg", PNG)

    found = await read(context, "image", fileId=file.id)

    assert found == {"id": "4490709327384033"}
    [request] = requests()
    assert PNG in request.content
    assert b'filename="plant.png"\r\nContent-Type: image/png' in request.content


async def test_a_file_is_uploaded_once_for_a_number_in_45_minutes(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    first = respx_mock.post(UPLOADS).mock(
        side_effect=[httpx.Response(200, json={"id": each}) for each in ("1", "2")]
    )
    other = respx_mock.post("https://graph.facebook.com/v25.0/3003/media").respond(json={"id": "9"})
    file = context.files.keep("plant.png", "image/png", PNG)

    soon = [await read(context, "image", fileId=file.id) for _ in range(2)]
    elsewhere = await read(context, "image", SenderNumber("3003", "2002"), fileId=file.id)
    context.host.clock.advance(46 * 60)
    later = await read(context, "image", fileId=file.id)

    assert (soon, elsewhere, later) == ([{"id": "1"}, {"id": "1"}], {"id": "9"}, {"id": "2"})
    assert (first.call_count, other.call_count) == (2, 1)


async def test_what_was_uploaded_for_one_owner_is_not_another_owners(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    uploads = respx_mock.post(UPLOADS).respond(json={"id": "1"})
    file = context.files.keep("plant.png", "image/png", PNG)

    await read(context, "image", fileId=file.id)
    await read(replace(context, owner_id="owner-2"), "image", fileId=file.id)

    assert uploads.call_count == 2


async def test_a_file_that_is_gone_is_not_sent_from_memory(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(UPLOADS).respond(json={"id": "1"})
    file = context.files.keep("plant.png", "image/png", PNG)
    await read(context, "image", fileId=file.id)
    context.files.contents.clear()

    with pytest.raises(RejectedError, match="No such file") as caught:
        await read(context, "image", fileId=file.id)

    assert caught.value.field == "image"


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("image", PDF, "It is a document of the type application/pdf"),
        ("image", WEBP, "It is a sticker, which is WebP of the type image/webp"),
        ("video", PNG, "this message takes a video"),
        ("audio", PNG, "this message takes a sound"),
        ("voice", MP3, "OGG coded with Opus"),
        ("sticker", PNG, "this message takes a sticker"),
    ],
)
async def test_a_file_of_another_kind_is_refused_before_any_call(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    kind: Wanted,
    content: bytes,
    told: str,
) -> None:
    file = context.files.keep("file", "application/pdf", content)

    with pytest.raises(RejectedError, match="another kind") as caught:
        await read(context, kind, fileId=file.id)

    assert (caught.value.field, told in caught.value.cause) == ("image", True)
    assert not respx_mock.calls


@pytest.mark.parametrize(
    ("kind", "content"),
    [("voice", OGG), ("audio", OGG), ("audio", MP3), ("sticker", WEBP), ("document", PNG)],
)
async def test_a_file_of_the_kind_is_taken(
    context: RecordingContext, respx_mock: respx.MockRouter, kind: Wanted, content: bytes
) -> None:
    respx_mock.post(UPLOADS).respond(json={"id": "1"})
    file = context.files.keep("file", "", content)

    assert await read(context, kind, fileId=file.id) == {"id": "1"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("plant.png", b"\x89PNG\r\n\x1a\n" + bytes(6 * 1024 * 1024), "may have 5 MB"),
        ("a.exe", b"MZ" + bytes(600), "The content is of the type"),
    ],
)
async def test_a_file_that_whatsapp_does_not_take_is_refused_by_the_name_of_its_field(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    name: str,
    content: bytes,
    told: str,
) -> None:
    file = context.files.keep(name, "", content)

    with pytest.raises(RejectedError) as caught:
        await read(context, "image", fileId=file.id)

    assert (caught.value.field, told in caught.value.cause) == ("image", True)
    assert not respx_mock.calls


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        ("image", "https://lucky.example/catalogue.PDF?x=1"),
        ("image", "https://lucky.example/a.webp"),
        ("video", "https://lucky.example/a.mp3"),
        ("audio", "https://lucky.example/a.png"),
        ("voice", "https://lucky.example/a.mp3"),
        ("sticker", "https://lucky.example/a.png"),
    ],
)
async def test_a_link_that_ends_like_another_kind_is_refused(
    context: RecordingContext, kind: Wanted, link: str
) -> None:
    with pytest.raises(RejectedError, match="another kind") as caught:
        await read(context, kind, link=link)

    assert caught.value.field == "image"


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        ("image", "https://lucky.example/a.JPEG"),
        ("image", "https://lucky.example/pdf"),
        ("image", "https://lucky.example/v1.2/show"),
        ("audio", "https://lucky.example/a.mp4"),
        ("voice", "https://lucky.example/a.ogg"),
        ("document", "https://lucky.example/a.png"),
    ],
)
async def test_a_link_that_may_lead_to_the_kind_is_taken(
    context: RecordingContext, kind: Wanted, link: str
) -> None:
    assert await read(context, kind, link=link) == {"link": link}
