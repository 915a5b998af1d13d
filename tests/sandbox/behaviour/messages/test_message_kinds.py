"""POST /messages: what each type and each interactive kind needs, and how much it may hold."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import call_permissions, seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
LINK = "https://www.luckyshrub.example/a"
CATALOG = "194836987003835"


def _send(kind: str, content: object) -> Json:
    return {"messaging_product": "whatsapp", "to": "+16505551234", "type": kind, kind: content}


def _interactive(kind: str, action: Json, **more: Any) -> Json:
    return _send("interactive", {"type": kind, "body": {"text": "Look"}, "action": action, **more})


def _said(answer: httpx.Response) -> tuple[int, str | None]:
    error = answer.json().get("error")
    if error is None:
        return 0, None
    return error["code"], error.get("error_data", {}).get("details")


def _product_card(index: int, catalog: str = CATALOG) -> Json:
    action = {"product_retailer_id": f"p{index}", "catalog_id": catalog}
    return {"card_index": index, "type": "product", "action": action}


def _media_card(index: int, action: Json | None = None, form: str = "image") -> Json:
    link = {"name": "cta_url", "parameters": {"display_text": "Buy", "url": LINK}}
    return {
        "card_index": index,
        "type": "cta_url",
        "header": {"type": form, form: {"link": LINK}},
        "body": {"text": "A plant"},
        "action": action or link,
    }


def _replies(*titles: str) -> Json:
    replies = [{"type": "quick_reply", "quick_reply": {"id": one, "title": one}} for one in titles]
    return {"buttons": replies}


def _flow(**changes: Any) -> Json:
    parameters = {
        "flow_message_version": "3",
        "flow_id": "1",
        "flow_cta": "Book",
        "flow_token": "t",
        **changes,
    }
    return _interactive("flow", {"name": "flow", "parameters": parameters})


def _order(**changes: Any) -> Json:
    parameters: Json = {
        "reference_id": "ref-1",
        "type": "digital-goods",
        "payment_settings": [],
        "currency": "INR",
        "total_amount": {"value": 21000, "offset": 100},
        "order": {"status": "pending", "items": [{"name": "Plant"}]},
        **changes,
    }
    return _interactive("order_details", {"name": "review_and_pay", "parameters": parameters})


@pytest.mark.parametrize(
    "body",
    [
        _interactive("carousel", {"cards": [_product_card(0), _product_card(1)]}),
        _interactive("carousel", {"cards": [_media_card(1), _media_card(0)]}),
        _interactive(
            "carousel",
            {"cards": [_media_card(index, _replies("Yes", "No"), "video") for index in range(10)]},
        ),
        _flow(flow_id=None, flow_name="booking", mode="draft"),
        _order(),
        _order(order=None, payment_type="br", currency="BRL"),
        _interactive("catalog_message", {"name": "catalog_message"}),
        _send(
            "interactive",
            {
                "type": "product",
                "action": {"catalog_id": CATALOG, "product_retailer_id": "p"},
                "footer": {"text": "Lucky Shrub"},
            },
        ),
        _interactive("request_contact_info", {"name": "contact_request"}),
        _interactive(
            "list",
            {"button": "Open", "sections": [{"rows": [{"id": "1", "title": "Row"}]}]},
            body={"text": "x" * 4096},
        ),
        _send("audio", {"link": LINK, "voice": True}),
        _send("location", {"latitude": "1.5", "longitude": -2, "name": "Here", "address": "There"}),
    ],
)
async def test_accepts_what_is_within_the_limits(
    body: Json, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=body)

    assert answer.status_code == 200, answer.text


BEYOND: list[tuple[Json, int, str]] = [
    (
        _interactive("carousel", {"cards": [_product_card(0)]}),
        131009,
        "Invalid cards count. Min: 2, Max: 10",
    ),
    (
        _interactive("carousel", {"cards": [_product_card(0), _product_card(0)]}),
        131009,
        "card_index must count the cards from 0 to 1",
    ),
    (
        _interactive("carousel", {"cards": [_product_card(0), _product_card(1, "2")]}),
        131009,
        "All products of a carousel must be of one catalog",
    ),
    (
        _interactive("carousel", {"cards": [_media_card(0), _media_card(1, _replies("Yes"))]}),
        131009,
        "All cards must be of the same type and have the same buttons",
    ),
    (
        _interactive("carousel", {"cards": [_media_card(0), _media_card(1, form="video")]}),
        131009,
        "All cards must be of the same type and have the same buttons",
    ),
    (
        _interactive(
            "carousel",
            {"cards": [_product_card(0), _product_card(1)]},
            header={"type": "text", "text": "No"},
        ),
        131009,
        "interactive['header'] of type text is not supported for carousel",
    ),
    (
        _interactive("location_request_message", {"name": "send_location"}, footer={"text": "No"}),
        131009,
        "interactive['footer'] is not supported for location_request_message",
    ),
    (_flow(flow_cta="Book 🌱"), 131009, "flow_cta cannot have emoji"),
    (
        _flow(flow_cta="x" * 31),
        131009,
        "flow_cta length invalid. Min length: 1, Max length: 30",
    ),
    (
        _flow(flow_name="both"),
        131008,
        "The parameter parameters: one of flow_id and flow_name is required.",
    ),
    (
        _order(type="services"),
        131009,
        "parameters['type'] must be one of: digital-goods, physical-goods",
    ),
    (_order(order=None), 131008, "The parameter parameters['order'] is required."),
    (_order(total_amount={"value": "x"}), 131009, "total_amount['value'] must be a number"),
    (
        _interactive(
            "product_list",
            {
                "catalog_id": CATALOG,
                "sections": [{"product_items": [{"product_retailer_id": "p"}]}],
            },
        ),
        131008,
        "The parameter interactive['header'] is required.",
    ),
    (
        _interactive(
            "product_list",
            {
                "catalog_id": CATALOG,
                "sections": [{"product_items": [{"product_retailer_id": "p"}] * 31}],
            },
            header={"type": "text", "text": "Ours"},
        ),
        131009,
        "At most 30 products in one message",
    ),
    (
        _interactive(
            "address_message", {"name": "address_message", "parameters": {"country": "DE"}}
        ),
        131009,
        "country must be one of: IN, SG",
    ),
    (
        _interactive(
            "button",
            {"buttons": [{"type": "reply", "reply": {"id": one, "title": "Yes"}} for one in "ab"]},
        ),
        131009,
        "Button titles must be unique",
    ),
    (
        _send("image", {"link": LINK, "caption": "x" * 1025}),
        131009,
        "image['caption'] length invalid. Min length: 0, Max length: 1024",
    ),
    (
        _send("video", {"link": LINK, "id": "1"}),
        131008,
        "video: exactly one of the parameters 'id' and 'link' is required.",
    ),
    (
        _send("audio", {"link": LINK, "voice": "yes"}),
        131009,
        "audio['voice'] must be a boolean",
    ),
    (
        _send("contacts", [{"name": {"formatted_name": "B", "first_name": "B"}}] * 258),
        131009,
        "contacts: at most 257 contacts in one message",
    ),
    (
        _send(
            "contacts",
            [{"name": {"formatted_name": "B", "first_name": "B"}, "birthday": "23.1.1999"}],
        ),
        131009,
        "contacts[0]['birthday'] must be a date as YYYY-MM-DD",
    ),
    (
        _send("location", {"latitude": 10**400, "longitude": 1}),
        131009,
        "location['latitude'] must be between -90 and 90",
    ),
    (
        _send("pin", {"type": "pin", "message_id": "wamid.x"}),
        131051,
        "Message type pin is currently not supported.",
    ),
    (
        {
            **_send("reaction", {"message_id": "wamid.x", "emoji": "👍"}),
            "context": {"message_id": "w"},
        },
        131009,
        "context is not supported for messages of type reaction",
    ),
    (
        {**_send("text", {"body": "x"}), "recipient_type": "crowd"},
        131009,
        "recipient_type must be one of: individual, group",
    ),
]


@pytest.mark.parametrize(("body", "code", "details"), BEYOND)
async def test_refuses_what_is_beyond_them(
    body: Json,
    code: int,
    details: str,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    answer = await graph.post(f"/{number}/messages", json=body)

    assert (answer.status_code, *_said(answer)) == (400, code, details)
    assert sandbox.world.messages == {}


@pytest.mark.parametrize("footer", [None, {}, {"text": None}])
@pytest.mark.parametrize("kind", ["button", "location_request_message"])
async def test_a_footer_without_a_text_is_none(
    kind: str, footer: Json | None, graph: httpx.AsyncClient, number: str
) -> None:
    actions: Json = {
        "button": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Yes"}}]},
        "location_request_message": {"name": "send_location"},
    }
    body = _interactive(kind, actions[kind])
    body["interactive"]["footer"] = footer

    answer = await graph.post(f"/{number}/messages", json=body)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("components", [None, []])
async def test_components_of_a_template_may_be_empty(
    components: list[Json] | None, graph: httpx.AsyncClient, number: str
) -> None:
    template = {"name": "hello_world", "language": {"code": "en_US"}, "components": components}

    answer = await graph.post(f"/{number}/messages", json=_send("template", template))

    assert answer.status_code == 200, answer.text


async def test_does_not_ask_again_whoever_always_takes_calls(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    world = sandbox.world
    world.numbers[number].settings.calling["status"] = "ENABLED"
    reply = {"response": "accept", "is_permanent": True}
    call_permissions.answer(world, world.numbers[number], world.people[seed.PERSON], reply)
    kind = "call_permission_request"

    answer = await graph.post(f"/{number}/messages", json=_interactive(kind, {"name": kind}))

    assert (answer.status_code, _said(answer)[0]) == (400, 138017)


@pytest.mark.parametrize("kind", ["voice_call", "call_permission_request"])
async def test_asks_for_calls_only_where_calling_is_enabled(
    kind: str, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    body = _interactive(kind, {"name": kind})

    before = await graph.post(f"/{number}/messages", json=body)
    sandbox.world.numbers[number].settings.calling["status"] = "ENABLED"
    after = await graph.post(f"/{number}/messages", json=body)

    assert (before.status_code, _said(before)[0]) == (401, 138000)
    assert after.status_code == 200
