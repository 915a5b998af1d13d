"""Send Carousel against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

TO: dict[str, Any] = {"phoneNumberId": NUMBER, "to": PERSON}
SHOP = "https://www.luckyshrub.example"
PRODUCTS: dict[str, Any] = {"cardType": "product", "catalogId": "194836987003835"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def link_cards(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "media": {"link": f"{SHOP}/img/{at}.jpg"},
            "text": f"Plant {at}",
            "buttonText": "Buy",
            "url": f"{SHOP}/p/{at}",
            **more,
        }
        for at in range(count)
    ]


def reply_cards(*numbers_of_buttons: int) -> list[dict[str, Any]]:
    return [
        {
            "media": {"link": f"{SHOP}/img/{at}.jpg"},
            "buttons": [{"title": f"{each}", "id": f"{at}-{each}"} for each in range(count)],
        }
        for at, count in enumerate(numbers_of_buttons)
    ]


LINKS: dict[str, Any] = {**TO, "text": "Our latest arrivals:", "linkCards": link_cards(2)}
REPLIES: dict[str, Any] = {"cardType": "replies", "linkCards": []}


async def test_the_media_cards_that_meta_documents_are_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendCarousel", **LINKS)

    assert live.sent == [documented("send.interactive.carousel_media")]


async def test_the_product_cards_that_meta_documents_are_sent(live: Live) -> None:
    await live.ready()

    await live.run(
        "SendCarousel",
        **TO,
        **PRODUCTS,
        text="Featured products",
        productIds=["di9ozbzfi4", "nqryix03ez"],
    )

    assert live.sent == [documented("send.interactive.carousel_product")]


async def test_cards_can_have_buttons_that_answer(live: Live) -> None:
    await live.ready()
    cards = [
        {
            "media": {"link": f"{SHOP}/film/{at}.mp4"},
            "buttons": [{"title": "Take it", "id": f"take-{at}"}, {"title": f"More on {at}"}],
        }
        for at in range(2)
    ]

    await live.run(
        "SendCarousel", **TO, text="Which?", cardType="replies", mediaType="video", replyCards=cards
    )

    assert live.sent[0]["interactive"]["action"]["cards"] == [
        {
            "card_index": at,
            "type": "cta_url",
            "header": {"type": "video", "video": {"link": f"{SHOP}/film/{at}.mp4"}},
            "action": {
                "buttons": [
                    {
                        "type": "quick_reply",
                        "quick_reply": {"id": f"take-{at}", "title": "Take it"},
                    },
                    {
                        "type": "quick_reply",
                        "quick_reply": {"id": f"More on {at}", "title": f"More on {at}"},
                    },
                ]
            },
        }
        for at in range(2)
    ]


async def test_the_files_of_cards_are_uploaded_on_the_way(live: Live) -> None:
    await live.ready()
    file = live.context.files.keep("a.png", "image/png", PNG)

    await live.run(
        "SendCarousel", **{**LINKS, "linkCards": link_cards(10, media={"fileId": file.id})}
    )

    cards = live.sent[0]["interactive"]["action"]["cards"]
    [media_id] = {each["header"]["image"]["id"] for each in cards}
    assert media_id.isdigit()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "ä" * 1025}, "text"),
        ({"linkCards": link_cards(1)}, "linkCards"),
        ({"linkCards": []}, "linkCards"),
        ({"linkCards": link_cards(11)}, "linkCards"),
        ({"linkCards": link_cards(2, text="ä" * 161)}, "linkCards"),
        ({"linkCards": link_cards(2, buttonText="ä" * 21)}, "linkCards"),
        ({"linkCards": link_cards(2, url="luckyshrub")}, "linkCards"),
        ({"linkCards": link_cards(2, media={})}, "linkCards"),
        ({"mediaType": "document"}, "mediaType"),
        ({"replyCards": reply_cards(1, 1)}, "replyCards"),
        ({"productIds": ["a", "b"]}, "productIds"),
        ({"catalogId": "194836987003835"}, "catalogId"),
        ({**REPLIES, "replyCards": reply_cards(1)}, "replyCards"),
        ({**REPLIES, "replyCards": reply_cards(1, 2)}, "replyCards"),
        ({**REPLIES, "replyCards": reply_cards(4, 4)}, "replyCards"),
        ({**REPLIES, "replyCards": [reply_cards(1)[0]] * 2}, "replyCards"),
        ({**PRODUCTS, "linkCards": [], "productIds": ["a"]}, "productIds"),
        ({**PRODUCTS, "linkCards": [], "productIds": ["a", " "]}, "productIds"),
        (
            {**PRODUCTS, "linkCards": [], "productIds": ["a", "b"], "catalogId": ""},
            "catalogId",
        ),
        ({**PRODUCTS, "productIds": ["a", "b"]}, "linkCards"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendCarousel", **{**LINKS, **changes}) == field
    assert live.requests == []


@pytest.mark.parametrize(
    "button", [{"title": "ä" * 21}, {"title": "A", "id": "ä" * 21}, {"title": "A", "id": "A "}]
)
async def test_a_button_of_a_card_is_shorter_than_others(
    live: Live, button: dict[str, str]
) -> None:
    cards = [{**each, "buttons": [button]} for each in reply_cards(1, 1)]

    field = await live.refusal("SendCarousel", **{**LINKS, **REPLIES, "replyCards": cards})

    assert field == "replyCards"
    assert live.requests == []


async def test_a_card_may_not_say_the_same_twice(live: Live) -> None:
    same = [{"title": "Take it", "id": "1"}, {"title": "Take it", "id": "2"}]
    cards = [{**reply_cards(1)[0], "buttons": same}, reply_cards(1, 2)[1]]

    field = await live.refusal("SendCarousel", **{**LINKS, **REPLIES, "replyCards": cards})

    assert field == "replyCards"
