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


async def test_it_has_a_header_and_a_footer_too(live: Live) -> None:
    await live.ready()
    picture = {"link": "https://www.luckyshrub.example/img/1.jpg"}

    await live.run(
        "SendLinkButton", **ASK, headerType="image", headerMedia=picture, footer="Every day"
    )

    interactive = live.sent[0]["interactive"]
    assert interactive["header"] == {"type": "image", "image": picture}
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
