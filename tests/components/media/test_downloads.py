"""Get Media URL, Download Media and Delete Media: whole files, or nothing of them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import RejectedError, ThrottledError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.media.download_media import DownloadMedia

from ..live import PERSON, Live

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

MEDIA_ID = "4490709327384033"
NODE = f"https://graph.facebook.com/v25.0/{MEDIA_ID}"
URL = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=4490709327384033"
PDF = b"%PDF-1.7\n" + b"receipt" * 3000
MB = 1024 * 1024


async def received(live: Live, kind: str = "document", **given: Any) -> str:
    """Have the person send a file, and return its media id."""
    part = {"data": base64.b64encode(PDF).decode(), "mime_type": "application/pdf", **given}
    async with live.sandbox.controls() as controls:
        path = f"/people/{PERSON.removeprefix('+')}/messages"
        (await controls.post(path, json={"type": kind, kind: part})).raise_for_status()
    return [*live.sandbox.world.media][-1]


async def test_what_a_person_sent_is_kept_here_under_its_name(live: Live) -> None:
    await live.ready()
    media_id = await received(live, filename="receipt.pdf")

    output = await live.run(
        "DownloadMedia", mediaId=media_id, fileName="receipt 7.pdf", maxSizeMb=25
    )

    assert output.model_dump(mode="json") == {
        "fileId": "file-1",
        "fileName": "receipt 7.pdf",
        "mediaId": media_id,
        "mediaType": "application/pdf",
        "sizeBytes": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    file, content = live.context.files.contents["file-1"]
    assert (content, file.name, file.media_type) == (PDF, "receipt 7.pdf", "application/pdf")


async def test_a_file_without_a_name_is_called_by_its_id_and_type(live: Live) -> None:
    await live.ready()
    media_id = await received(live, "image", data=None, mime_type="image/jpeg")

    output = await live.run("DownloadMedia", mediaId=media_id)

    assert output.file_name == f"{media_id}.jpg"


async def test_a_file_can_be_looked_at_before_it_is_fetched(live: Live) -> None:
    await live.ready()
    media_id = await received(live)

    output = await live.run("GetMediaUrl", mediaId=media_id)

    assert (output.media_id, output.media_type) == (media_id, "application/pdf")
    assert (output.size_bytes, output.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert output.url.startswith(live.sandbox.url)
    assert output.expires_at.timestamp() == live.context.clock.now + 300


async def test_a_file_is_deleted_once_and_deleting_it_again_is_no_fault(live: Live) -> None:
    await live.ready()
    media_id = await received(live)

    first = await live.run("DeleteMedia", mediaId=media_id)
    again = await live.run("DeleteMedia", mediaId=media_id)

    assert (first.was_there, again.was_there, again.media_id) == (True, False, media_id)
    assert media_id not in live.sandbox.world.media


@pytest.mark.parametrize("component", ["GetMediaUrl", "DownloadMedia", "DeleteMedia"])
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "mediaId"),
        ({"mediaId": ""}, "mediaId"),
        ({"mediaId": "12a"}, "mediaId"),
        ({"mediaId": "../me"}, "mediaId"),
        ({"mediaId": "1", "url": "https://lucky.example/a"}, "url"),
    ],
)
async def test_what_is_no_media_id_is_refused_before_any_call(
    live: Live, component: str, wrong: dict[str, Any], named: str
) -> None:
    assert await live.refusal(component, **wrong) == named
    assert live.requests == []


@pytest.mark.parametrize(
    ("wrong", "named"), [({"maxSizeMb": 101}, "maxSizeMb"), ({"fileName": "n" * 1001}, "fileName")]
)
async def test_a_download_has_bounds(live: Live, wrong: dict[str, Any], named: str) -> None:
    assert await live.refusal("DownloadMedia", mediaId="1", **wrong) == named
    assert live.requests == []


@pytest.mark.parametrize("component", ["GetMediaUrl", "DownloadMedia"])
async def test_a_file_whose_time_is_over_is_refused_by_its_id(live: Live, component: str) -> None:
    assert await live.refusal(component, mediaId=MEDIA_ID) == "mediaId"
    assert live.context.files.contents == {}


@pytest.fixture
def node(respx_mock: respx.MockRouter) -> Callable[..., respx.Route]:
    def told(**changes: Any) -> respx.Route:
        found = {
            "id": MEDIA_ID,
            "url": URL,
            "mime_type": "application/pdf",
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "file_size": str(len(PDF)),
            "messaging_product": "whatsapp",
        }
        return respx_mock.get(NODE).respond(json=found | changes)

    return told


def asked(**fields: Any) -> DownloadMedia.Input:
    return DownloadMedia.Input.model_validate({"mediaId": MEDIA_ID, **fields})


@pytest.mark.parametrize(
    "written",
    [
        hashlib.sha256(PDF).hexdigest().upper(),
        base64.b64encode(hashlib.sha256(PDF).digest()).decode(),
        None,
    ],
)
async def test_the_hash_is_understood_as_meta_writes_it(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    node: Callable[..., respx.Route],
    written: str | None,
) -> None:
    node(sha256=written)
    respx_mock.get(URL).respond(content=PDF)

    output = await DownloadMedia().receive(context, asked())

    assert output.sha256 == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize("content", [PDF[:-1], b"<html>Sorry</html>", b""])
async def test_a_file_with_another_hash_is_not_kept(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    node: Callable[..., respx.Route],
    content: bytes,
) -> None:
    node()
    respx_mock.get(URL).respond(content=content)

    with pytest.raises(RejectedError, match="not the one that Meta promised"):
        await DownloadMedia().receive(context, asked())

    assert context.files.contents == {}


async def test_a_file_that_meta_says_is_too_large_is_not_fetched(
    context: RecordingContext, node: Callable[..., respx.Route], requests: Requests
) -> None:
    node(file_size=2 * MB)

    with pytest.raises(RejectedError, match="2,097,152 bytes, and 1 MB are allowed") as caught:
        await DownloadMedia().receive(context, asked(maxSizeMb=1))

    assert caught.value.field == "maxSizeMb"
    assert [each.url.host for each in requests()] == ["graph.facebook.com"]


async def test_a_file_that_is_larger_than_meta_said_is_given_up_at_the_limit(
    context: RecordingContext, respx_mock: respx.MockRouter, node: Callable[..., respx.Route]
) -> None:
    read: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            read.append(MB)
            yield bytes(MB)

    node()
    respx_mock.get(URL).mock(return_value=httpx.Response(200, content=endless()))

    with pytest.raises(RejectedError, match="larger than Meta said"):
        await DownloadMedia().receive(context, asked(maxSizeMb=1))

    assert (len(read), context.files.contents) == (2, {})


async def test_of_a_download_that_breaks_off_nothing_is_kept_and_it_is_tried_again(
    context: RecordingContext, respx_mock: respx.MockRouter, node: Callable[..., respx.Route]
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PDF[:100]
        raise httpx.ReadError("gone")

    node()
    respx_mock.get(URL).mock(return_value=httpx.Response(200, content=broken()))

    with pytest.raises(ThrottledError):
        await DownloadMedia().receive(context, asked())

    assert context.files.contents == {}


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, RejectedError), (302, RejectedError), (429, ThrottledError), (503, ThrottledError)],
)
async def test_an_address_that_gives_no_file_says_whether_it_is_tried_again(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    node: Callable[..., respx.Route],
    status: int,
    error: type[Exception],
) -> None:
    node()
    respx_mock.get(URL).respond(status, headers={"Location": "https://evil.example/"})

    with pytest.raises(error):
        await DownloadMedia().receive(context, asked())

    assert context.files.contents == {}


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/a", "http://lookaside.fbsbx.com/a", "https://fbsbx.com.evil/a", ""],
)
async def test_the_token_leaves_for_no_address_but_metas(
    context: RecordingContext,
    node: Callable[..., respx.Route],
    requests: Requests,
    url: str,
) -> None:
    node(url=url)

    with pytest.raises(RejectedError, match="no media address of Meta's"):
        await DownloadMedia().receive(context, asked())

    assert [each.url.host for each in requests()] == ["graph.facebook.com"]
    assert context.files.contents == {}


@pytest.mark.parametrize(
    ("given", "media_type", "kept"),
    [
        ("../../etc/receipt.pdf", "application/pdf", "receipt.pdf"),
        ("C:\\My Files\\receipt", "application/pdf", "receipt.pdf"),
        ("re\nceipt\u202e.pdf", "application/pdf", "receipt.pdf"),
        ("Prices.xlsx.", "application/pdf", "Prices.pdf"),
        ("r" * 900 + ".pdf", "application/pdf", "r" * 200 + ".pdf"),
        ("table.numbers", "application/x-iwork-numbers", "table.numbers"),
        ("...", "application/pdf", f"{MEDIA_ID}.pdf"),
        ("", "application/zip", f"{MEDIA_ID}.zip"),
        ("", "audio/ogg; codecs=opus", f"{MEDIA_ID}.ogg"),
        ("", "", f"{MEDIA_ID}.bin"),
    ],
)
async def test_whatever_people_call_a_file_it_can_be_kept(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    node: Callable[..., respx.Route],
    given: str,
    media_type: str,
    kept: str,
) -> None:
    node(mime_type=media_type)
    respx_mock.get(URL).respond(content=PDF)

    output = await DownloadMedia().receive(context, asked(fileName=given))

    assert output.file_name == kept
