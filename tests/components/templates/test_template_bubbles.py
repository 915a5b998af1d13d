"""A template as people will see it, while its form is filled in."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Part
from appmixer.whatsapp.components.templates.send_template import SendTemplate

from ..live import Live, documented
from .fillings import (
    CHOSEN,
    FILLED_IN,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "bubble"),
    [
        (
            "positional",
            [
                Part("title", "Order update"),
                Part("text", "Hi Sheena, your order 860198 has shipped."),
                Part("footer", "Lucky Shrub"),
                Part("button", "Track", "https://www.luckyshrub.example/track/860198"),
                Part("button", "Stop updates"),
            ],
        ),
        ("named", [Part("text", "Hi Sheena, 25% off today!")]),
        (
            "authentication",
            [
                Part(
                    "text",
                    "*J$FpnYnP* is your verification code. For your security, do not share this"
                    " code.",
                ),
                Part("footer", "This code expires in 5 minutes."),
                Part(
                    "button",
                    "Copy Code",
                    "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
                ),
            ],
        ),
        (
            "currency_datetime",
            [Part("text", "A payment of $100.99 is due on October 2, 2026, thank you.")],
        ),
        (
            "location_header",
            [
                Part("location", "Philz Coffee, 101 Forest Ave"),
                Part("text", "Good news, Mark! Order 566701 is ready at the place shown above."),
            ],
        ),
        (
            "carousel",
            [
                Part("text", "Sheena, take 30% off with 30OFF this week."),
                *(
                    Part(
                        "card",
                        parts=[
                            Part("image"),
                            Part("text", "A plant for a small window."),
                            Part("button", "Tell me more"),
                            Part("button", "See it", f"https://www.luckyshrub.example/p/PLANT_{n}"),
                        ],
                    )
                    for n in (0, 1)
                ),
            ],
        ),
    ],
)
async def test_the_bubble_shows_what_the_form_is_filled_in_with(
    live: Live, name: str, bubble: list[Part]
) -> None:
    template = documented(f"send.template.{name}")["template"]["name"]
    chosen = {**CHOSEN, "templateName": template, "parameters": FILLED_IN[name]}

    shown = await SendTemplate().preview(live.context, chosen)

    assert shown.bubble == bubble
    assert shown.notes == []


async def test_the_bubble_of_a_half_filled_form_shows_what_is_missing(live: Live) -> None:
    filling: dict[str, Any] = {"parameters": {"body_discount": "25%"}}
    chosen = {**CHOSEN, "templateName": "spring_sale", **filling}

    shown = await SendTemplate().preview(live.context, chosen)

    assert shown.bubble == [Part("text", "Hi {{first_name}}, 25% off today!")]
