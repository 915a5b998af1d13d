"""What interactive messages show while their forms are filled in."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Part
from appmixer.engine.contract.testing import RecordingContext

from ..live import CONNECTOR, NUMBER, PERSON

pytestmark = pytest.mark.anyio

PICTURE = {"link": "https://a.example/1.jpg"}
SAID: dict[str, Any] = {"text": "Hi {{ a.b.c }}", "footer": "Bye"}
TEXT, FOOTER = Part("text", "Hi {{ a.b.c }}"), Part("footer", "Bye")
IMAGE = Part("image", link="https://a.example/1.jpg")


@pytest.mark.parametrize(
    ("component", "input", "bubble"),
    [
        (
            "SendButtons",
            {
                **SAID,
                "headerType": "image",
                "headerMedia": PICTURE,
                "headerText": "left over",
                "buttons": [{"title": "Yes"}, {"title": "No", "id": "2"}],
            },
            [IMAGE, TEXT, FOOTER, Part("button", "Yes"), Part("button", "No")],
        ),
        (
            "SendLinkButton",
            {
                **SAID,
                "headerType": "text",
                "headerText": "Shop",
                "headerMedia": PICTURE,
                "buttonText": "See",
                "url": "https://a.example/",
            },
            [Part("title", "Shop"), TEXT, FOOTER, Part("button", "See", "https://a.example/")],
        ),
        (
            "SendFlow",
            {**SAID, "headerText": "left over", "headerType": "none", "buttonText": "Book!"},
            [TEXT, FOOTER, Part("button", "Book!")],
        ),
        (
            "SendList",
            {
                **SAID,
                "headerText": "Shop",
                "buttonText": "See",
                "sections": [{"rows": [{"title": "One"}]}, {"rows": [{"title": "Two"}]}],
            },
            [
                Part("title", "Shop"),
                TEXT,
                FOOTER,
                Part("button", "See"),
                Part("choice", "One"),
                Part("choice", "Two"),
            ],
        ),
        ("SendList", {**SAID, "sections": "{{ a.b.c }}"}, [TEXT, FOOTER]),
        (
            "SendCarousel",
            {
                "text": SAID["text"],
                "linkCards": [
                    {"media": PICTURE, "text": "A", "buttonText": "Buy", "url": "https://a.example"}
                ],
            },
            [
                TEXT,
                Part(
                    "card",
                    parts=[IMAGE, Part("text", "A"), Part("button", "Buy", "https://a.example")],
                ),
            ],
        ),
        (
            "SendCarousel",
            {
                "text": SAID["text"],
                "cardType": "replies",
                "mediaType": "video",
                "linkCards": [{"text": "left over"}],
                "replyCards": [{"media": {"fileId": "file-1"}, "buttons": [{"title": "Take it"}]}],
            },
            [TEXT, Part("card", parts=[Part("video", "file-1"), Part("button", "Take it")])],
        ),
        (
            "SendCarousel",
            {"text": SAID["text"], "cardType": "product", "productIds": ["a", "b"]},
            [TEXT, Part("card", "a"), Part("card", "b")],
        ),
        ("SendProduct", {**SAID, "productId": "a"}, [Part("card", "a"), TEXT, FOOTER]),
        (
            "SendProductList",
            {**SAID, "headerText": "Shop", "sections": [{"title": "A", "productIds": ["a", "b"]}]},
            [Part("title", "Shop"), TEXT, FOOTER, Part("choice", "a"), Part("choice", "b")],
        ),
        ("SendCatalog", SAID, [TEXT, FOOTER]),
        ("RequestLocation", SAID, [TEXT]),
        ("RequestContact", SAID, [TEXT, FOOTER]),
        ("RequestAddress", {**SAID, "headerText": "Where"}, [Part("title", "Where"), TEXT, FOOTER]),
    ],
)
async def test_the_bubble_is_what_the_person_will_see(
    context: RecordingContext, component: str, input: dict[str, Any], bubble: list[Part]
) -> None:
    action = CONNECTOR.components()[f"appmixer.whatsapp.{component}"]()

    shown = await action.preview(context, {"phoneNumberId": NUMBER, "to": PERSON, **input})

    assert shown is not None
    assert (shown.recipient, shown.bubble) == (PERSON, bubble)
