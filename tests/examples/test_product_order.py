"""Products that are asked for, ordered from the phone and confirmed, played."""

from __future__ import annotations

import pytest

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def test_products_are_sent_to_who_asks_and_the_order_is_confirmed(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.start("product_order")

    await stage.says("What can I buy?")
    await stage.runs("product_order", 1)
    await stage.orders("di9ozbzfi4", "nqryix03ez")
    await stage.runs("product_order", 2)

    assert await stage.phone() == [
        "Put into the cart what you like, and send it to us.",
        "Thank you, Sheena Nelson! This is your order:\n"
        "2 x di9ozbzfi4 at 30.00 USD\n"
        "2 x nqryix03ez at 30.00 USD\n"
        "We tell you here when it is on its way.",
    ]


async def test_who_asks_for_something_else_is_sent_no_products(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.start("product_order")

    await stage.says("Good morning")
    await stage.runs("product_order", 1)

    assert await stage.phone() == []
