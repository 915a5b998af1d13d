"""Send Order Details and Send Order Status against the simulator of Meta."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
WHOM = {"phoneNumberId": NUMBER, "to": PERSON}
CAKE = {"name": "Cake", "quantity": 2, "price": "25.00", "retailerId": "1234567"}
GATEWAY = {"kind": "gateway", "gateway": "razorpay", "configurationName": "lucky-shrub"}
PIX = {
    "kind": "pix",
    "code": "00020101021226700014br.gov.bcb.pix",
    "merchantName": "Lucky Shrub",
    "key": "39580525000189",
    "keyType": "CNPJ",
}
ORDER = {
    **WHOM,
    "text": "Your order",
    "referenceId": "ref-860198",
    "goods": "physical-goods",
    "currency": "INR",
    "items": [CAKE],
    "payments": [GATEWAY],
}
BRAZIL = {**ORDER, "currency": "BRL", "payments": [PIX]}


def cents(value: int, description: str = "") -> dict[str, Any]:
    told = {"value": value, "offset": 100}
    return {**told, "description": description} if description else told


async def order_sent(live: Live, **input: Any) -> dict[str, Any]:
    """Return the parameters that Meta was sent for an order."""
    await live.run("SendOrderDetails", **{**ORDER, **input})
    parameters: dict[str, Any] = live.sent[-1]["interactive"]["action"]["parameters"]
    return parameters


async def test_an_order_goes_out_with_its_sums_worked_out(live: Live) -> None:
    await live.ready()
    ends = int(live.context.clock.now) + 3600

    await live.run(
        "SendOrderDetails",
        **{
            **ORDER,
            "footer": "Lucky Shrub",
            "items": [CAKE, {**CAKE, "name": "Tea", "quantity": 1, "salePrice": 19.9}],
            "tax": "4.50",
            "taxNote": "GST",
            "shipping": 10,
            "shippingNote": "Courier",
            "discount": "₹ 5",
            "discountNote": "Welcome back",
            "total": "79.40",
            "expiresAt": datetime.fromtimestamp(ends, UTC).replace(tzinfo=None).isoformat(),
            "expiryNote": "Too late",
        },
    )

    item = {"retailer_id": "1234567", "name": "Cake", "amount": cents(2500), "quantity": 2}
    parameters = {
        "reference_id": "ref-860198",
        "type": "physical-goods",
        "currency": "INR",
        "total_amount": cents(7940),
        "payment_settings": [
            {
                "type": "payment_gateway",
                "payment_gateway": {"type": "razorpay", "configuration_name": "lucky-shrub"},
            }
        ],
        "order": {
            "status": "pending",
            "items": [item, {**item, "name": "Tea", "quantity": 1, "sale_amount": cents(1990)}],
            "subtotal": cents(6990),
            "tax": cents(450, "GST"),
            "shipping": cents(1000, "Courier"),
            "discount": cents(500, "Welcome back"),
            "expiration": {"timestamp": str(ends), "description": "Too late"},
        },
    }
    [body] = live.sent
    assert body["interactive"] == {
        "type": "order_details",
        "body": {"text": "Your order"},
        "footer": {"text": "Lucky Shrub"},
        "action": {"name": "review_and_pay", "parameters": parameters},
    }


async def test_an_order_needs_items_and_a_way_to_pay_alone(live: Live) -> None:
    await live.ready()

    parameters = await order_sent(live)

    assert parameters["order"] == {
        "status": "pending",
        "items": [{"retailer_id": "1234567", "name": "Cake", "amount": cents(2500), "quantity": 2}],
        "subtotal": cents(5000),
        "tax": cents(0),
    }
    assert parameters["total_amount"] == cents(5000)


@pytest.mark.parametrize(
    ("payment", "setting"),
    [
        (
            PIX,
            {
                "type": "pix_dynamic_code",
                "pix_dynamic_code": {
                    "code": "00020101021226700014br.gov.bcb.pix",
                    "merchant_name": "Lucky Shrub",
                    "key": "39580525000189",
                    "key_type": "CNPJ",
                },
            },
        ),
        (
            {"kind": "link", "link": "https://pay.example/1"},
            {"type": "payment_link", "payment_link": {"uri": "https://pay.example/1"}},
        ),
        (
            {"kind": "boleto", "digitableLine": "0339"},
            {"type": "boleto", "boleto": {"digitable_line": "0339"}},
        ),
        (
            {"kind": "card", "lastFourDigits": "5235", "credentialId": "1234567"},
            {
                "type": "offsite_card_pay",
                "offsite_card_pay": {"last_four_digits": "5235", "credential_id": "1234567"},
            },
        ),
    ],
)
async def test_in_brazil_an_order_can_be_paid_in_four_ways(
    live: Live, payment: dict[str, Any], setting: dict[str, Any]
) -> None:
    await live.ready()

    parameters = await order_sent(live, **{**BRAZIL, "payments": [payment]})

    assert parameters["payment_settings"] == [setting]
    assert parameters["payment_type"] == "br"


async def test_in_brazil_a_total_and_a_way_to_pay_are_enough(live: Live) -> None:
    await live.ready()

    parameters = await order_sent(live, **{**BRAZIL, "items": [], "total": "R$ 149,90"})

    assert "order" not in parameters
    assert parameters["total_amount"] == cents(14990)


@pytest.mark.parametrize(
    ("currency", "written", "value"),
    [
        ("INR", 499, 49900),
        ("INR", 19.99, 1999),
        ("INR", "19.9", 1990),
        ("INR", "19,90", 1990),
        ("INR", "₹1,23,456.50", 12345650),
        ("INR", "Rs. 1,234", 123400),
        ("BRL", "R$ 1.234,50", 123450),
        ("BRL", "1,234.50", 123450),
        ("BRL", "1.234", 123400),
        ("BRL", "25", 2500),
    ],
)
async def test_amounts_are_read_as_people_write_them(
    live: Live, currency: str, written: str | float, value: int
) -> None:
    await live.ready()
    order = BRAZIL if currency == "BRL" else ORDER

    parameters = await order_sent(live, **{**order, "items": [{**CAKE, "price": written}]})

    assert parameters["order"]["items"][0]["amount"] == cents(value)
    assert parameters["total_amount"] == cents(2 * value)


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"total": "49.99"}, "total"),
        ({"discount": "50.01"}, "discount"),
        ({"tax": "1.234"}, "tax"),
        ({"currency": "BRL", "payments": [PIX], "tax": "1,234"}, "tax"),
        ({"shipping": 0.001}, "shipping"),
        ({"shipping": -1}, "shipping"),
        ({"tax": "1.234.56"}, "tax"),
        ({"tax": "ten 10"}, "tax"),
        ({"tax": "10000000000.01"}, "tax"),
        ({"tax": 10_000_000_001}, "tax"),
        ({"items": [{**CAKE, "price": "free"}]}, "items"),
        ({"items": [{**CAKE, "price": "1.2.3"}]}, "items"),
        ({"items": [{**CAKE, "salePrice": "25"}]}, "items"),
        ({"items": [{**CAKE, "quantity": 1.5}]}, "items"),
        ({"items": [{**CAKE, "quantity": 0}]}, "items"),
        ({"items": []}, "items"),
        ({"items": [CAKE] * 1000}, "items"),
        ({"items": [], "total": "50"}, "items"),
        ({**BRAZIL, "items": [], "total": "50", "tax": "1"}, "items"),
        ({"payments": []}, "payments"),
        ({"payments": [PIX]}, "payments"),
        ({"payments": [{"kind": "gateway", "gateway": "razorpay"}]}, "payments"),
        ({"currency": "BRL"}, "payments"),
        ({"currency": "EUR"}, "currency"),
        ({"referenceId": "order 1"}, "referenceId"),
        ({"referenceId": "x" * 36}, "referenceId"),
        ({"footer": "x" * 61}, "footer"),
        ({"to": GROUP}, "to"),
    ],
)
async def test_an_order_that_does_not_add_up_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendOrderDetails", **{**ORDER, **input}) == field
    assert live.requests == []


@pytest.mark.parametrize("left_s", [299, -60])
async def test_an_order_that_expires_too_soon_is_refused_before_any_call(
    live: Live, left_s: int
) -> None:
    ends = datetime.fromtimestamp(live.context.clock.now + left_s, UTC)

    for written in (ends.isoformat(), ends.replace(tzinfo=None).isoformat()):
        assert await live.refusal("SendOrderDetails", **ORDER, expiresAt=written) == "expiresAt"
    assert live.requests == []


async def test_news_about_an_order_go_out_as_meta_documents_them(live: Live) -> None:
    await live.ready()

    await live.run(
        "SendOrderStatus",
        **WHOM,
        text="Your order has shipped",
        referenceId="ref-860198",
        status="shipped",
        description="On its way",
    )

    assert live.sent == [documented("send.interactive.order_status")]


async def test_news_about_an_order_need_no_description(live: Live) -> None:
    await live.ready()

    await live.run(
        "SendOrderStatus", **WHOM, text="Done", referenceId="ref-860198", status="completed"
    )

    parameters = live.sent[0]["interactive"]["action"]["parameters"]
    assert parameters == {"reference_id": "ref-860198", "order": {"status": "completed"}}


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"description": "x" * 121}, "description"),
        ({"referenceId": ""}, "referenceId"),
        ({"text": "x" * 1025}, "text"),
        ({"to": GROUP}, "to"),
    ],
)
async def test_news_that_meta_would_refuse_are_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    news = {**WHOM, "text": "Done", "referenceId": "ref-860198", "status": "completed"}

    assert await live.refusal("SendOrderStatus", **{**news, **input}) == field
    assert live.requests == []
