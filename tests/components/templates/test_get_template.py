"""Get Template: one language of a template, with all of its parts."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import NothingToChooseError, RejectedError, choices_of
from appmixer.whatsapp.components.templates.edit_template import EditTemplate
from appmixer.whatsapp.components.templates.get_template import GetTemplate

from ..live import Live

pytestmark = pytest.mark.anyio

CARD = {
    "headerKind": "product",
    "body": "Fresh every day.",
    "buttons": [{"kind": "singleProduct", "text": "View"}],
}


async def test_a_template_comes_with_all_of_its_parts(live: Live) -> None:
    created = await live.run(
        "CreateTemplate",
        name="sale",
        language="en_US",
        category="MARKETING",
        body="Hi {{1}}, {{2}} off today only!",
        bodyExamples=[{"value": "Sheena"}, {"value": "25%"}],
        headerKind="text",
        headerText="Sale",
        offerText="",
        footer="Lucky Shrub",
        messageTtlSeconds=43200,
        linkTrackingOptedOut=True,
        buttons=[{"kind": "phoneNumber", "text": "Call", "phoneNumber": "+15550783881"}],
    )

    by_id = await live.run("GetTemplate", templateId=created.id)
    by_name = await live.run("GetTemplate", name="sale", language="en_US")

    assert by_id == by_name
    told = by_id.model_dump()
    del told["components"]
    assert told == {
        "id": created.id,
        "name": "sale",
        "language": "en_US",
        "status": "PENDING",
        "category": "MARKETING",
        "parameterFormat": "POSITIONAL",
        "body": "Hi {{1}}, {{2}} off today only!",
        "bodyVariables": ["1", "2"],
        "headerFormat": "TEXT",
        "quality": "UNKNOWN",
        "rejectedReason": None,
        "bodyExamples": {"1": "Sheena", "2": "25%"},
        "headerText": "Sale",
        "footer": "Lucky Shrub",
        "buttons": [
            {"type": "PHONE_NUMBER", "text": "Call", "url": None, "phoneNumber": "+15550783881"}
        ],
        "cards": [],
        "offerText": None,
        "messageTtlSeconds": 43200,
        "subCategory": None,
        "previousCategory": None,
        "correctCategory": None,
        "linkTrackingOptedOut": True,
    }


async def test_cards_offers_and_named_examples_are_told(live: Live) -> None:
    named = {"language": "en_US", "category": "MARKETING"}
    await live.run("CreateTemplate", **named, name="cards", body="Our plants.", cards=[CARD, CARD])
    await live.run(
        "CreateTemplate",
        **named,
        name="offer",
        body="Hi {{who}}, we have an offer.",
        bodyExamples=[{"value": "Sheena"}],
        offerText="Expiring offer!",
        buttons=[{"kind": "url", "text": "Shop", "url": "https://www.luckyshrub.example"}],
    )

    cards = await live.run("GetTemplate", name="cards", language="en_US")
    offer = await live.run("GetTemplate", name="offer", language="en_US")

    assert [(each.header_format, each.body) for each in cards.cards] == [
        ("PRODUCT", "Fresh every day."),
        ("PRODUCT", "Fresh every day."),
    ]
    assert [each.type for each in cards.cards[0].buttons] == ["SPM"]
    assert (offer.offer_text, offer.body_examples) == ("Expiring offer!", {"who": "Sheena"})


async def test_a_template_that_is_not_there_is_named(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("GetTemplate", name="hello_world", language="cs")
    with pytest.raises(RejectedError) as unknown:
        await live.run("GetTemplate", templateId="4711")

    assert (caught.value.field, "hello_world in cs" in caught.value.title) == ("name", True)
    assert (unknown.value.code, unknown.value.subcode) == (100, 33)


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("templateId", {}),
        ("templateId", {"templateId": "1", "name": "hello_world"}),
        ("language", {"name": "hello_world"}),
        ("name", {"language": "en_US"}),
        ("name", {"name": "Hello", "language": "en_US"}),
        ("templateId", {"templateId": "hello_world"}),
    ],
)
async def test_one_template_has_to_be_meant(live: Live, field: str, input: dict[str, Any]) -> None:
    assert await live.refusal("GetTemplate", **input) == field
    assert live.requests == []


async def test_templates_of_every_state_can_be_chosen(live: Live) -> None:
    new = await live.run(
        "CreateTemplate", name="t", language="cs", category="UTILITY", body="Thank you."
    )

    names = await choices_of(GetTemplate.Input)["name"].first(live.context, {})
    ids = await choices_of(EditTemplate.Input)["templateId"].first(live.context, {})

    assert {"hello_world": "en_US", "t": "cs"}.items() <= {
        each.value: each.hint for each in names
    }.items()
    told = {each.label: (each.value, each.badge, each.state) for each in ids}
    assert told["t (cs)"] == (new.id, "pending", "advice")
    assert told["hello_world (en_US)"][1:] == ("", "fine")


async def test_an_account_without_templates_says_so(live: Live) -> None:
    for each in {each.name for each in (await live.run("ListTemplates")).templates}:
        await live.run("DeleteTemplate", name=each)

    with pytest.raises(NothingToChooseError) as caught:
        await choices_of(EditTemplate.Input)["templateId"].first(live.context, {})

    assert caught.value.title == "This account has no template"
