"""Send Link Button against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

ASK: dict[str, Any] = {
    "phoneNumberId": NUMBER,
    "to": PERSON,
    "text": "Tap the button to see dates.",
    "buttonText": "See Dates",
    "url": "https://www.luckyshrub.example/dates",
}


async def test_what_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendLinkButton", **ASK)

    assert live.sent == [documented("send.interactive.cta_url")]


PICTURE = {"link": "https://www.luckyshrub.example/img/1.jpg"}
FILE = {"link": "https://www.luckyshrub.example/dates.pdf"}


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        ("text", {"headerText": "Dates"}, "Dates"),
        ("image", {"headerMedia": PICTURE}, PICTURE),
        (
            "document",
            {"headerMedia": FILE, "headerFileName": "Dates.pdf"},
            {**FILE, "filename": "Dates.pdf"},
        ),
    ],
)
async def test_it_has_a_header_and_a_footer_too(
    live: Live, kind: str, given: dict[str, Any], shown: object
) -> None:
    await live.ready()

    await live.run("SendLinkButton", **ASK, headerType=kind, **given, footer="Every day")

    interactive = live.sent[0]["interactive"]
    assert interactive["header"] == {"type": kind, kind: shown}
    assert interactive["footer"] == {"text": "Every day"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"buttonText": "ä" * 21}, "buttonText"),
        ({"buttonText": ""}, "buttonText"),
        ({"url": ""}, "url"),
        ({"url": "www.luckyshrub.example"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a b"}, "url"),
        ({"headerType": "text"}, "headerText"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendLinkButton", **{**ASK, **changes}) == field
    assert live.requests == []
