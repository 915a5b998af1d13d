"""Every message that pywa can send arrives on the person's phone as it was meant."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
import pytest
from anyio import to_thread

from appmixer.sandbox.testing import until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

# pywa's annotations do not hold up in strict mode, so it enters untyped.
types: Any = importlib.import_module("pywa.types")
templates: Any = importlib.import_module("pywa.types.templates")
errors: Any = importlib.import_module("pywa.errors")

TO = f"+{seed.PERSON}"
LINK = "https://www.luckyshrub.com/media"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
EN = templates.TemplateLanguage.ENGLISH_US

Send: TypeAlias = Callable[[Any, str], Any]
"""Sends with the client (first) to Sheena, whose last message has the id given second."""

BUTTONS = [types.Button("Yes", "yes"), types.Button("No", "no")]
LIST = types.SectionList(
    "Plants",
    [
        types.Section("Succulents", [types.SectionRow("Aloe", "aloe", "Needs sun")]),
        types.Section("Cacti", [types.SectionRow("Saguaro", "saguaro")]),
    ],
)
FLOW_BUTTON = types.FlowButton(
    "Sign up",
    flow_id="1",
    flow_token="t-1",
    flow_action_type=types.FlowActionType.NAVIGATE,
    flow_action_screen="SIGN_UP",
    flow_action_payload={"a": 1},
)
URL_BUTTON = types.URLButton("Open", "https://www.luckyshrub.com/shop")
CARD = types.Contact(
    name=types.Contact.Name(formatted_name="Barbara Fisher", first_name="Barbara"),
    birthday="1999-01-23",
    phones=[types.Contact.Phone(phone="+16505559999", type="WORK", wa_id="16505559999")],
    emails=[types.Contact.Email(email="b@luckyshrub.com", type="WORK")],
    urls=[types.Contact.Url(url="https://www.luckyshrub.com", type="WORK")],
    addresses=[types.Contact.Address(city="Menlo Park", country="US", country_code="us")],
    org=types.Contact.Org(company="Lucky Shrub", department="Legal", title="Counsel"),
)

SENDS: dict[str, tuple[Send, str]] = {
    "text": (lambda wa, _: wa.send_text(TO, "Hi", preview_url=True, tracker="t-1"), "text"),
    "text that quotes": (
        lambda wa, heard: wa.send_message(TO, "Hi", reply_to_message_id=heard),
        "text",
    ),
    "text to a user id": (lambda wa, _: wa.send_text(seed.PERSON_BSUID, "Hi"), "text"),
    "image by link": (lambda wa, _: wa.send_image(TO, f"{LINK}/a.png", caption="A"), "image"),
    "image by upload": (lambda wa, _: wa.send_image(TO, PNG, mime_type="image/png"), "image"),
    "video": (lambda wa, _: wa.send_video(TO, f"{LINK}/a.mp4", caption="A"), "video"),
    "document": (
        lambda wa, _: wa.send_document(
            TO, b"%PDF-1.4\n", filename="a.pdf", mime_type="application/pdf", caption="A"
        ),
        "document",
    ),
    "audio": (lambda wa, _: wa.send_audio(TO, f"{LINK}/a.mp3"), "audio"),
    "voice": (
        lambda wa, _: wa.send_voice(TO, b"OggS" + b"\0" * 24 + b"OpusHead", mime_type="audio/ogg"),
        "audio",
    ),
    "sticker": (
        lambda wa, _: wa.send_sticker(TO, b"RIFF\x10\0\0\0WEBPVP8 ", mime_type="image/webp"),
        "sticker",
    ),
    "location": (
        lambda wa, _: wa.send_location(TO, 37.4, -122.1, name="Philz", address="101 Forest"),
        "location",
    ),
    "contact": (lambda wa, _: wa.send_contact(TO, CARD), "contacts"),
    "reaction": (lambda wa, heard: wa.send_reaction(TO, "\U0001f44d", heard), "reaction"),
    "reaction taken back": (lambda wa, heard: wa.remove_reaction(TO, heard), "reaction"),
    "buttons": (
        lambda wa, _: wa.send_message(TO, "Sure?", header="H", footer="F", buttons=BUTTONS),
        "interactive",
    ),
    "buttons under an image": (
        lambda wa, _: wa.send_image(TO, f"{LINK}/a.png", caption="A", buttons=BUTTONS),
        "interactive",
    ),
    "buttons under a video": (
        lambda wa, _: wa.send_video(TO, f"{LINK}/a.mp4", caption="A", buttons=BUTTONS),
        "interactive",
    ),
    "buttons under a document": (
        lambda wa, _: wa.send_document(
            TO, f"{LINK}/a.pdf", filename="a.pdf", caption="A", buttons=BUTTONS
        ),
        "interactive",
    ),
    "list": (lambda wa, _: wa.send_message(TO, "Which?", buttons=LIST), "interactive"),
    "url button": (lambda wa, _: wa.send_message(TO, "Look", buttons=URL_BUTTON), "interactive"),
    "flow": (lambda wa, _: wa.send_message(TO, "Join", buttons=FLOW_BUTTON), "interactive"),
    "voice call button": (
        lambda wa, _: wa.send_message(
            TO, "Call us", buttons=types.VoiceCallButton("Call", ttl_minutes=60)
        ),
        "interactive",
    ),
    "call permission request": (
        lambda wa, _: wa.send_message(
            TO, "May we call?", buttons=types.CallPermissionRequestButton()
        ),
        "interactive",
    ),
    "location request": (lambda wa, _: wa.request_location(TO, "Where?"), "interactive"),
    "contact request": (lambda wa, _: wa.request_contact_info(TO, "Who?"), "interactive"),
    "catalog": (
        lambda wa, _: wa.send_catalog(TO, "All of it", footer="F", thumbnail_product_sku="aloe"),
        "interactive",
    ),
    "product": (
        lambda wa, _: wa.send_product(TO, catalog_id="1", sku="aloe", body="B", footer="F"),
        "interactive",
    ),
    "products": (
        lambda wa, _: wa.send_products(
            TO,
            catalog_id="1",
            product_sections=[types.ProductsSection("Succulents", ["aloe", "agave"])],
            title="T",
            body="B",
        ),
        "interactive",
    ),
    "carousel of links": (
        lambda wa, _: wa.send_carousel(
            TO,
            body="B",
            cards=[
                types.ImageCarouselCard(image=f"{LINK}/{name}.png", body=name, buttons=URL_BUTTON)
                for name in ("a", "b")
            ],
        ),
        "interactive",
    ),
    "carousel of replies": (
        lambda wa, _: wa.send_carousel(
            TO,
            body="B",
            cards=[
                types.VideoCarouselCard(
                    video=f"{LINK}/{name}.mp4", body=name, buttons=[types.Button("Buy", name)]
                )
                for name in ("a", "b")
            ],
        ),
        "interactive",
    ),
}

PICTURE = templates.HeaderImage.params(image=f"{LINK}/a.png")
FILLED: dict[str, list[Any]] = {
    "hello_world": [],
    "order_confirmation": [
        templates.BodyText.params("Sheena", "860198"),
        templates.URLButton.params(url_variable="860198", index=0),
        templates.QuickReplyButton.params(callback_data="stop", index=1),
    ],
    "spring_sale": [templates.BodyText.params(first_name="Sheena", discount="25%")],
    "verification_code": [
        templates.AuthenticationBody.params(otp="12345"),
        templates.CopyCodeOTPButton.params(otp="12345"),
    ],
    "summer_sale": [
        PICTURE,
        templates.BodyText.params("Sheena"),
        templates.QuickReplyButton.params(callback_data="stop", index=0),
    ],
    "payment_reminder": [
        templates.BodyText.params(
            templates.Currency(fallback_value="$100.99", code="USD", amount_1000=100990),
            templates.DateTime(fallback_value="October 2, 2026"),
        )
    ],
    "order_delivery_update": [
        templates.HeaderLocation.params(lat=37.4, lon=-122.1, name="Philz", address="Forest"),
        templates.BodyText.params("Mark", "566701"),
    ],
    "flow_template": [
        templates.FlowButton.params(index=0, flow_token="t-1", flow_action_data={"a": "1"})
    ],
    "intro_catalog_offer": [
        templates.BodyText.params("100", "400", "3"),
        templates.CatalogButton.params(thumbnail_product_sku="aloe", index=0),
    ],
    "coupon_code_fall": [
        templates.BodyText.params("25OFF", "25%"),
        templates.CopyCodeButton.params(coupon_code="25OFF", index=1),
    ],
    "limited_time_offer_caribbean": [
        PICTURE,
        templates.LimitedTimeOffer.params(expiration_time=datetime(2099, 1, 1, tzinfo=UTC)),
        templates.BodyText.params("Sheena", "CARIBE25"),
        templates.CopyCodeButton.params(coupon_code="CARIBE25", index=0),
        templates.URLButton.params(url_variable="n3mtql", index=1),
    ],
    "abandoned_cart": [
        templates.HeaderText.params("Sheena"),
        templates.BodyText.params("10OFF"),
        templates.MPMButton.params(
            product_sections=[types.ProductsSection("Succulents", ["aloe"])],
            thumbnail_product_sku="aloe",
            index=0,
        ),
    ],
    "carousel_media_cards": [
        templates.BodyText.params("Sheena", "30%", "30OFF"),
        templates.Carousel.params(
            cards=[
                templates.CarouselCard.params(
                    index=index,
                    params=[
                        PICTURE,
                        templates.QuickReplyButton.params(callback_data="more", index=0),
                        templates.URLButton.params(url_variable=f"PLANT_{index}", index=1),
                    ],
                )
                for index in (0, 1)
            ]
        ),
    ],
}


READ = {
    "hello_world": "Welcome! This message was sent from the sandbox to show that sending works.",
    "order_confirmation": "Hi Sheena, your order 860198 has shipped.",
    "spring_sale": "Hi Sheena, 25% off today!",
    "verification_code": (
        "*12345* is your verification code. For your security, do not share this code."
    ),
    "summer_sale": "Hi Sheena, the summer sale has begun.",
    "payment_reminder": "A payment of $100.99 is due on October 2, 2026, thank you.",
    "order_delivery_update": "Good news, Mark! Order 566701 is ready at the place shown above.",
    "flow_template": "Tell us how it went.",
    "intro_catalog_offer": "Get 100 off orders of 400 or more, at most 3 a person.",
    "coupon_code_fall": "The autumn sale is here. Use 25OFF for 25% off.",
    "limited_time_offer_caribbean": "Good news, Sheena! Book with CARIBE25 and save.",
    "abandoned_cart": "Use 10OFF on the things in your cart.",
    "carousel_media_cards": "Sheena, take 30% off with 30OFF this week.",
}


def _content(request: Any, kind: str) -> Any:
    return {"contacts": request[kind]} if kind == "contacts" else request[kind]


def _lasting(sent: Any, statuses: list[Any]) -> list[str]:
    # pywa hears each in a thread of its own, so two that follow closely may change places.
    return sorted(status.status.value for status in statuses if status.id == sent.id)


@pytest.mark.parametrize("send", SENDS, ids=str)
async def test_a_person_gets_it(
    send: str, bot: Any, chat: Any, controls: httpx.AsyncClient
) -> None:
    sending, kind = SENDS[send]

    sent = await to_thread.run_sync(lambda: sending(bot.client, chat.id))

    await until(lambda: len(_lasting(sent, bot.of("MessageStatus"))) == 3)
    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    got = next(message for message in phone if message["id"] == sent.id)
    assert (got["type"], got["content"]) == (kind, _content(bot.wire[-1], kind))
    assert _lasting(sent, bot.of("MessageStatus")) == ["delivered", "read", "sent"]


@pytest.mark.parametrize("name", FILLED)
async def test_a_person_gets_the_template(name: str, bot: Any, controls: httpx.AsyncClient) -> None:
    sent = await bot.call("send_template", TO, name, EN, params=FILLED[name], tracker=name)

    statuses = await bot.hears("MessageStatus", 3)
    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    assert [message["id"] for message in phone] == [sent.id]
    content = phone[0]["content"]
    assert content["rendered"] == READ[name]
    assert content["components"] == bot.wire[-1]["template"]["components"]
    assert _lasting(sent, statuses) == ["delivered", "read", "sent"]
    assert {status.tracker for status in statuses} == {name}
    assert "sent" in {status.status.value for status in statuses if status.pricing is not None}
