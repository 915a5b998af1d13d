"""What a flow can be made of: found, told apart and dragged."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from ..browser import Visitor, at_rest
from .conftest import Site
from .flows import EMPTY, open_flow, saved, stored
from .test_canvas import TWO, card, centre, port

pytestmark = pytest.mark.anyio
CUT = """(all) => all.filter((each) => each.scrollWidth > each.clientWidth)
    .map((each) => each.textContent)"""


async def test_a_search_puts_first_what_it_names(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, EMPTY)
    await page.get_by_role("searchbox", name="Search components").fill("text")

    await expect(page.get_by_role("region", name="Components").locator("li").first).to_contain_text(
        "Send Text Message"
    )


async def test_a_component_dragged_onto_the_canvas_stands_where_it_was_dropped(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, EMPTY)
    box = await at_rest(page.get_by_role("region", name="Flow"))
    await carry(page, "New Message", (box["x"] + 200, box["y"] + 300))
    await expect(card(page, "newMessage")).to_be_visible()
    x, y = await centre(card(page, "newMessage"))

    assert abs(x - box["x"] - 200) < 40
    assert abs(y - box["y"] - 300) < 40


async def test_a_component_dragged_onto_a_link_is_inserted_and_onto_a_port_is_connected(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await carry(page, "Set Values", await centre(page.locator(".react-flow__edge-interaction")))
    await expect(card(page, "setValues")).to_be_visible()
    await page.get_by_role("button", name="Zoom to fit").click()
    await card(page, "wait").hover()
    await carry(page, "Stop", await centre(port(page, "wait", "out")))
    await expect(card(page, "stop")).to_be_visible()
    await saved(page)

    components = (await stored(site, "test"))["components"]
    assert components["setValues"]["source"] == {"in": {"begin": ["started"]}}
    assert components["wait"]["source"] == {"in": {"setValues": ["out"]}}
    assert components["stop"]["source"] == {"in": {"wait": ["out"]}}


async def test_what_stands_around_the_canvas_is_said_in_german_and_not_cut(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO, locale="de-DE")
    tabs = page.get_by_role("tablist").first.get_by_role("tab")
    await expect(tabs).to_have_text(["Komponenten", "Gliederung"])

    assert await tabs.evaluate_all(CUT) == []
    await expect(page.get_by_role("region", name="Telefon").locator("iframe")).to_be_visible()
    await expect(page.get_by_text("Phone")).to_have_count(0)


async def carry(page: Page, label: str, to: tuple[float, float]) -> None:
    """Drag a component out of the palette, and drop it."""
    palette = page.get_by_role("region", name="Components")
    await palette.get_by_role("searchbox").fill(label)
    first = palette.locator("li button").first
    await expect(first).to_contain_text(label)
    await first.hover()
    await page.mouse.down()
    await page.mouse.move(*to, steps=5)
    await page.mouse.move(*to)
    await page.mouse.up()
