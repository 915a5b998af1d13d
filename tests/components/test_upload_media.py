"""Upload Media, through `receive`, mostly with Graph and the internet replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx
import pytest
import respx
from freezegun import freeze_time

from appmixer.engine.contract import RejectedError, ThrottledError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.media.upload_media import UploadMedia

from .live import NUMBER, Live

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

MEDIA = "https://graph.facebook.com/v25.0/106540352242922/media"
PDF = b"%PDF-1.7\n" + b"content" * 2000
MB = 1024 * 1024


def upload(**fields: str) -> UploadMedia.Input:
    return UploadMedia.Input.model_validate({"phoneNumberId": "106540352242922", **fields})


@freeze_time("2026-09-21T14:13:20Z")
async def test_uploads_a_kept_file_under_the_type_its_content_has(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.post(MEDIA).respond(json={"id": "4490709327384033"})
    file = context.files.keep("catalogue.pdf", "application/octet-stream", PDF)

    output = await UploadMedia().receive(context, upload(fileId=file.id))

    assert output.model_dump(mode="json") == {
        "mediaId": "4490709327384033",
        "kind": "document",
        "mediaType": "application/pdf",
        "fileName": "catalogue.pdf",
        "sizeBytes": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "expiresAt": "2026-10-21T14:13:20Z",
    }
    [request] = requests()
    assert PDF in request.content
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in request.content
    assert b'name="type"\r\n\r\napplication/pdf' in request.content
    assert b'filename="catalogue.pdf"\r\nContent-Type: application/pdf' in request.content


@freeze_time("2026-09-21T14:13:20Z")
async def test_a_number_without_storage_keeps_it_as_long_as_asked(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.post(MEDIA).respond(json={"id": "1"})
    file = context.files.keep("a.pdf", "application/pdf", PDF)
    given = UploadMedia.Input(phone_number_id="106540352242922", file_id=file.id, ttl_minutes=60)

    output = await UploadMedia().receive(context, given)

    assert output.expires_at.isoformat() == "2026-09-21T15:13:20+00:00"
    assert b'name="ttl_minutes"\r\n\r\n60' in requests()[0].content


OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(300)


@pytest.mark.parametrize(
    ("kept_as", "given", "uploaded_as"),
    [
        ("voice-note.mp4", "", "voice-note.ogg"),
        ("PTT-2026.opus", "", "PTT-2026.ogg"),
        ("note", "", "note.ogg"),
        ("note", "hello.mp3", "hello.ogg"),
    ],
)
async def test_the_name_given_to_meta_does_not_contradict_the_content(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    kept_as: str,
    given: str,
    uploaded_as: str,
) -> None:
    respx_mock.post(MEDIA).respond(json={"id": "1"})
    file = context.files.keep(kept_as, "application/octet-stream", OGG)

    output = await UploadMedia().receive(context, upload(fileId=file.id, fileName=given))

    assert (output.file_name, output.kind) == (uploaded_as, "audio")
    sent = f'filename="{uploaded_as}"\r\nContent-Type: audio/ogg'
    assert sent.encode() in requests()[0].content


async def test_the_files_own_name_tells_its_type_under_another_name_too(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MEDIA).respond(json={"id": "1"})
    sheet = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    file = context.files.keep("prices.xls", "application/octet-stream", sheet)

    output = await UploadMedia().receive(context, upload(fileId=file.id, fileName="For you"))

    assert (output.file_name, output.media_type) == ("For you.xls", "application/vnd.ms-excel")


async def test_the_whole_file_is_sent_again_when_the_token_was_renewed(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    assert context.connected is not None
    context.connected.renewed = "renewed"
    refusal = httpx.Response(401, json={"error": {"message": "expired", "code": 190}})
    respx_mock.post(MEDIA).mock(side_effect=[refusal, httpx.Response(200, json={"id": "1"})])
    file = context.files.keep("a.pdf", "application/pdf", PDF)

    output = await UploadMedia().receive(context, upload(fileId=file.id))

    assert output.media_id == "1"
    assert all(PDF in request.content for request in requests())


async def test_fetches_a_public_url(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.get("https://93.184.216.34/files/catalogue.pdf").respond(content=PDF)
    respx_mock.post(MEDIA).respond(json={"id": "2"})

    output = await UploadMedia().receive(
        context, upload(url="https://93.184.216.34/files/catalogue.pdf")
    )

    assert (output.file_name, output.size_bytes, output.kind) == (
        "catalogue.pdf",
        len(PDF),
        "document",
    )
    assert "authorization" not in requests()[0].headers


async def test_a_url_is_uploaded_under_a_name_and_for_a_time_of_ones_own(
    live: Live, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get("https://93.184.216.34/a").respond(content=PDF)
    respx_mock.route(host="127.0.0.1").pass_through()
    world = live.sandbox.world
    world.numbers[NUMBER].settings.storage_configuration["status"] = "NO_STORAGE_ENABLED"

    output = await live.run(
        "UploadMedia",
        phoneNumberId=NUMBER,
        url="https://93.184.216.34/a",
        fileName="catalogue",
        ttlMinutes=30,
    )

    kept = world.media[output.media_id]
    assert (kept.content, kept.filename) == (PDF, "catalogue.pdf")
    assert output.expires_at.timestamp() == live.context.clock.now + 1800
    assert kept.expires_at - world.clock.now() <= 1800


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/secret",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "file:///etc/passwd",
        "https://user:hush-1@93.184.216.34/a.pdf",
        "//nowhere",
    ],
)
async def test_a_url_that_leads_inside_is_refused_before_any_call(
    context: RecordingContext, respx_mock: respx.MockRouter, url: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(url=url))

    assert caught.value.field == "url"
    assert "hush-1" not in str(caught.value)
    assert not respx_mock.calls


async def test_a_file_of_200_mb_is_refused_without_reading_it(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    file = context.files.keep("film.mp4", "video/mp4", b"", size_bytes=200 * MB)

    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(fileId=file.id))

    assert caught.value.field == "fileId"
    assert "200.0 MB" in caught.value.cause
    assert context.files.chunks_read == 0
    assert not respx_mock.calls


async def test_a_file_too_large_for_its_kind_is_refused_while_it_is_read(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20 * MB)
    file = context.files.keep("a.png", "image/png", picture)

    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(fileId=file.id))

    assert (
        caught.value.cause
        == "A file of the kind image may have 5 MB; this one has 20.0 MB or more."
    )
    assert context.files.chunks_read < 100
    assert not respx_mock.calls


async def test_a_url_that_never_ends_is_given_up_at_the_limit(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get("https://93.184.216.34/endless").mock(
        return_value=httpx.Response(200, content=b"\xff\xd8\xff\xe0" + bytes(6 * MB))
    )

    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(url="https://93.184.216.34/endless"))

    assert caught.value.title == "The file is too large"


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("a.exe", "application/pdf", b"MZ" + bytes(600)),
        ("a.gif", "image/gif", b"GIF89a" + bytes(600)),
        ("a.html", "text/html", b"<html></html>"),
        ("a.txt", "text/plain", b"zero\x00byte"),
        ("a.ogg", "audio/ogg", b"OggS" + bytes(24) + b"\x01vorbis" + bytes(600)),
        ("empty", "image/png", b""),
    ],
)
async def test_a_type_that_whatsapp_does_not_take_is_refused_before_any_call(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    name: str,
    media_type: str,
    content: bytes,
) -> None:
    file = context.files.keep(name, media_type, content)

    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(fileId=file.id))

    assert (caught.value.title, caught.value.field) == (
        "WhatsApp does not take this type of file",
        "fileId",
    )
    assert not respx_mock.calls


@pytest.mark.parametrize("fields", [{}, {"fileId": "file-1", "url": "https://lucky.example/a"}])
async def test_exactly_one_file_is_needed(
    context: RecordingContext, fields: dict[str, str]
) -> None:
    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(**fields))

    assert caught.value.title == "One file is needed"


async def test_a_file_that_is_not_the_owners_is_refused(context: RecordingContext) -> None:
    with pytest.raises(RejectedError) as caught:
        await UploadMedia().receive(context, upload(fileId="file-9"))

    assert caught.value.title == "No such file"


async def test_an_upload_without_an_answer_may_be_repeated(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MEDIA).mock(side_effect=httpx.ReadTimeout("slow"))
    file = context.files.keep("a.pdf", "application/pdf", PDF)

    with pytest.raises(ThrottledError):
        await UploadMedia().receive(context, upload(fileId=file.id))
