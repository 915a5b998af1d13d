"""Edit Template: what may be changed in which state, and that all of it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from appmixer.engine.contract import RejectedError

from ..live import Live

pytestmark = pytest.mark.anyio

BODY = "Thank you for your order."
HANDLE = re.compile(rb'(?<="4::)[^"]+')


async def new(live: Live, **more: Any) -> str:
    """Create a template, and have Meta review it; return its id."""
    wanted = {"name": "thanks", "language": "en_US", "category": "UTILITY", "body": BODY}
    created = await live.run("CreateTemplate", **{**wanted, **more})
    await later(live)
    return str(created.id)


async def later(live: Live, advance_s: float = 5.0) -> None:
    async with live.sandbox.controls() as controls:
        (await controls.post("/clock", json={"advanceS": advance_s})).raise_for_status()


async def reviews(live: Live, outcome: str) -> None:
    async with live.sandbox.controls() as controls:
        review = {"templateReview": {"outcome": outcome}}
        (await controls.post("/settings", json=review)).raise_for_status()


async def test_an_approved_template_gets_another_content_and_is_reviewed_again(
    live: Live,
) -> None:
    template = await new(live, footer="Lucky Shrub")

    edited = await live.run(
        "EditTemplate",
        templateId=template,
        category="UTILITY",
        body="Thank you, {{who}}, for your order.",
        bodyExamples=[{"value": "Sheena"}],
        buttons=[{"kind": "quickReply", "text": "Stop"}],
        messageTtlSeconds=60,
    )

    [posted] = [each for each in live.requests if each.url.path.endswith(f"/{template}")][1:2]
    assert json.loads(posted.content) == {
        "components": [
            {
                "type": "BODY",
                "text": "Thank you, {{who}}, for your order.",
                "example": {"body_text_named_params": [{"param_name": "who", "example": "Sheena"}]},
            },
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]},
        ],
        "parameter_format": "NAMED",
        "message_send_ttl_seconds": 60,
    }
    assert (edited.id, edited.status, edited.body_variables) == (template, "PENDING", ["who"])
    assert (edited.footer, edited.message_ttl_seconds) == (None, 60)


TEXT = {"type": "BODY", "text": BODY}
VIEW = {"headerKind": "product", "buttons": [{"kind": "singleProduct", "text": "View"}]}
VIEW_BUTTON = {"type": "BUTTONS", "buttons": [{"type": "SPM", "text": "View"}]}
VIEW_CARD = {"components": [{"type": "HEADER", "format": "PRODUCT"}, VIEW_BUTTON]}
SHOP = {"text": "Shop", "url": "https://www.luckyshrub.example/shop"}
CODES = {
    "codeDelivery": "zeroTap",
    "zeroTapTermsAccepted": True,
    "supportedApps": [{"packageName": "com.lucky.shrub", "signatureHash": "K8a/AINcGX7"}],
    "codeButtonText": "Copy",
    "autofillText": "Autofill",
    "addSecurityRecommendation": True,
    "codeExpirationMinutes": 5,
}
CODE_BUTTON = {
    "type": "OTP",
    "otp_type": "ZERO_TAP",
    "text": "Copy",
    "autofill_text": "Autofill",
    "supported_apps": [{"package_name": "com.lucky.shrub", "signature_hash": "K8a/AINcGX7"}],
    "zero_tap_terms_accepted": True,
}


@pytest.mark.parametrize(
    ("category", "given", "components"),
    [
        (
            "UTILITY",
            {
                "body": BODY,
                "headerKind": "text",
                "headerText": "For {{1}}",
                "headerExample": "Sheena",
                "footer": "Lucky Shrub",
            },
            [
                {
                    "type": "HEADER",
                    "format": "TEXT",
                    "text": "For {{1}}",
                    "example": {"header_text": ["Sheena"]},
                },
                TEXT,
                {"type": "FOOTER", "text": "Lucky Shrub"},
            ],
        ),
        (
            "UTILITY",
            {"body": BODY, "headerKind": "image", "headerSample": {"fileId": "file-1"}},
            [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::"]}}, TEXT],
        ),
        (
            "UTILITY",
            {"body": BODY, "asksCallPermission": True},
            [TEXT, {"type": "CALL_PERMISSION_REQUEST"}],
        ),
        (
            "MARKETING",
            {"body": BODY, "cards": [VIEW, VIEW]},
            [TEXT, {"type": "CAROUSEL", "cards": [VIEW_CARD, VIEW_CARD]}],
        ),
        (
            "MARKETING",
            {
                "body": BODY,
                "offerText": "Sale",
                "offerHasExpiry": False,
                "buttons": [{"kind": "url", **SHOP}],
            },
            [
                TEXT,
                {
                    "type": "LIMITED_TIME_OFFER",
                    "limited_time_offer": {"text": "Sale", "has_expiration": False},
                },
                {"type": "BUTTONS", "buttons": [{"type": "URL", **SHOP}]},
            ],
        ),
        (
            "AUTHENTICATION",
            CODES,
            [
                {"type": "BODY", "add_security_recommendation": True},
                {"type": "FOOTER", "code_expiration_minutes": 5},
                {"type": "BUTTONS", "buttons": [CODE_BUTTON]},
            ],
        ),
        ("UTILITY", {"components": [TEXT]}, [TEXT]),
    ],
)
async def test_an_edit_can_say_all_that_a_new_template_says(
    live: Live, category: str, given: dict[str, Any], components: list[dict[str, Any]]
) -> None:
    live.context.files.keep("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(300))
    template = await new(live, category=category, body=None if given is CODES else BODY)

    edited = await live.run("EditTemplate", templateId=template, category=category, **given)

    posted = [each for each in live.requests if each.url.path.endswith(f"/{template}")][1]
    # What stands for a file is another one with each upload.
    assert json.loads(HANDLE.sub(b"", posted.content))["components"] == components
    assert edited.status == "PENDING"


async def test_a_time_to_live_alone_is_not_reviewed(live: Live) -> None:
    template = await new(live)

    edited = await live.run(
        "EditTemplate", templateId=template, category="UTILITY", messageTtlSeconds=600
    )

    assert (edited.status, edited.body, edited.message_ttl_seconds) == ("APPROVED", BODY, 600)


async def test_a_rejected_template_may_change_its_category_alone(live: Live) -> None:
    await reviews(live, "REJECTED")
    template = await new(live)

    edited = await live.run("EditTemplate", templateId=template, category="MARKETING")

    assert (edited.status, edited.category, edited.body) == ("PENDING", "MARKETING", BODY)


async def test_an_approved_template_keeps_its_category(live: Live) -> None:
    template = await new(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("EditTemplate", templateId=template, category="MARKETING", body=BODY)

    assert caught.value.field == "category"
    assert [each.method for each in live.requests[1:]] == ["GET"]


async def test_a_template_in_review_is_left_alone(live: Live) -> None:
    await reviews(live, "PENDING")
    template = await new(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("EditTemplate", templateId=template, category="UTILITY", body="Other.")

    assert (caught.value.field, "pending" in caught.value.cause) == ("templateId", True)
    assert [each.method for each in live.requests[1:]] == ["GET"]


async def test_a_text_of_ones_own_needs_content_when_codes_were_sent(live: Live) -> None:
    await reviews(live, "REJECTED")
    template = await new(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("EditTemplate", templateId=template, category="AUTHENTICATION")

    assert caught.value.field == "body"
    assert [each.method for each in live.requests[1:]] == ["GET"]


async def test_an_edit_of_nothing_is_refused(live: Live) -> None:
    template = await new(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("EditTemplate", templateId=template, category="UTILITY")

    assert caught.value.field == "body"
    assert [each.method for each in live.requests[1:]] == ["GET"]


async def test_what_meta_says_of_a_second_edit_on_one_day_is_passed_on(live: Live) -> None:
    template = await new(live)
    await live.run("EditTemplate", templateId=template, category="UTILITY", body="Other.")
    await later(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("EditTemplate", templateId=template, category="UTILITY", body="Again.")

    assert "once in 24 hours" in caught.value.cause


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("templateId", {"templateId": "thanks", "body": BODY}),
        ("category", {"templateId": "1", "category": "", "body": BODY}),
        ("body", {"templateId": "1", "body": "{{1}} is here."}),
        ("body", {"templateId": "1", "footer": "Lucky Shrub"}),
        ("messageTtlSeconds", {"templateId": "1", "messageTtlSeconds": 5}),
        ("components", {"templateId": "1", "components": [{"type": "FOOTER", "text": "a"}]}),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_it_is_asked(
    live: Live, field: str, input: dict[str, Any]
) -> None:
    assert await live.refusal("EditTemplate", **{"category": "UTILITY", **input}) == field
    assert live.requests == []
