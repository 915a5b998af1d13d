"""Send Product, Send Product List and Send Catalog against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

TO: dict[str, Any] = {"phoneNumberId": NUMBER, "to": PERSON}
CATALOG = {"catalogId": "194836987003835"}
ONE: dict[str, Any] = {**TO, **CATALOG, "productId": "di9ozbzfi4"}
SECTIONS = [{"title": "Popular", "productIds": ["di9ozbzfi4", "nqryix03ez"]}]
MANY: dict[str, Any] = {
    **TO,
    **CATALOG,
    "headerText": "Our picks",
    "text": "Pick one",
    "sections": SECTIONS,
}


def products(count: int) -> list[str]:
    return [f"SKU-{each}" for each in range(count)]


async def test_the_product_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendProduct", **ONE, text="Pick one")

    assert live.sent == [documented("send.interactive.product")]


async def test_a_product_needs_no_text_and_may_have_a_footer(live: Live) -> None:
    await live.ready()

    await live.run("SendProduct", **ONE, text="", footer="While stocks last")

    action = {"catalog_id": "194836987003835", "product_retailer_id": "di9ozbzfi4"}
    assert live.sent[0]["interactive"] == {
        "type": "product",
        "footer": {"text": "While stocks last"},
        "action": action,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"catalogId": ""}, "catalogId"),
        ({"catalogId": "my shop"}, "catalogId"),
        ({"productId": ""}, "productId"),
        ({"text": "ä" * 1025}, "text"),
        ({"footer": "ä" * 61}, "footer"),
    ],
)
async def test_a_product_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendProduct", **{**ONE, **changes}) == field
    assert live.requests == []


async def test_the_list_of_products_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendProductList", **MANY)

    assert live.sent == [documented("send.interactive.product_list")]


async def test_thirty_products_in_ten_sections_are_sent_with_a_footer(live: Live) -> None:
    await live.ready()
    sections = [{"title": f"Shelf {each}", "productIds": products(3)} for each in range(10)]

    await live.run("SendProductList", **{**MANY, "sections": sections}, footer="Prices with tax")
    live.context.step_id = "run-2:again"
    await live.run("SendProductList", **{**MANY, "sections": [{"productIds": products(30)}]})

    first, second = [each["interactive"] for each in live.sent]
    assert len(second["action"]["sections"][0]["product_items"]) == 30
    assert first["footer"] == {"text": "Prices with tax"}
    assert [each["title"] for each in first["action"]["sections"]][-1] == "Shelf 9"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"headerText": ""}, "headerText"),
    ({"headerText": " "}, "headerText"),
    ({"headerText": "ä" * 61}, "headerText"),
    ({"text": ""}, "text"),
    ({"catalogId": "x"}, "catalogId"),
    ({"sections": []}, "sections"),
    ({"sections": [{"productIds": []}]}, "sections"),
    ({"sections": [{"productIds": [""]}]}, "sections"),
    ({"sections": [{"productIds": products(31)}]}, "sections"),
    ({"sections": [{"title": at, "productIds": products(16)} for at in "AB"]}, "sections"),
    ({"sections": [*SECTIONS, {"productIds": ["a"]}]}, "sections"),
    ({"sections": [{"title": "ä" * 25, "productIds": ["a"]}]}, "sections"),
    ({"sections": SECTIONS * 11}, "sections"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
async def test_a_list_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendProductList", **{**MANY, **changes}) == field
    assert live.requests == []


async def test_the_catalog_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("SendCatalog", **TO, text="Pick one", thumbnailProductId="di9ozbzfi4")

    assert live.sent == [documented("send.interactive.catalog_message")]


async def test_a_catalog_needs_no_picture(live: Live) -> None:
    await live.ready()

    await live.run("SendCatalog", **TO, text="Pick one", thumbnailProductId="", footer="Shop")

    assert live.sent[0]["interactive"] == {
        "type": "catalog_message",
        "body": {"text": "Pick one"},
        "footer": {"text": "Shop"},
        "action": {"name": "catalog_message"},
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "ä" * 1025}, "text"),
        ({"footer": "ä" * 61}, "footer"),
        ({"headerText": "Shop"}, "headerText"),
    ],
)
async def test_a_catalog_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendCatalog", **{**TO, "text": "Pick one", **changes}) == field
    assert live.requests == []
