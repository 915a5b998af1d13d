"""What a flow can be made of: found, told apart and dragged."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from ..browser import Visitor
from .conftest import Site
from .flows import EMPTY, open_flow, saved, stored
from .test_canvas import TWO, card, centre, port

pytestmark = pytest.mark.anyio


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
    await page.get_by_role("button", name="New Message").drag_to(
        page.get_by_role("region", name="Flow"), target_position={"x": 200, "y": 300}
    )
    await expect(card(page, "newMessage")).to_be_visible()
    x, y = await centre(card(page, "newMessage"))
    box = await page.get_by_role("region", name="Flow").bounding_box()

    assert box is not None
    assert abs(x - box["x"] - 200) < 40
    assert abs(y - box["y"] - 300) < 40


async def test_a_component_dragged_onto_a_link_is_inserted_and_onto_a_port_is_connected(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    palette = page.get_by_role("region", name="Components")
    await palette.get_by_role("button", name="Set Values").drag_to(
        page.locator(".react-flow__edge-interaction"), force=True
    )
    await expect(card(page, "setValues")).to_be_visible()
    await palette.get_by_role("button", name="Stop Ends").drag_to(
        port(page, "wait", "out"), force=True
    )
    await expect(card(page, "stop")).to_be_visible()
    await saved(page)

    components = (await stored(site, "test"))["components"]
    assert components["setValues"]["source"] == {"in": {"begin": ["started"]}}
    assert components["wait"]["source"] == {"in": {"setValues": ["out"]}}
    assert components["stop"]["source"] == {"in": {"wait": ["out"]}}
