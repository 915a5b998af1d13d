"""A flow is built, walked through and changed without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import eq
from typing import Any

import pytest
from playwright.async_api import expect

from ..browser import Visitor, violations
from .conftest import Site
from .flows import (
    EMPTY,
    call,
    chain,
    choose,
    held,
    in_form,
    is_saved,
    open_flow,
    saved,
    stored,
)
from .test_canvas import TWO, card, centre, drag, example, port

pytestmark = pytest.mark.anyio

FORM = "**/assets/SetupTab-*.js"


async def test_a_flow_is_built_by_keys_alone(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, EMPTY)
    await page.get_by_role("region", name="Flow").focus()
    for word in ("on start", "delay"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_placeholder("What comes next?")).to_be_focused()
        await choose(page, word)
        await in_form(page)
        await page.keyboard.press("Shift+F6")
        await expect(page.get_by_role("region", name="Flow")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(card(page, "onStart")).to_be_focused()
    await call(page, "At the start")
    await expect(card(page, "atTheStart")).to_contain_text("At the start")
    await saved(page)

    components = (await stored(site, "test"))["components"]
    assert components["atTheStart"]["label"] == "At the start"
    assert components["delay"]["source"] == {"in": {"atTheStart": ["started"]}}


async def test_the_keyboard_comes_to_a_form_that_is_loaded_late_by_a_slow_network(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    form = await held(page, FORM)
    await page.clock.install()

    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("Tab")
    await choose(page, "delay")
    late = await form()
    await page.clock.run_for(10_000)
    await late.continue_()

    await in_form(page)


async def test_a_text_can_be_typed_as_soon_as_its_field_is_drawn(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    # It is called when all that is drawn in one turn is there.
    await page.evaluate(
        """new MutationObserver(() => {
            const fields = '#inspector [data-multiline]:not([data-loading])';
            window.isLate ||= document.querySelector(`${fields}:empty`) !== null;
        }).observe(document.getElementById('inspector'), {childList: true, subtree: true})"""
    )

    editor = await held(page, "**/assets/ExpressionEditor-*.js")
    await card(page, "wait").click()
    late = await editor()
    await expect(page.locator("#inspector [data-multiline][data-loading]").first).to_be_visible()
    await late.continue_()
    await expect(page.locator("#inspector [contenteditable=true]").first).to_be_visible()

    assert await page.evaluate("window.isLate") is False


@pytest.mark.parametrize(("label", "before"), [("How Long", "{{ 4"), ("Time Zone", "Euroe")])
async def test_no_key_is_lost_while_the_editor_is_loaded_by_a_slow_network(
    visitor: Visitor, site: Site, label: str, before: str
) -> None:
    page = await open_flow(visitor, site, TWO)
    editor = await held(page, "**/assets/ExpressionEditor-*.js")
    await card(page, "wait").click()
    late = await editor()
    await page.locator("#inspector").get_by_role("textbox", name=label).focus()

    await page.keyboard.type(before)
    await page.keyboard.press("ArrowLeft")
    await late.continue_()
    await expect(page.locator("#inspector [contenteditable=true]:focus")).to_be_visible()
    await page.keyboard.type("2")

    await expect(page.locator("#inspector [contenteditable=true]:focus")).to_have_text(
        f"{before[:-1]}2{before[-1]}"
    )


async def test_the_keyboard_stays_with_whoever_has_gone_on_before_the_form_is_there(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    form = await held(page, FORM)
    name = page.get_by_role("textbox", name="Name of the flow")

    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("Tab")
    await choose(page, "delay")
    late = await form()
    await name.click()
    await late.continue_()

    await expect(page.get_by_role("textbox", name="How Long")).to_be_visible()
    await expect(name).to_be_focused()


async def test_arrows_walk_along_links_and_move_with_shift(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, TWO)
    await card(page, "begin").click()
    await page.keyboard.press("ArrowRight")
    await expect(card(page, "wait")).to_be_focused()
    async with is_saved(page, stands_at(320, 32)):
        await page.keyboard.press("Shift+ArrowDown")
        await page.keyboard.press("Shift+ArrowDown")

    assert (await stored(site, "test"))["components"]["wait"]["position"] == {"x": 320, "y": 32}


async def test_delete_takes_a_step_away_and_undo_brings_it_back(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await card(page, "wait").click()
    await page.keyboard.press("Delete")
    await expect(card(page, "wait")).to_have_count(0)
    await page.keyboard.press("Control+z")
    await expect(card(page, "wait")).to_be_visible()
    await expect(page.locator(".react-flow__edge-path")).to_have_count(1)


async def test_all_that_is_done_to_a_flow_is_undone_and_done_again(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    before = await stored(site, "test")
    await card(page, "begin").click()
    await page.keyboard.press("Tab")
    await choose(page, "stop")
    await in_form(page)
    await card(page, "wait").click()
    await page.keyboard.press("Shift+ArrowDown")
    await page.keyboard.press("Shift+ArrowDown")
    await call(page, "pause")
    form = page.locator('#inspector [data-of="pause"]')
    await form.get_by_role("textbox", name="How Long").fill("5")
    start, end = [await centre(port(page, *each)) for each in (("pause", "out"), ("stop", "in"))]
    await drag(page, start, by=(end[0] - start[0], end[1] - start[1]))
    await page.mouse.up()
    await expect(page.locator(".react-flow__edge-path")).to_have_count(3)
    await card(page, "begin").click()
    await page.keyboard.press("Delete")
    await page.keyboard.press("n")
    await page.get_by_role("textbox", name="Note").fill("Ask Ann")
    await page.keyboard.press("Escape")
    async with is_saved(page, is_arranged):
        await page.keyboard.press("a")
    after = await stored(site, "test")

    for key, wanted in (("Control+z", before), ("Control+Shift+z", after)):
        async with is_saved(page, partial(eq, wanted)):
            for _ in range(9):
                await page.keyboard.press(key)

    assert {*after["components"]} == {"pause", "stop"}
    assert after["components"]["pause"]["input"] == {"amount": 5}


async def test_the_sheet_shows_all_keys_and_escape_closes_it(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, TWO)
    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="All keys")
    await expect(sheet).to_contain_text("Search everything")
    await expect(sheet).to_contain_text("Ctrl ⇧ Z")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(sheet).not_to_be_visible()
    await expect(card(page, "wait")).to_be_visible()


async def test_keys_of_the_canvas_are_letters_while_somebody_types(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    name = page.get_by_role("textbox", name="Name of the flow")
    await name.fill("")
    await name.press_sequentially("an?/1f")

    await expect(name).to_have_value("an?/1f")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_search_through_everything_adds_a_component_and_leads_to_a_flow(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder("Do something, or go somewhere").fill("http request")
    await expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text(
        "HTTP Request"
    )
    await page.keyboard.press("Enter")
    await expect(card(page, "httpRequest")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder("Do something, or go somewhere").fill("accounts")
    await expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text(
        "Accounts"
    )
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/accounts")


async def test_the_outline_is_the_whole_editor_as_a_tree(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, example("welcome_menu"))
    await page.get_by_role("tab", name="Outline").click()
    tree = page.get_by_role("tree")
    await tree.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    await expect(tree.get_by_role("treeitem", name="choice")).to_have_attribute(
        "aria-selected", "true"
    )
    assert await violations(page) == []
    await page.keyboard.press("ArrowLeft")
    await expect(tree.get_by_role("treeitem")).to_have_count(2)
    await page.keyboard.press("ArrowRight")
    await call(page, "decide")
    await expect(tree).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("Insert")
    await choose(page, "delay")
    await expect(tree.get_by_role("treeitem", name="delay")).to_be_visible()
    await in_form(page)
    await tree.focus()
    await page.keyboard.press("Delete")
    await expect(tree.get_by_role("treeitem", name="delay")).to_have_count(0)
    await saved(page)

    components = (await stored(site, "test"))["components"]
    assert "decide" in components
    assert components["menu"]["source"] == {"in": {"decide": ["menu"]}}


async def test_the_outline_of_300_steps_draws_those_in_view(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, chain(300))
    await page.get_by_role("tab", name="Outline").click()
    await page.get_by_role("tree").focus()
    await page.keyboard.press("End")

    await expect(page.get_by_role("treeitem", name="step299")).to_be_visible()
    assert await page.get_by_role("treeitem").count() < 60


def is_arranged(document: Any) -> bool:
    """Whether the step that was called pause is no more where it was moved to."""
    pause = document["components"].get("pause")
    return pause is not None and pause["position"] != {"x": 320, "y": 32}


def stands_at(x: int, y: int) -> Callable[[Any], bool]:
    """Whether the second step of a document is at a place."""
    return lambda document: bool(document["components"]["wait"]["position"] == {"x": x, "y": y})
