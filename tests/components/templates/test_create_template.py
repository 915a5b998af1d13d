"""Create Template: the three examples of Meta's, every part and button, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appmixer.engine.contract import RejectedError, choices_of
from appmixer.whatsapp.components.templates.create_template import CreateTemplate

from ..live import Live, documented

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(300)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(300)
PDF = b"%PDF-1.7 content"
URL_BUTTON = {"kind": "url", "text": "Shop", "url": "https://www.luckyshrub.example/shop"}
REPLY = {"kind": "quickReply", "text": "Stop"}
APP = {"packageName": "com.example.luckyshrub", "signatureHash": "K8a/AINcGX7"}
BODY = "Thank you for your order."


def utility(**more: Any) -> dict[str, Any]:
    named = {"name": "t", "language": "en_US", "category": "UTILITY", "body": BODY}
    return {**named, **more}


def marketing(**more: Any) -> dict[str, Any]:
    return utility(**{"category": "MARKETING", **more})


def code(**more: Any) -> dict[str, Any]:
    return {"name": "t", "language": "en_US", "category": "AUTHENTICATION", **more}


def examples(*values: str) -> list[dict[str, str]]:
    return [{"value": each} for each in values]


def card(**more: Any) -> dict[str, Any]:
    sample = {"link": "https://www.luckyshrub.example/a.png"}
    return {"headerKind": "image", "headerSample": sample, "buttons": [URL_BUTTON], **more}


def created(live: Live) -> dict[str, Any]:
    """Return what was posted last."""
    posted = [each for each in live.requests if each.method == "POST"]
    body: dict[str, Any] = json.loads(posted[-1].content)
    return body


async def test_the_numbered_example_of_meta_is_written_in_the_form(live: Live) -> None:
    output = await live.run(
        "CreateTemplate",
        name="order_confirmation_2",
        language="en_US",
        category="UTILITY",
        body="Hi {{1}}, your order {{2}} has shipped.",
        bodyExamples=examples("Sheena", "860198"),
        footer="Lucky Shrub",
        headerKind="text",
        headerText="Order update",
        buttons=[
            {
                "kind": "url",
                "text": "Track",
                "url": "https://www.luckyshrub.example/track/{{1}}",
                "urlExample": "860198",
            },
            {"kind": "phoneNumber", "text": "Call", "phoneNumber": "15550783881"},
        ],
    )

    wanted = {**documented("template.create.positional"), "name": "order_confirmation_2"}
    assert created(live) == wanted
    assert output.id.isdigit()
    assert output.model_dump() == {
        "id": output.id,
        "name": "order_confirmation_2",
        "language": "en_US",
        "status": "PENDING",
        "category": "UTILITY",
        "categoryChanged": False,
        "wasThereAlready": False,
    }


async def test_the_named_example_of_meta_is_written_in_the_form(live: Live) -> None:
    await live.run(
        "CreateTemplate",
        name="spring_sale",
        language="en_US",
        category="MARKETING",
        body="Hi {{first_name}}, {{discount}} off today!",
        bodyExamples=[
            {"name": "discount", "value": "25%"},
            {"name": "first_name", "value": "Sheena"},
        ],
    )

    assert created(live) == documented("template.create.named")


async def test_the_authentication_example_of_meta_is_written_in_the_form(live: Live) -> None:
    await live.run(
        "CreateTemplate",
        name="verification_code",
        language="en_US",
        category="AUTHENTICATION",
        codeButtonText="Copy Code",
        addSecurityRecommendation=True,
        codeExpirationMinutes=5,
        messageTtlSeconds=600,
    )

    assert created(live) == documented("template.create.authentication")


@pytest.mark.parametrize(
    "input",
    [
        utility(),
        code(),
        code(codeDelivery="oneTap", supportedApps=[APP], autofillText="Autofill"),
        code(codeDelivery="zeroTap", supportedApps=[APP], zeroTapTermsAccepted=True),
        utility(headerKind="location"),
        utility(headerKind="text", headerText="For {{1}}", headerExample="Sheena"),
        utility(headerKind="text", headerText="For {{who}}", headerExample="Sheena"),
        utility(buttons=[REPLY, {**REPLY, "text": "More"}, URL_BUTTON]),
        utility(buttons=[{"kind": "copyCode", "codeExample": "SPRING25"}]),
        utility(buttons=[{"kind": "flow", "text": "Book", "flowId": "123", "firstScreen": "A"}]),
        utility(buttons=[{"kind": "flow", "text": "Book", "flowName": "appointment"}]),
        utility(buttons=[{"kind": "voiceCall", "text": "Call us", "ttlMinutes": 60}]),
        utility(buttons=[{"kind": "contactRequest"}]),
        utility(buttons=[{"kind": "orderDetails", "text": "Review and pay"}]),
        marketing(buttons=[{"kind": "catalog", "text": "View catalog"}]),
        marketing(buttons=[{"kind": "multiProduct", "text": "View items"}]),
        marketing(headerKind="product", buttons=[{"kind": "singleProduct", "text": "View"}]),
        marketing(
            cards=[
                {"headerKind": "product", "buttons": [{"kind": "singleProduct", "text": "View"}]},
                {"headerKind": "product", "buttons": [{"kind": "singleProduct", "text": "View"}]},
            ]
        ),
        marketing(offerText="Expiring offer!", buttons=[URL_BUTTON]),
        marketing(offerText="Offer", offerHasExpiry=False, buttons=[URL_BUTTON]),
        utility(asksCallPermission=True),
        utility(isOrderStatus=True, footer="Lucky Shrub"),
        utility(linkTrackingOptedOut=True, messageTtlSeconds=-1),
        utility(body="Ünï 🌱 " + "x" * 1017),
        {
            "name": "t",
            "language": "en_US",
            "category": "UTILITY",
            "components": [{"type": "body", "text": "From JSON."}],
        },
    ],
)
async def test_meta_takes_every_part_and_kind_of_button(live: Live, input: dict[str, Any]) -> None:
    output = await live.run("CreateTemplate", **input)

    assert (output.status, output.category) == ("PENDING", input["category"])


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("image", "a.png", PNG),
        ("video", "a.mp4", MP4),
        ("gif", "a.mp4", MP4),
        ("document", "a.pdf", PDF),
    ],
)
async def test_a_sample_is_uploaded_on_the_way(
    live: Live, kind: str, name: str, content: bytes
) -> None:
    file = live.context.files.keep(name, "application/octet-stream", content)

    output = await live.run(
        "CreateTemplate", **utility(headerKind=kind, headerSample={"fileId": file.id})
    )

    header, _ = created(live)["components"]
    assert header["example"]["header_handle"][0].startswith("4::")
    assert output.status == "PENDING"


async def test_the_samples_of_all_cards_are_uploaded_on_the_way(live: Live) -> None:
    files = [live.context.files.keep(name, "", PNG) for name in ("a.png", "b.png")]
    cards = [
        card(
            headerSample={"fileId": each.id},
            body="Fresh {{1}} for you.",
            bodyExamples=examples("roses"),
        )
        for each in files
    ]

    await live.run("CreateTemplate", **marketing(cards=cards))

    sent = created(live)["components"][1]["cards"]
    handles = [each["components"][0]["example"]["header_handle"][0] for each in sent]
    assert len(set(handles)) == 2
    assert sent[0]["components"][1]["example"] == {"body_text": [["roses"]]}


async def test_a_sample_that_cannot_be_is_named(live: Live) -> None:
    file = live.context.files.keep("a.pdf", "application/pdf", PDF)

    field = await live.refusal(
        "CreateTemplate", **utility(headerKind="image", headerSample={"fileId": file.id})
    )

    assert field == "headerSample"
    assert live.requests == []


LONG = "x" * 1025
VARIABLES = examples("a", "b", "c", "d", "e")
TWO_CARDS = [card(), card()]


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("name", utility(name="Order")),
        ("name", utility(name="x" * 513)),
        ("language", utility(language="xx_XX")),
        ("language", utility(language="english")),
        ("category", utility(category="ALERT")),
        ("body", utility(body="")),
        ("body", utility(body=LONG)),
        ("body", utility(body="{{1}}, thank you.", bodyExamples=examples("a"))),
        ("body", utility(body="Thank you, {{1}}", bodyExamples=examples("a"))),
        (
            "body",
            utility(body="Dear {{1}} {{2}}, thank you very much.", bodyExamples=VARIABLES[:2]),
        ),
        ("body", utility(body="Hi {{1}}, {{2}}, {{3}} now.", bodyExamples=VARIABLES[:3])),
        ("body", utility(body="Hi {{2}}, thank you.", bodyExamples=examples("a"))),
        ("body", utility(body="Hi {{First}}, thank you.", bodyExamples=examples("a"))),
        (
            "body",
            utility(body="Hi {{1}}, thank you for {{what}} so much.", bodyExamples=VARIABLES[:2]),
        ),
        ("body", utility(body="Hi {{first-name}}, thank you.")),
        ("body", utility(body="Hi {{1}}, thank you.", bodyExamples=examples("a", "b"))),
        ("body", utility(bodyExamples=[{"name": "who", "value": "a"}])),
        ("bodyExamples", utility(body="Hi {{1}}, thank you.")),
        ("bodyExamples", utility(body="Hi {{1}}, thank you.", bodyExamples=examples(""))),
        ("footer", utility(footer="x" * 61)),
        ("footer", utility(footer="For {{1}} only")),
        ("footer", utility(footer="One\ntwo")),
        ("headerText", utility(headerKind="text")),
        ("headerText", utility(headerKind="text", headerText="x" * 61)),
        ("headerText", utility(headerKind="text", headerText="One\ntwo")),
        ("headerText", utility(headerKind="text", headerText="{{1}} and {{2}}", headerExample="a")),
        ("headerText", utility(headerKind="text", headerText="For {{2}}", headerExample="a")),
        ("headerExample", utility(headerKind="text", headerText="For {{1}}")),
        ("headerKind", utility(headerText="Order update")),
        ("headerSample", utility(headerKind="image")),
        ("headerSample", utility(headerKind="image", headerSample={"link": "a", "handle": "b"})),
        (
            "body",
            utility(
                headerKind="text",
                headerText="For {{who}}",
                headerExample="a",
                body="Hi {{1}}, thank you.",
                bodyExamples=examples("a"),
            ),
        ),
        ("buttons", utility(buttons=[REPLY] * 11)),
        ("buttons", utility(buttons=[URL_BUTTON] * 3)),
        (
            "buttons",
            utility(buttons=[{"kind": "phoneNumber", "text": "Call", "phoneNumber": "123"}] * 2),
        ),
        ("buttons", utility(buttons=[REPLY, URL_BUTTON, REPLY])),
        ("buttons.0.text", utility(buttons=[{"kind": "quickReply"}])),
        ("buttons", utility(buttons=[{**REPLY, "text": "x" * 26}])),
        ("buttons.0.text", utility(buttons=[{**REPLY, "text": "One\ntwo"}])),
        ("buttons.0.text", utility(buttons=[{**REPLY, "text": "For {{1}}"}])),
        ("buttons.0.url", utility(buttons=[{"kind": "url", "text": "Shop"}])),
        ("buttons.0.url", utility(buttons=[{**URL_BUTTON, "url": "www.luckyshrub.example"}])),
        ("buttons.0.url", utility(buttons=[{**URL_BUTTON, "url": "https://a.example/{{1}}/b"}])),
        ("buttons", utility(buttons=[{**URL_BUTTON, "url": "https://a.example/" + "x" * 1983}])),
        (
            "buttons.1.urlExample",
            utility(buttons=[REPLY, {**URL_BUTTON, "url": "https://a.example/{{1}}"}]),
        ),
        ("buttons.0.phoneNumber", utility(buttons=[{"kind": "phoneNumber", "text": "Call"}])),
        (
            "buttons",
            utility(buttons=[{"kind": "phoneNumber", "text": "Call", "phoneNumber": "call me"}]),
        ),
        ("buttons.0.codeExample", utility(buttons=[{"kind": "copyCode"}])),
        ("buttons", utility(buttons=[{"kind": "copyCode", "codeExample": "x" * 16}])),
        ("buttons.0.flowId", utility(buttons=[{"kind": "flow", "text": "Book"}])),
        (
            "buttons.0.flowId",
            utility(buttons=[{"kind": "flow", "text": "Book", "flowId": "1", "flowName": "a"}]),
        ),
        ("buttons", utility(buttons=[{"kind": "voiceCall", "text": "Call", "ttlMinutes": 43201}])),
        ("category", utility(buttons=[{"kind": "catalog", "text": "View catalog"}])),
        ("category", utility(cards=TWO_CARDS)),
        ("category", utility(offerText="Offer", buttons=[URL_BUTTON])),
        ("headerKind", marketing(buttons=[{"kind": "singleProduct", "text": "View"}])),
        (
            "headerKind",
            utility(headerKind="location", buttons=[{"kind": "orderDetails", "text": "Pay"}]),
        ),
        ("cards", marketing(cards=[card()])),
        ("cards", marketing(cards=[card()] * 11)),
        ("cards", marketing(cards=[card(), card(body="Fresh every day.")])),
        ("cards", marketing(cards=[card(), card(buttons=[{**REPLY}])])),
        ("cards", marketing(cards=[card(), card(buttons=[URL_BUTTON] * 3)])),
        ("cards", marketing(cards=[card(), card(body="x" * 161)])),
        (
            "cards.1.body",
            marketing(cards=[card(), card(body="{{1}} is fresh.", bodyExamples=examples("a"))]),
        ),
        ("cards.0.bodyExamples", marketing(cards=[card(body="All {{1}} for you.")] * 2)),
        ("cards.1.headerSample", marketing(cards=[card(), card(headerSample=None)])),
        ("footer", marketing(cards=TWO_CARDS, footer="Lucky Shrub")),
        ("headerKind", marketing(cards=TWO_CARDS, headerKind="location")),
        ("buttons", marketing(cards=TWO_CARDS, buttons=[REPLY])),
        ("offerText", marketing(offerText="x" * 17, buttons=[URL_BUTTON])),
        ("buttons", marketing(offerText="Offer")),
        ("footer", marketing(offerText="Offer", buttons=[URL_BUTTON], footer="Lucky Shrub")),
        ("headerKind", marketing(offerText="Offer", buttons=[URL_BUTTON], headerKind="location")),
        ("body", marketing(offerText="Offer", buttons=[URL_BUTTON], body="x" * 601)),
        ("isOrderStatus", utility(isOrderStatus=True, buttons=[REPLY])),
        ("isOrderStatus", marketing(isOrderStatus=True)),
        ("body", code(body="Your code is {{1}}.")),
        ("buttons", code(buttons=[REPLY])),
        ("codeExpirationMinutes", code(codeExpirationMinutes=91)),
        ("codeExpirationMinutes", utility(codeExpirationMinutes=5)),
        ("supportedApps", code(codeDelivery="oneTap")),
        (
            "supportedApps",
            code(codeDelivery="oneTap", supportedApps=[{**APP, "signatureHash": "x"}]),
        ),
        ("zeroTapTermsAccepted", code(codeDelivery="zeroTap", supportedApps=[APP])),
        ("messageTtlSeconds", code(messageTtlSeconds=901)),
        ("messageTtlSeconds", utility(messageTtlSeconds=29)),
        ("messageTtlSeconds", marketing(messageTtlSeconds=3600)),
        ("body", utility(components=[{"type": "BODY", "text": BODY}])),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_it_is_asked(
    live: Live, field: str, input: dict[str, Any]
) -> None:
    assert await live.refusal("CreateTemplate", **input) == field
    assert live.requests == []


TEXT = {"type": "BODY", "text": BODY}
OTP = {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}


def raw_buttons(**button: Any) -> list[dict[str, Any]]:
    return [TEXT, {"type": "BUTTONS", "buttons": [button]}]


RAW_SHOP = raw_buttons(type="URL", text="Shop", url="https://www.luckyshrub.example")


def raw_cards(*components: dict[str, Any]) -> list[dict[str, Any]]:
    buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "More"}]}
    cards = [{"components": [*components, buttons]}] * 2
    return [TEXT, {"type": "CAROUSEL", "cards": cards}]


RAW: list[tuple[str, list[dict[str, Any]]]] = [
    ("UTILITY", [{"type": "BODY", "text": "{{1}}, hi.", "example": {"body_text": [["a"]]}}]),
    ("UTILITY", [{"type": "BODY", "text": "Hi {{1}}, thank you."}]),
    ("UTILITY", [TEXT, TEXT]),
    ("UTILITY", [{"text": BODY}]),
    ("UTILITY", [{"type": "FOOTER", "text": BODY}]),
    ("UTILITY", [{"type": "BODY", "text": " "}]),
    ("UTILITY", [{"type": "BODY", "text": LONG}]),
    ("UTILITY", [TEXT, {"type": "FOOTER"}]),
    ("UTILITY", [TEXT, {"type": "HEADER", "format": "IMAGE"}]),
    ("UTILITY", [TEXT, {"type": "BUTTONS", "buttons": []}]),
    ("UTILITY", raw_buttons(type="OTP")),
    ("UTILITY", raw_buttons(type="VOICE_CALL", text="Call", ttl_minutes=0)),
    ("UTILITY", raw_buttons(type="PHONE_NUMBER", text="Call", phone_number="call me")),
    ("UTILITY", raw_buttons(type="QUICK_REPLY", text="x" * 26)),
    ("MARKETING", [*RAW_SHOP, {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {}}]),
    ("MARKETING", raw_cards()),
    ("MARKETING", raw_cards({"type": "HEADER", "format": "LOCATION"})),
    (
        "MARKETING",
        raw_cards({"type": "HEADER", "format": "PRODUCT"}, {**TEXT, "type": "FOOTER"}),
    ),
    ("AUTHENTICATION", [{"type": "BODY"}]),
    ("AUTHENTICATION", [TEXT, OTP]),
    ("AUTHENTICATION", [{"type": "BODY"}, {"type": "HEADER", "format": "LOCATION"}, OTP]),
]


@pytest.mark.parametrize(("category", "components"), RAW)
async def test_the_experts_array_is_held_against_the_same_rules(
    live: Live, category: str, components: list[dict[str, Any]]
) -> None:
    named = {"name": "t", "language": "en_US", "category": category}

    assert await live.refusal("CreateTemplate", **named, components=components) == "components"
    assert live.requests == []


async def test_numbers_and_names_in_one_text_are_told_apart_from_a_gap(live: Live) -> None:
    wanted = utility(
        body="Hi {{1}}, thank you for {{what}} so much.", bodyExamples=examples("a", "b")
    )

    with pytest.raises(RejectedError) as caught:
        await live.run("CreateTemplate", **wanted)

    assert caught.value.cause == "Some variables are numbered and some are named."


async def test_a_category_that_meta_has_changed_is_told(live: Live) -> None:
    async with live.sandbox.controls() as controls:
        review = {"templateReview": {"category": "MARKETING"}}
        (await controls.post("/settings", json=review)).raise_for_status()

    output = await live.run("CreateTemplate", **utility())

    assert (output.category, output.category_changed) == ("MARKETING", True)


async def test_the_same_template_is_created_once_and_another_of_its_name_is_refused(
    live: Live,
) -> None:
    wanted = utility(footer="Lucky Shrub", buttons=[REPLY])
    first = await live.run("CreateTemplate", **wanted)
    second = await live.run("CreateTemplate", **wanted)

    for change in ({"footer": "Other"}, {"buttons": [{**REPLY, "text": "More"}]}):
        with pytest.raises(RejectedError) as caught:
            await live.run("CreateTemplate", **{**wanted, **change})
        assert (caught.value.field, caught.value.subcode) == ("name", 2388024)

    assert (second.id, second.was_there_already) == (first.id, True)


async def test_a_review_approves_or_rejects_it_afterwards(live: Live) -> None:
    new = await live.run("CreateTemplate", **utility())
    async with live.sandbox.controls() as controls:
        moved = {"advanceS": 5}
        (await controls.post("/clock", json=moved)).raise_for_status()
    approved = await live.run("GetTemplate", templateId=new.id)
    async with live.sandbox.controls() as controls:
        review = {"templateReview": {"outcome": "REJECTED"}}
        (await controls.post("/settings", json=review)).raise_for_status()
    await live.run("CreateTemplate", **utility(name="u"))
    async with live.sandbox.controls() as controls:
        (await controls.post("/clock", json={"advanceS": 5})).raise_for_status()
    rejected = await live.run("GetTemplate", name="u", language="en_US")

    assert approved.status == "APPROVED"
    assert (rejected.status, bool(rejected.rejected_reason)) == ("REJECTED", True)


async def test_every_language_of_metas_can_be_chosen(live: Live) -> None:
    options = await choices_of(CreateTemplate.Input)["language"].first(live.context, {})

    assert ("en_US", "English (United States)") in [(each.value, each.label) for each in options]
