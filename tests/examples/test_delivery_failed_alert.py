"""A message that never arrives is told elsewhere, played."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Elsewhere, Stage

pytestmark = pytest.mark.anyio

NOBODY = "+16505550000"


async def test_only_what_never_arrives_is_told_with_its_reason_and_its_cure(
    stage: Stage, elsewhere: Elsewhere
) -> None:
    stage.sandbox.register_number()
    stage.sandbox.set(instant=True)
    await stage.start("order_status")
    await stage.start("delivery_failed_alert", **{"https://chat.example.com": elsewhere.url})
    address = await stage.address("order_status")

    async with httpx.AsyncClient(timeout=60) as shop:
        for phone in ("+16505551234", NOBODY):
            order = {"phone": phone, "name": "Sheena", "orderId": 4711}
            (await shop.post(address, json=order)).raise_for_status()
    await stage.runs("delivery_failed_alert", 1)

    [alert] = elsewhere.told
    assert alert["text"].startswith("Not delivered to 16505550000: Message undeliverable. ")
    assert len(alert["text"]) > len("Not delivered to 16505550000: Message undeliverable. ")
    assert await stage.phone() == ["Hi Sheena, your order 4711 has shipped."]
