"""Sends of templates: every parameter of every button, and the trial run of a new template."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Template

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
LINK = "https://www.luckyshrub.example/a"


def _send(components: list[Json]) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": f"+{seed.PERSON}",
        "type": "template",
        "template": {
            "name": "garden_news",
            "language": {"code": "en_US", "policy": "deterministic"},
            "components": components,
        },
    }


def _define(
    sandbox: RunningSandbox, components: list[Json], category: str = "MARKETING"
) -> Template:
    template = Template(
        "77", seed.WABA_ID, "garden_news", "en_US", category, components, created_at=0.0
    )
    sandbox.world.templates[template.id] = template
    return template


def _button(kind: str, *parameters: Json, index: object = 0) -> Json:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": list(parameters)}


def _action(**action: Any) -> Json:
    return {"type": "action", "action": action}


def _said(answer: httpx.Response) -> tuple[int, str | None]:
    error = answer.json().get("error")
    if error is None:
        return 0, None
    return error["code"], error.get("error_data", {}).get("details")


ORDER: Json = {
    "reference_id": "ref-1",
    "type": "digital-goods",
    "payment_settings": [],
    "currency": "INR",
    "total_amount": {"value": 21000, "offset": 100},
    "order": {"status": "pending", "items": [{"name": "Plant"}]},
}
BODY: Json = {"type": "BODY", "text": "The garden opens again."}
PRODUCTS: list[Json] = [{"title": "Ours", "product_items": [{"product_retailer_id": "p"}]}]


@pytest.mark.parametrize(
    ("button", "sent", "code", "details"),
    [
        ("VOICE_CALL", _button("voice_call", {"type": "ttl_minutes", "ttl_minutes": 60}), 0, None),
        (
            "VOICE_CALL",
            _button("voice_call", {"type": "ttl_minutes", "ttl_minutes": 0}),
            131009,
            "buttons: Button at index 0 ttl_minutes must be between 1 and 43200",
        ),
        ("QUICK_REPLY", _button("quick_reply", {"type": "payload", "payload": "x"}), 0, None),
        ("QUICK_REPLY", _button("quick_reply", {"type": "text", "text": True}), 0, None),
        (
            "QUICK_REPLY",
            _button("quick_reply", {"type": "coupon_code", "coupon_code": "x"}),
            132012,
            "buttons: Button at index 0: Format mismatch, expected PAYLOAD, received COUPON_CODE",
        ),
        (
            "COPY_CODE",
            _button("copy_code", {"type": "coupon_code", "coupon_code": "x" * 16}),
            131009,
            "buttons: Button at index 0 coupon_code length invalid. Min length: 1, Max length: 15",
        ),
        (
            "COPY_CODE",
            _button("url", {"type": "text", "text": "x"}),
            132012,
            "buttons: Button at index 0 of type COPY_CODE got another sub_type",
        ),
        ("CATALOG", _button("catalog", _action(thumbnail_product_retailer_id="p")), 0, None),
        ("FLOW", _button("flow", _action(flow_token="t", flow_action_data={"a": 1})), 0, None),
        (
            "FLOW",
            _button("flow", _action(flow_action_data="no")),
            131009,
            "buttons: Button at index 0 flow_action_data must be an object",
        ),
        (
            "MPM",
            _button("mpm", _action(thumbnail_product_retailer_id="p", sections=PRODUCTS)),
            0,
            None,
        ),
        (
            "MPM",
            _button("mpm", _action(sections=PRODUCTS)),
            131008,
            "The parameter buttons: Button at index 0 thumbnail_product_retailer_id is required.",
        ),
        (
            "MPM",
            _button("mpm", _action(thumbnail_product_retailer_id="p", sections=PRODUCTS * 11)),
            131009,
            "Invalid sections count. Min: 1, Max: 10",
        ),
        ("OTP", _button("url", {"type": "text", "text": "123456"}), 0, None),
        (
            "OTP",
            _button("url"),
            131008,
            "buttons: Button at index 0 of type Url requires a parameter",
        ),
        ("ORDER_DETAILS", _button("order_details", _action(order_details=ORDER)), 0, None),
        (
            "ORDER_DETAILS",
            _button("order_details"),
            131008,
            "buttons: Button at index 0 of type OrderDetails requires an action with order_details",
        ),
        (
            "ORDER_DETAILS",
            _button("order_details", _action(order_details={**ORDER, "currency": "rupees"})),
            131009,
            "parameters['currency'] must be a currency code of three letters",
        ),
        (
            "QUICK_REPLY",
            _button("quick_reply", index=3),
            132018,
            "buttons: index '3' is not in the template",
        ),
    ],
)
async def test_checks_what_a_send_adds_to_a_button(
    button: str,
    sent: Json,
    code: int,
    details: str | None,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    _define(sandbox, [BODY, {"type": "BUTTONS", "buttons": [{"type": button, "text": "Tap"}]}])

    answer = await graph.post(f"/{number}/messages", json=_send([sent]))

    assert _said(answer) == (code, details)


@pytest.mark.parametrize(
    ("components", "said"),
    [
        ([], (131009, "buttons: Button at index 0 of type Flow must be named in the components")),
        ([{"type": "button", "sub_type": "flow", "index": "0"}], (0, None)),
    ],
)
async def test_a_flow_button_is_named_also_when_it_takes_nothing(
    components: list[Json],
    said: tuple[int, str | None],
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    button = {"type": "FLOW", "text": "Open", "flow_id": "123"}
    _define(sandbox, [BODY, {"type": "BUTTONS", "buttons": [button]}])

    answer = await graph.post(f"/{number}/messages", json=_send(components))

    assert _said(answer) == said


@pytest.mark.parametrize("kind", ["PAYMENT_REQUEST", "PHONE_NUMBER"])
async def test_a_button_that_takes_nothing_goes_out_and_cannot_be_named(
    kind: str, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _define(sandbox, [BODY, {"type": "BUTTONS", "buttons": [{"type": kind, "text": "Tap"}]}])

    bare = await graph.post(f"/{number}/messages", json=_send([]))
    named = await graph.post(f"/{number}/messages", json=_send([_button(kind.lower())]))

    assert _said(bare) == (0, None)
    assert (named.status_code, named.json()["error"]["message"]) == (
        400,
        "(#100) Param template['components'][0]['sub_type'] must be one of {BOOKING_CONFIRMATION, "
        "CATALOG, COPY_CODE, FLOW, MPM, ORDER_DETAILS, QUICK_REPLY, REMINDER, URL, VOICE_CALL} - "
        f'got "{kind.lower()}".',
    )


@pytest.mark.parametrize(("language", "code"), [("en_us", 0), ("EN_US", 0), ("en", 132001)])
async def test_a_template_is_found_whatever_the_case_of_its_language(
    language: str, code: int, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _define(sandbox, [BODY])
    send = _send([])
    send["template"]["language"] = {"code": language}

    answer = await graph.post(f"/{number}/messages", json=send)

    assert _said(answer)[0] == code


def _text(value: str) -> Json:
    return {"type": "text", "text": value}


GREETING: Json = {"type": "BODY", "text": "Hello {{1}}, welcome back."}
OFFER: Json = {
    "type": "LIMITED_TIME_OFFER",
    "limited_time_offer": {"text": "Ends soon", "has_expiration": True},
}


@pytest.mark.parametrize(
    ("defined", "sent", "code", "details"),
    [
        (
            [GREETING],
            {"type": "body", "parameters": [{"type": "text"}]},
            100,
            "Parameter 'text' is mandatory for component parameter type 'text'",
        ),
        (
            [GREETING],
            {"type": "body", "parameters": [_text("x" * 1025)]},
            132005,
            "body: the filled-in text exceeds 1024 characters",
        ),
        (
            [GREETING],
            {"type": "body", "parameters": [_text("a     b")]},
            132018,
            "body: a text parameter cannot have new-line or tab characters "
            "or more than 4 consecutive spaces",
        ),
        (
            [GREETING],
            {"type": "body", "parameters": [{"type": "image", "image": {"link": LINK}}]},
            132012,
            "body: Format mismatch, expected TEXT, received IMAGE",
        ),
        (
            [GREETING],
            {
                "type": "body",
                "parameters": [{"type": "currency", "currency": {"fallback_value": "$1"}}],
            },
            131008,
            "The parameter currency['code'] is required.",
        ),
        (
            [{"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}, BODY],
            {"type": "header", "parameters": [_text("x" * 60)]},
            132005,
            "header: the filled-in text exceeds 60 characters",
        ),
        (
            [{"type": "HEADER", "format": "PRODUCT"}, BODY],
            {
                "type": "header",
                "parameters": [{"type": "product", "product": {"product_retailer_id": "p"}}],
            },
            131008,
            "The parameter header['product']['catalog_id'] is required.",
        ),
        (
            [{"type": "HEADER", "format": "LOCATION"}, BODY],
            {
                "type": "header",
                "parameters": [{"type": "location", "location": {"latitude": 99, "longitude": 1}}],
            },
            131009,
            "header['location']['latitude'] must be between -90 and 90",
        ),
        (
            [BODY, OFFER],
            {
                "type": "limited_time_offer",
                "parameters": [
                    {
                        "type": "limited_time_offer",
                        "limited_time_offer": {"expiration_time_ms": "soon"},
                    }
                ],
            },
            131009,
            "limited_time_offer['expiration_time_ms'] must be UNIX milliseconds",
        ),
        (
            [BODY],
            {
                "type": "tap_target_configuration",
                "parameters": [
                    {
                        "type": "tap_target_configuration",
                        "tap_target_configuration": [{"url": LINK}],
                    }
                ],
            },
            131008,
            "The parameter tap_target_configuration['title'] is required.",
        ),
        (
            [
                BODY,
                {
                    "type": "CAROUSEL",
                    "cards": [{"components": [BODY]}, {"components": [BODY]}],
                },
            ],
            {"type": "carousel", "cards": [{"card_index": 1}, {"card_index": 0}]},
            131009,
            "carousel: card_index of card 0 must be 0",
        ),
    ],
)
async def test_refuses_a_parameter_that_does_not_fit(
    defined: list[Json],
    sent: Json,
    code: int,
    details: str,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    _define(sandbox, defined)

    answer = await graph.post(f"/{number}/messages", json=_send([sent]))

    assert _said(answer) == (code, details)
    assert sandbox.world.messages == {}


async def test_a_passcode_has_fifteen_characters_at_most(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _define(sandbox, [GREETING], "AUTHENTICATION")
    request = _send([{"type": "body", "parameters": [_text("1" * 16)]}])

    answer = await graph.post(f"/{number}/messages", json=request)

    assert _said(answer) == (132018, "body: a code has at most 15 characters")


@pytest.mark.parametrize("place", ["header", "card"])
async def test_a_file_in_a_template_must_exist(
    place: str, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    header: Json = {"type": "HEADER", "format": "IMAGE"}
    sent: Json = {"type": "header", "parameters": [{"type": "image", "image": {"id": "12"}}]}
    if place == "card":
        cards = [{"components": [header, BODY]}, {"components": [header, BODY]}]
        _define(sandbox, [BODY, {"type": "CAROUSEL", "cards": cards}])
        given = [{"card_index": index, "components": [sent]} for index in range(2)]
        sent = {"type": "carousel", "cards": given}
    else:
        _define(sandbox, [header, BODY])

    answer = await graph.post(f"/{number}/messages", json=_send([sent]))

    assert _said(answer) == (131009, "Media id 12 does not exist or has expired")


def _pace(sandbox: RunningSandbox, outcome: Any) -> None:
    pacing = sandbox.world.settings.template_pacing
    pacing.sample, pacing.hold_s, pacing.outcome = 2, 600.0, outcome
    sandbox.world.clock.freeze(frozen=True)
    sandbox.world.settings.instant = True


async def _statuses_of_four_sends(graph: httpx.AsyncClient, number: str) -> list[str]:
    answers = [await graph.post(f"/{number}/messages", json=_send([])) for _ in range(4)]
    return [answer.json()["messages"][0]["message_status"] for answer in answers]


async def test_a_new_template_goes_to_a_sample_first(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    _define(sandbox, [BODY])
    _pace(sandbox, "released")

    answered = await _statuses_of_four_sends(graph, number)
    first = await receiver.wait_for("statuses", 6)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 600)
    statuses = await receiver.wait_for("statuses", 12)
    after = await graph.post(f"/{number}/messages", json=_send([]))

    held = "held_for_quality_assessment"
    assert answered == ["accepted", "accepted", held, held]
    assert len({one["id"] for one in first}) == 2
    assert [one["status"] for one in statuses].count("read") == 4
    assert after.json()["messages"][0]["message_status"] == "accepted"


async def test_the_rest_is_dropped_when_the_sample_does_not_like_it(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    template = _define(sandbox, [BODY])
    _pace(sandbox, "dropped")

    await _statuses_of_four_sends(graph, number)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 600)
    statuses = await receiver.wait_for("statuses", 8)
    after = await graph.post(f"/{number}/messages", json=_send([]))

    assert [one["errors"][0]["code"] for one in statuses if "errors" in one] == [132015, 132015]
    assert template.status == "PAUSED"
    assert _said(after)[0] == 132015
