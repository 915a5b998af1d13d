"""New Order tells what was ordered, and what it costs in each currency."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import body, outputs

pytestmark = pytest.mark.anyio


def ordering(*items: Any) -> dict[str, Any]:
    parsed = copy.deepcopy(body("messages.order"))
    [message] = parsed["entry"][0]["changes"][0]["value"]["messages"]
    message["order"]["product_items"] = list(items)
    return parsed


def item(price: Any, quantity: Any = 1, currency: str = "EUR") -> dict[str, Any]:
    return {
        "product_retailer_id": "a",
        "quantity": quantity,
        "item_price": price,
        "currency": currency,
    }


async def test_an_order_has_its_items_and_their_sum(quiet: RecordingContext) -> None:
    [order] = await outputs(quiet, "NewOrder", "messages.order")

    assert (order["catalogId"], order["text"]) == ("194836987003835", "Love these!")
    assert order["items"] == [
        {"productId": "di9ozbzfi4", "quantity": 2, "price": 30.0, "currency": "USD"},
        {"productId": "nqryix03ez", "quantity": 1, "price": 25.0, "currency": "USD"},
    ]
    assert order["totals"] == [{"currency": "USD", "amount": 85.0}]
    assert order["replyTo"] == "+16505551234"


@pytest.mark.parametrize(
    ("items", "totals"),
    [
        # Neither is 0.30000000000000004.
        ([item(0.1), item(0.2)], {"EUR": 0.3}),
        ([item("9.90", "3")], {"EUR": 29.7}),
        ([item(1), item(2, 2, "CZK"), item(3)], {"EUR": 4.0, "CZK": 4.0}),
        ([item(None), item("free"), item(True, None), item("1e999"), "odd"], {}),
        ([item("NaN")], {}),
        ([], {}),
    ],
)
async def test_each_currency_is_added_up_of_what_has_a_price(
    quiet: RecordingContext, items: list[Any], totals: dict[str, float]
) -> None:
    [order] = await outputs(quiet, "NewOrder", ordering(*items))

    assert {each["currency"]: each["amount"] for each in order["totals"]} == totals


async def test_what_is_no_order_starts_nothing(quiet: RecordingContext) -> None:
    assert await outputs(quiet, "NewOrder", "messages.text.product_enquiry") == []
