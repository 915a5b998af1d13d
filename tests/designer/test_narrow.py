"""On a phone there is room for one thing at a time."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from ..browser import Visitor, at_rest, smoothness, until_holds, violations
from .conftest import Site
from .flows import EMPTY, choose, in_form, open_flow, saved, stored
from .running import says, started, waits_for_run
from .test_canvas import TWO, card
from .test_runs import REPLY

pytestmark = pytest.mark.anyio
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
MOST_SHIFT = 0.05
FITS = "document.documentElement.scrollWidth <= innerWidth"
# In how many lines stands what stands beside the button of the menu.
LINES = """[...document.querySelector("[aria-label='Mehr']").parentElement.children]
    .filter((each) => each.offsetWidth > 0)
    .filter((each, at, all) => at === 0 || each.offsetLeft < all[at - 1].offsetLeft).length"""
VIEWS = ("/flows", "/runs", "/events", "/accounts", "/files", "/health", "/admin", "/admin/owners")


async def test_a_flow_has_the_whole_width_and_its_panels_come_from_below_one_at_a_time(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO, **PHONE)
    canvas = page.get_by_role("region", name="Flow", exact=True)
    box = await at_rest(canvas)
    assert (box["width"], box["height"] > 370) == (360, True)
    bar = page.get_by_role("toolbar", name="Panels")
    assert await violations(page) == []

    await bar.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("region", name="Components")).to_be_in_viewport()
    await (
        page.get_by_role("region", name="Components")
        .get_by_role("button", name="Stop Ends the run")
        .click()
    )
    step = page.get_by_role("region", name="Step")
    await expect(step).to_contain_text("Stop")
    await expect(page.get_by_role("region", name="Components")).to_have_count(0)
    assert await violations(page) == []
    await step.get_by_role("tab", name="About").focus()
    await page.keyboard.press("Escape")
    await expect(step).to_have_count(0)
    await expect(bar.get_by_role("button", name="Step")).to_be_focused()
    await card(page, "wait").click()
    await expect(step).to_contain_text("Delay")
    await until_holds(page, FITS)


async def test_a_flow_is_built_on_a_phone(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, EMPTY, **PHONE)
    await page.get_by_role("region", name="Flow").focus()
    for word in ("on start", "stop"):
        await page.keyboard.press("Tab")
        await choose(page, word)
        await in_form(page)
        await page.keyboard.press("Shift+F6")
        await expect(page.get_by_role("region", name="Flow")).to_be_focused()
    await saved(page)

    assert list((await stored(site, "test"))["components"]) == ["onStart", "stop"]


async def test_all_that_can_be_done_with_a_running_flow_has_two_lines(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    changed = {**REPLY, "name": "Reply to everybody"}
    (await site.api.put("/api/flows/reply", json=changed)).raise_for_status()

    page = await visitor.open(await site.link("/flows/reply"), **PHONE, locale="de-DE")

    for name in ("Flow stoppen", "Neue Version starten", "Mehr"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    await expect(page.get_by_text("Entwurf gesichert")).to_be_visible()
    await until_holds(page, f"{LINES} === 2")


async def test_a_link_to_a_run_shows_the_run(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("404")
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    run_id = await waits_for_run(site, fate="read")

    page = await visitor.open(await site.link(f"/flows/reply/runs/{run_id}"), **PHONE)

    await expect(page.get_by_role("region", name="The chosen run")).to_be_in_viewport()
    assert await violations(page) == []


async def test_filters_of_runs_are_folded_and_every_view_fits(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link("/runs"), **PHONE)

    await expect(page.get_by_label("State")).to_have_count(0)
    await page.get_by_role("button", name="More filters").click()
    await page.get_by_label("State").select_option("failed")
    await expect(page).to_have_url(f"{site.url}/runs?state=failed")
    for view in VIEWS:
        await page.goto(site.url + view)
        await shown(page)
        await until_holds(page, FITS)


@pytest.mark.parametrize("look", [PHONE, {"viewport": {"width": 3840, "height": 2160}}])
async def test_what_the_first_minutes_lead_through_fits_and_stands_still_in_german(
    visitor: Visitor, site: Site, look: dict[str, Any]
) -> None:
    visitor.expect_complaints("404")  # a flow without a draft
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    await waits_for_run(site, fate="read")
    page = await visitor.open(await site.link(), **look, locale="de-DE")
    shifts: dict[str, float] = {}

    for view in ("/flows", "/accounts", "/health", "/admin", "/flows/reply"):
        await page.goto(site.url + view)
        await shown(page)
        await at_rest(page.get_by_role("main"))
        await until_holds(page, FITS)
        shifts[view] = (await smoothness(page)).layout_shift

    assert {view: shift for view, shift in shifts.items() if shift >= MOST_SHIFT} == {}


async def shown(page: Page) -> None:
    await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
