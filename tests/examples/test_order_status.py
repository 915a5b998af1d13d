"""An order's status by template from a webhook, played."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Stage, given, steps

pytestmark = pytest.mark.anyio


async def test_a_shop_that_reports_an_order_is_answered_with_the_message(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.start("order_status")
    address = await stage.address("order_status")
    order = {"phone": "+1 650 555 1234", "name": "Sheena\nNelson", "orderId": 4711}

    async with httpx.AsyncClient(timeout=60) as shop:
        taken = await shop.post(address, json=order)
        refused = await shop.post(address, json={"phone": "+16505551234"})

    assert await stage.phone() == ["Hi Sheena Nelson, your order 4711 has shipped."]
    [told] = [each for each in await stage.runs("order_status", 2) if "tell" in steps(each)]
    assert taken.json() == {"messageId": given(told, "tell", "sent")["messageId"]}
    assert taken.status_code == 200
    assert (refused.status_code, refused.json()) == (422, {"error": "phone and orderId are needed"})
