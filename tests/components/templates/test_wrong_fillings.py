"""What does not fit a template is refused with its field, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.whatsapp.plugin.templates.blank import blank_of

from ..live import NUMBER, Live
from .fillings import (
    CALL,
    CHOSEN,
    DEFINITION,
    GREETING,
    HI,
    IMAGE,
    MPM,
    OFFER,
    ORDER,
    PAYABLE,
    PLACE,
    TRACK,
    body,
    buttons,
    header,
    misfits,
)

pytestmark = pytest.mark.anyio

LONG = {"products": ["a"] * 16}
WRONG: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, str]] = {
    "variable missing": ([HI], {"body_1": "a"}, "body_2", "also needs body_2 ({{2}})"),
    "everything missing": ([HI], {}, "body_1", "also needs body_1"),
    "variable surplus": ([HI], {**GREETING, "body_3": "x"}, "body_3", "no place for body_3"),
    "nothing to fill in": ([body("Hi")], {"body_1": "x"}, "body_1", "what it has is: none"),
    "a list": ([HI], {**GREETING, "body_2": ["x"]}, "body_2", "a text or a number"),
    "a truth": ([HI], {**GREETING, "body_2": True}, "body_2", "a text or a number"),
    "nothing": ([HI], {**GREETING, "body_2": None}, "body_2", "a text or a number"),
    "empty": ([HI], {**GREETING, "body_2": ""}, "body_2", "is empty"),
    "blank": ([HI], {**GREETING, "body_2": " \n "}, "body_2", "is empty"),
    "too long": ([HI], {**GREETING, "body_2": "x" * 1019}, "body_2", "there is room for 1,018"),
    "too long together": (
        [HI],
        {"body_1": "y" * 500, "body_2": "x" * 600},
        "body_2",
        "has 1,105 characters then",
    ),
    "too long for an offer": (
        [OFFER, body("Hi {{1}}")],
        {"body_1": "x" * 598, "offer_ends_at": "2030-10-01T22:00:00Z"},
        "body_1",
        "there is room for 597",
    ),
    "header too long": (
        [header("TEXT", text="For {{1}}"), body("Hi")],
        {"header_1": "x" * 57},
        "header_1",
        "there is room for 56",
    ),
    "money without currency": (
        [HI],
        {**GREETING, "body_2": {"amount": 1, "text": "$1"}},
        "body_2.currency",
        "is missing",
    ),
    "money without a number": (
        [HI],
        {**GREETING, "body_2": {"currency": "USD", "amount": "much", "text": "$1"}},
        "body_2.amount",
        "",
    ),
    "a date with more": (
        [HI],
        {**GREETING, "body_2": {"date": "October 2", "day": 5}},
        "body_2.day",
        "no field day",
    ),
    "another header": (
        [header("VIDEO")],
        {"header_image": IMAGE},
        "header_video",
        "needs header_video",
    ),
    "two files": (
        [header("IMAGE")],
        {"header_image": {**IMAGE, "link": "https://lucky.example/a.png"}},
        "header_image",
        "one of",
    ),
    "no file": ([header("IMAGE")], {"header_image": {}}, "header_image", "one of"),
    "a link to another kind": (
        [header("VIDEO")],
        {"header_video": {"link": "https://lucky.example/a.png"}},
        "header_video",
        "",
    ),
    "a file name that is none": (
        [header("DOCUMENT")],
        {"header_document": IMAGE, "header_file_name": "x" * 241},
        "header_file_name",
        "room for 240",
    ),
    "no such latitude": (
        [header("LOCATION")],
        {"header_location": {**PLACE, "latitude": 91}},
        "header_location.latitude",
        "between -90 and 90",
    ),
    "a place without a name": (
        [header("LOCATION")],
        {"header_location": {**PLACE, "name": " "}},
        "header_location.name",
        "",
    ),
    "product without a catalog": (
        [header("PRODUCT")],
        {"header_product": "di9ozbzfi4"},
        "header_catalog",
        "needs header_catalog",
    ),
    "a whole address": (
        [buttons(TRACK)],
        {"button_1_url": "https://lucky.example/track/860198"},
        "button_1_url",
        "only what comes after https://lucky.example/track/",
    ),
    "an address with blanks": (
        [buttons(TRACK)],
        {"button_1_url": "860 198"},
        "button_1_url",
        "no blanks",
    ),
    "an address that is too long": (
        [buttons(TRACK)],
        {"button_1_url": "x" * 1973},
        "button_1_url",
        "room for 1,972",
    ),
    "no such button": (
        [buttons(TRACK)],
        {"button_1_url": "1", "button_2_url": "2"},
        "button_2_url",
        "no place for button_2_url",
    ),
    "another kind of button": (
        [buttons({"type": "QUICK_REPLY", "text": "Stop"})],
        {"button_1_url": "2"},
        "button_1_url",
        "what it has is: button_1_payload",
    ),
    "a long payload": (
        [buttons({"type": "QUICK_REPLY", "text": "Stop"})],
        {"button_1_payload": "x" * 257},
        "button_1_payload",
        "room for 256",
    ),
    "a long code": (
        [buttons({"type": "COPY_CODE"})],
        {"button_1_code": "x" * 16},
        "button_1_code",
        "room for 15",
    ),
    "flow data that are none": (
        [buttons({"type": "FLOW", "text": "Open"})],
        {"button_1_data": "x"},
        "button_1_data",
        "",
    ),
    "products without sections": (
        [buttons(MPM)],
        {"button_1_product": "a"},
        "button_1_sections",
        "needs button_1_sections",
    ),
    "too many products": (
        [buttons(MPM)],
        {
            "button_1_product": "a",
            "button_1_sections": [{"title": "A", **LONG}, {"title": "B", **LONG}],
        },
        "button_1_sections",
        "may have 30 products",
    ),
    "sections without titles": (
        [buttons(MPM)],
        {
            "button_1_product": "a",
            "button_1_sections": [{"title": "A", "products": ["a"]}, {"products": ["b"]}],
        },
        "button_1_sections",
        "each needs a title",
    ),
    "an order of nothing": (
        [buttons(ORDER)],
        {"button_1_order": {**PAYABLE, "reference_id": ""}},
        "button_1_order.reference_id",
        "",
    ),
    "a call of no minutes": (
        [buttons(CALL)],
        {"button_1_minutes": 0},
        "button_1_minutes",
        "",
    ),
    "an offer without an end": ([OFFER], {}, "offer_ends_at", "needs offer_ends_at"),
    "an offer that has ended": (
        [OFFER],
        {"offer_ends_at": "2026-09-21T14:13:20"},
        "offer_ends_at",
        "is in the past",
    ),
    "an end that is no time": ([OFFER], {"offer_ends_at": "soon"}, "offer_ends_at", ""),
    "a card without its text": (
        [{"type": "CAROUSEL", "cards": [{"components": [body("{{1}}")]}] * 2}],
        {"card_1_body_1": "x"},
        "card_2_body_1",
        "needs card_2_body_1",
    ),
    "a card too many": (
        [{"type": "CAROUSEL", "cards": [{"components": [body("{{1}}")]}]}],
        {"card_1_body_1": "x", "card_2_body_1": "x"},
        "card_2_body_1",
        "no place for card_2_body_1",
    ),
    "a card that is too long": (
        [{"type": "CAROUSEL", "cards": [{"components": [body("{{1}}")]}]}],
        {"card_1_body_1": "x" * 161},
        "card_1_body_1",
        "room for 160",
    ),
}


@pytest.mark.parametrize(("parts", "parameters", "field", "cause"), WRONG.values(), ids=WRONG)
async def test_a_wrong_filling_is_refused_with_its_field_before_anything_is_sent(
    live: Live,
    parts: list[dict[str, Any]],
    parameters: dict[str, Any],
    field: str,
    cause: str,
) -> None:
    world = live.sandbox.world
    world.numbers[NUMBER].is_registered = True
    [sale] = [each for each in world.templates.values() if each.name == "summer_sale"]
    sale.components = parts
    chosen = {**CHOSEN, "templateName": sale.name}

    with pytest.raises(RejectedError) as caught:
        await live.run("SendTemplate", **chosen, parameters=parameters)

    assert caught.value.field == f"parameters.{field}"
    assert cause in caught.value.cause
    assert {request.method for request in live.requests} == {"GET"}


# What only the whole filling or the time can tell; everything else is told while it is written.
BY_CODE_ALONE = (
    "too long together",
    "two files",
    "no file",
    "a link to another kind",
    "no such latitude",
    "a whole address",
    "too many products",
    "sections without titles",
    "an offer that has ended",
    "an end that is no time",
    "money without a number",
)


@pytest.mark.parametrize("case", [each for each in WRONG if each not in BY_CODE_ALONE])
def test_a_wrong_filling_cannot_be_stored(case: str) -> None:
    parts, parameters, field, _ = WRONG[case]
    schema = blank_of({**DEFINITION, "components": parts}).schema

    errors = misfits(schema, parameters)

    assert field.split(".")[0] in str([(error.absolute_path, error.message) for error in errors])
