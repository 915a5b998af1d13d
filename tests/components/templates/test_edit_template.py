"""Edit Template: what may be changed in which state, and that all of it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appmixer.engine.contract import RejectedError

from ..live import Live

pytestmark = pytest.mark.anyio

BODY = "Thank you for your order."


async def new(live: Live, **more: Any) -> str:
    """Create a template, and have Meta review it; return its id."""
    wanted = {"name": "thanks", "language": "en_US", "category": "UTILITY", "body": BODY}
    created = await live.run("CreateTemplate", **wanted, **more)
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
