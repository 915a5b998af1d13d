"""Send Buttons against the simulator of Meta, and the headers that four messages share."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

TO: dict[str, Any] = {"phoneNumberId": NUMBER, "to": PERSON}
BUTTONS = [{"title": "Change", "id": "change-button"}, {"title": "Cancel", "id": "cancel-button"}]
ASK: dict[str, Any] = {**TO, "text": "Change or cancel your appointment?", "buttons": BUTTONS}
PICTURE = {"link": "https://www.luckyshrub.example/img/1.jpg"}
CLIP = {"link": "https://www.luckyshrub.example/film/1.mp4"}
CATALOGUE = {"link": "https://www.luckyshrub.example/1.pdf"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"


async def test_what_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    sent = await live.run(
        "SendButtons", **ASK, headerType="text", headerText="Appointment", footer="Lucky Shrub"
    )

    assert sent.status == "accepted"
    assert live.sent == [documented("send.interactive.button")]


async def test_a_button_without_an_id_answers_with_its_title(live: Live) -> None:
    await live.ready()

    await live.run("SendButtons", **TO, text="Shall we?", buttons=[{"title": " Yes, please ✅ "}])

    [body] = live.sent
    reply = {"id": "Yes, please ✅", "title": " Yes, please ✅ "}
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "Shall we?"},
        "action": {"buttons": [{"type": "reply", "reply": reply}]},
    }


async def test_what_a_form_leaves_empty_is_not_sent(live: Live) -> None:
    await live.ready()

    await live.run(
        "SendButtons", **TO, text="Now?", buttons=[{"title": "Yes", "id": ""}], footer=""
    )

    [body] = live.sent
    assert sorted(body["interactive"]) == ["action", "body", "type"]
    assert body["interactive"]["action"]["buttons"][0]["reply"]["id"] == "Yes"


async def test_it_quotes_and_is_sent_into_a_closed_window_when_that_is_said(live: Live) -> None:
    await live.ready()
    quoted = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="

    await live.run("SendButtons", **ASK, quotedMessageId=quoted, windowPolicy="send")

    assert live.sent[0]["context"] == {"message_id": quoted}


@pytest.mark.parametrize(
    ("kind", "media", "more", "header"),
    [
        ("image", PICTURE, {}, PICTURE),
        ("video", CLIP, {}, CLIP),
        (
            "document",
            CATALOGUE,
            {"headerFileName": "catalogue.pdf"},
            {**CATALOGUE, "filename": "catalogue.pdf"},
        ),
        ("document", CATALOGUE, {}, CATALOGUE),
    ],
)
async def test_a_header_can_be_a_file(
    live: Live, kind: str, media: dict[str, str], more: dict[str, str], header: dict[str, str]
) -> None:
    await live.ready()

    await live.run("SendButtons", **ASK, headerType=kind, headerMedia=media, **more)

    assert live.sent[0]["interactive"]["header"] == {"type": kind, kind: header}


async def test_the_file_of_a_header_is_uploaded_on_the_way(live: Live) -> None:
    await live.ready()
    file = live.context.files.keep("a.png", "image/png", PNG)

    await live.run("SendButtons", **ASK, headerType="image", headerMedia={"fileId": file.id})

    header = live.sent[0]["interactive"]["header"]
    assert header["image"]["id"].isdigit()
    assert [each.url.path for each in live.requests if each.method == "POST"][-2:] == [
        f"/v25.0/{NUMBER}/media",
        f"/v25.0/{NUMBER}/messages",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "ä" * 1025}, "text"),
        ({"footer": "ä" * 61}, "footer"),
        ({"buttons": []}, "buttons"),
        ({"buttons": [{"title": str(each)} for each in range(4)]}, "buttons"),
        ({"buttons": [{"title": ""}]}, "buttons"),
        ({"buttons": [{"title": " "}]}, "buttons"),
        ({"buttons": [{"title": "x" * 21}]}, "buttons"),
        ({"buttons": [{"title": "Yes", "id": "x" * 257}]}, "buttons"),
        ({"buttons": [{"title": "Yes", "id": " yes"}]}, "buttons"),
        ({"buttons": [{"title": "Yes"}, {"title": "Yes ", "id": "2"}]}, "buttons"),
        ({"buttons": [{"title": "Yes", "id": "1"}, {"title": "No", "id": "1"}]}, "buttons"),
        ({"buttons": [{"title": "Yes"}, {"title": "No", "id": "Yes"}]}, "buttons"),
        ({"headerType": "text"}, "headerText"),
        ({"headerType": "image"}, "headerMedia"),
        ({"headerText": "Appointment"}, "headerText"),
        ({"headerType": "image", "headerMedia": PICTURE, "headerText": "A"}, "headerText"),
        ({"headerType": "text", "headerText": "A", "headerMedia": PICTURE}, "headerMedia"),
        ({"headerType": "text", "headerText": "ä" * 61}, "headerText"),
        ({"headerType": "image", "headerMedia": {}}, "headerMedia"),
        ({"headerType": "image", "headerMedia": PICTURE, "headerFileName": "a"}, "headerFileName"),
        ({"headerType": "audio"}, "headerType"),
        ({"recipientType": "group", "to": GROUP}, "recipientType"),
        ({"to": GROUP}, "to"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendButtons", **{**ASK, **changes}) == field
    assert live.requests == []


async def test_what_is_just_short_enough_is_sent(live: Live) -> None:
    await live.ready()
    buttons = [{"title": str(each) + "ä" * 19, "id": str(each) * 256} for each in range(3)]

    await live.run(
        "SendButtons",
        **{**ASK, "text": "😀" * 1024, "footer": "😀" * 60, "buttons": buttons},
        headerType="text",
        headerText="😀" * 60,
    )

    assert len(live.sent) == 1


async def test_a_header_of_another_kind_of_file_is_refused_before_the_call(live: Live) -> None:
    await live.ready()
    before = len(live.requests)

    field = await live.refusal("SendButtons", **ASK, headerType="video", headerMedia=PICTURE)

    assert field == "headerMedia"
    assert [each.method for each in live.requests[before:]].count("POST") == 0
