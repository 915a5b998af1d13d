"""Send Image, Video, Audio, Document and Sticker: what Meta is asked, and what is refused first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    Event,
    JsonObject,
    Part,
    RejectedError,
    ThrottledError,
    load_connectors,
)
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import find_faults
from appmixer.whatsapp.components.messages.send_document import SendDocument
from appmixer.whatsapp.components.messages.send_image import SendImage
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

from ..live import NUMBER, PERSON, Live, documented

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

GRAPH = "https://graph.facebook.com/v25.0"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9000)
MP4 = bytes(4) + b"ftypisom" + bytes(9000)
PDF = b"%PDF-1.7\n" + bytes(9000)
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(9000)
MP3 = b"ID3" + bytes(9000)
WEBP = b"RIFF" + bytes(4) + b"WEBPVP8 " + bytes(9000)
LINK = "https://www.luckyshrub.example/img/1.jpg"
TO = {"phoneNumberId": NUMBER, "to": PERSON}


async def uploaded(live: Live, content: bytes) -> str:
    file = live.context.files.keep("file", "", content)
    answer = await live.run("UploadMedia", phoneNumberId=NUMBER, fileId=file.id)
    return str(answer.media_id)


@pytest.mark.parametrize(
    ("example", "component", "content", "beside"),
    [
        ("send.image.id", "SendImage", PNG, {"caption": "Here you go"}),
        ("send.video.id", "SendVideo", MP4, {"caption": "Here you go"}),
        ("send.audio", "SendAudio", OGG, {}),
        ("send.audio.voice", "SendAudio", OGG, {"voice": True}),
        (
            "send.document.id",
            "SendDocument",
            PDF,
            {"caption": "Here you go", "fileName": "invoice-860198.pdf"},
        ),
        ("send.sticker", "SendSticker", WEBP, {}),
    ],
)
async def test_an_uploaded_medium_is_sent_as_meta_shows_it(
    live: Live, example: str, component: str, content: bytes, beside: dict[str, Any]
) -> None:
    await live.ready()
    media_id = await uploaded(live, content)
    kind = example.split(".")[1]

    sent = await live.run(component, **TO, **{kind: {"mediaId": media_id}}, **beside)

    asked = documented(example)
    asked[kind]["id"] = media_id
    assert live.sent == [asked]
    assert (sent.status, sent.contact_wa_id) == ("accepted", "16505551234")


async def test_a_linked_picture_is_sent_as_meta_shows_it(live: Live) -> None:
    await live.ready()

    await live.run("SendImage", **TO, image={"link": LINK}, caption="Here you go")

    assert live.sent == [documented("send.image.link")]


@pytest.mark.parametrize(
    ("component", "field", "content", "beside", "shown"),
    [
        ("SendImage", "image", PNG, {"caption": "c" * 1024}, {"caption": "c" * 1024}),
        ("SendVideo", "video", MP4, {"caption": "A 🌱"}, {"caption": "A 🌱"}),
        ("SendAudio", "audio", OGG, {"voice": True}, {"voice": True}),
        (
            "SendDocument",
            "document",
            PDF,
            {"caption": "A", "fileName": "a.pdf"},
            {"caption": "A", "filename": "a.pdf"},
        ),
        ("SendSticker", "sticker", WEBP, {}, {}),
    ],
)
async def test_a_file_is_uploaded_and_sent_with_all_that_can_stand_beside_it(
    live: Live,
    component: str,
    field: str,
    content: bytes,
    beside: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    await live.ready()
    file = live.context.files.keep("file", "", content)
    quoted = (await live.run("SendText", **TO, text="First")).message_id
    live.context.step_id = "run-1:next"

    await live.run(
        component,
        **TO,
        businessAccountId="102290129340398",
        recipientType="individual",
        opaqueData="order:1",
        quotedMessageId=quoted,
        windowPolicy="send",
        **{field: {"fileId": file.id, "mediaId": "", "link": None}},
        **beside,
    )

    [_, asked] = live.sent
    [media] = live.sandbox.world.media.values()
    assert media.content == content
    assert asked == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PERSON,
        "context": {"message_id": quoted},
        "type": field,
        field: {"id": media.id, **shown},
    }


async def test_a_document_kept_here_is_sent_under_its_own_name(live: Live) -> None:
    await live.ready()
    file = live.context.files.keep("Offer No. 12.pdf", "", PDF)

    await live.run("SendDocument", **TO, document={"fileId": file.id})

    [asked] = live.sent
    assert asked["document"]["filename"] == "Offer No. 12.pdf"


@pytest.mark.parametrize(
    ("component", "field", "wrong", "named"),
    [
        ("SendImage", "image", {"image": None}, "image"),
        ("SendImage", "image", {"image": {}}, "image"),
        ("SendImage", "image", {"image": {"mediaId": "1", "link": LINK}}, "image"),
        ("SendImage", "image", {"image": {"link": "ftp://x.example/a"}}, "image"),
        ("SendImage", "image", {"image": {"link": "http://10.0.0.1/a"}}, "image"),
        ("SendImage", "image", {"image": {"fileId": "pdf"}}, "image"),
        ("SendImage", "image", {"caption": "c" * 1025}, "caption"),
        ("SendImage", "image", {"quotedMessageId": "1"}, "quotedMessageId"),
        ("SendImage", "image", {"to": "12"}, "to"),
        ("SendVideo", "video", {"video": {}}, "video"),
        ("SendVideo", "video", {"video": {"fileId": "pdf"}}, "video"),
        ("SendVideo", "video", {"caption": "c" * 1025}, "caption"),
        ("SendAudio", "audio", {"audio": {"mediaId": "12a"}}, "audio"),
        ("SendAudio", "audio", {"audio": {"fileId": "pdf"}}, "audio"),
        ("SendAudio", "audio", {"audio": {"fileId": "mp3"}, "voice": True}, "audio"),
        ("SendAudio", "audio", {"caption": "It has none"}, "caption"),
        ("SendDocument", "document", {"document": {"fileId": "exe"}}, "document"),
        ("SendDocument", "document", {"document": {"fileId": "gone"}}, "document"),
        ("SendDocument", "document", {"fileName": "n" * 241}, "fileName"),
        ("SendDocument", "document", {"caption": "c" * 1025}, "caption"),
        ("SendSticker", "sticker", {"sticker": {"fileId": "pdf"}}, "sticker"),
        ("SendSticker", "sticker", {"sticker": {"link": LINK}}, "sticker"),
        ("SendSticker", "sticker", {"caption": "It has none"}, "caption"),
    ],
)
async def test_what_meta_would_not_take_is_refused_before_any_call(
    live: Live, component: str, field: str, wrong: dict[str, Any], named: str
) -> None:
    contents = {"pdf": PDF, "mp3": MP3, "exe": b"MZ" + bytes(600)}
    kept = {name: live.context.files.keep(name, "", each).id for name, each in contents.items()}
    given: dict[str, Any] = {**TO, field: {"mediaId": "1"}, **wrong}
    medium: dict[str, Any] | None = given.pop(field)
    if medium is not None:
        given[field] = _kept(medium, kept)

    refused = await live.refusal(component, **given)

    assert refused == named
    assert live.sent == []
    assert not live.sandbox.world.media


def _kept(medium: dict[str, Any], kept: dict[str, str]) -> dict[str, Any]:
    return (
        {**medium, "fileId": kept.get(medium["fileId"], "gone")} if "fileId" in medium else medium
    )


def image(**fields: Any) -> SendImage.Input:
    return SendImage.Input.model_validate({**TO, "to": "16505551234", **fields})


@pytest.fixture
def uploads(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.post(f"{GRAPH}/{NUMBER}/media").respond(json={"id": "7"})


@pytest.fixture
def messages(respx_mock: respx.MockRouter) -> respx.Route:
    return respx_mock.post(f"{GRAPH}/{NUMBER}/messages").respond(json={"messages": [{"id": WAMID}]})


async def test_nothing_is_uploaded_for_a_message_that_the_window_refuses(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    for waba in ("102290129340398", "2002"):
        respx_mock.get(f"{GRAPH}/{waba}/phone_numbers").respond(json={"data": [{"id": NUMBER}]})
    said = {"from": "16505551234", "type": "text", "timestamp": str(int(START_OF_TIME))}
    heard: JsonObject = {"phoneNumberId": NUMBER, "message": said}
    await plugin.before_routing([Event("wamid.in", "message", heard)])
    context.host.clock.advance(25 * 3600)
    file = context.files.keep("plant.png", "image/png", PNG)

    with pytest.raises(RejectedError, match="24-hour window is closed"):
        await SendImage().receive(context, image(image={"fileId": file.id}))

    assert context.files.chunks_read == 0


async def test_a_repeated_step_whose_message_has_left_uploads_nothing(
    context: RecordingContext, uploads: respx.Route, messages: respx.Route
) -> None:
    given = image(image={"fileId": context.files.keep("plant.png", "image/png", PNG).id})
    first = await SendImage().receive(context, given)
    context.host.clock.advance(50 * 60)

    assert await SendImage().receive(context, given) == first
    assert (uploads.call_count, messages.call_count) == (1, 1)


async def test_a_repeated_step_sends_what_it_has_uploaded_before(
    context: RecordingContext, uploads: respx.Route, respx_mock: respx.MockRouter
) -> None:
    busy = httpx.Response(400, json={"error": {"message": "Busy", "code": 130429}})
    taken = httpx.Response(200, json={"messages": [{"id": WAMID}]})
    respx_mock.post(f"{GRAPH}/{NUMBER}/messages").mock(side_effect=[busy, taken])
    given = image(image={"fileId": context.files.keep("plant.png", "image/png", PNG).id})
    with pytest.raises(ThrottledError):
        await SendImage().receive(context, given)

    sent: Any = await SendImage().receive(context, given)

    assert (sent.message_id, uploads.call_count) == (WAMID, 1)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ({}, "Give one of media ID, link and file; here is none."),
        ({"mediaId": "1", "link": LINK}, "Give one of media ID, link and file; here is a media ID"),
        ({"link": "http://localhost/a.png"}, "Meta can fetch it only from a public address"),
        ({"link": "a.png"}, "Link has to be a web address with http:// or https://"),
        ({"mediaId": "12a"}, "Media ID has to be an id of digits"),
        ({"file": "file-1"}, "There is no field file; the fields are: mediaId, link, fileId."),
        (None, "Image (image) is missing; fill it in."),
    ],
)
def test_a_flow_is_not_stored_with_a_wrong_medium_and_the_fault_names_its_field(
    image: dict[str, str] | None, told: str
) -> None:
    input = {**TO, **({} if image is None else {"image": image})}
    step = {"type": "appmixer.whatsapp.SendImage", "account": "acme", "input": input}
    flow = {"name": "Pictures", "components": {"send": step}}

    _, faults = find_faults(flow, component_types(load_connectors()))

    [fault] = [each for each in faults if each.path.startswith("components.send.input")]
    assert fault.path.startswith("components.send.input.image")
    assert fault.text.startswith(told)


async def test_a_group_gets_a_medium_too(
    context: RecordingContext, messages: respx.Route, requests: Requests
) -> None:
    group = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"

    await SendImage().receive(
        context, image(to=group, recipientType="group", image={"mediaId": "7"})
    )

    assert b'"recipient_type":"group"' in requests()[0].content


async def test_the_preview_shows_medium_and_caption(context: RecordingContext) -> None:
    shown = await SendImage().preview(
        context, {"to": PERSON, "image": {"link": LINK}, "caption": "Here you go"}
    )
    named = await SendDocument().preview(
        context, {"to": PERSON, "document": {"mediaId": "7"}, "caption": "Yours"}
    )

    assert shown.bubble == [Part("image", "", LINK), Part("text", "Here you go")]
    assert (shown.summary, shown.region) == ("Here you go", "US")
    assert named.bubble == [Part("document", "7"), Part("text", "Yours")]
