"""Steps and links as they are drawn, moved, linked, copied and saved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from ..browser import Visitor, at_rest, smoothness, until_holds, violations
from .conftest import Site
from .flows import (
    chain,
    choose,
    generated,
    is_saved,
    open_flow,
    saved,
    store,
    stored,
    without_places,
)

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2] / "examples"
TWO = {
    "name": "Two",
    "components": {
        "begin": {"type": "appmixer.utilities.OnStart", "position": {"x": 0, "y": 0}},
        "wait": {
            "type": "appmixer.utilities.Delay",
            "source": {"in": {"begin": ["started"]}},
            "position": {"x": 320, "y": 0},
        },
    },
}


def example(name: str) -> dict[str, Any]:
    """An example, without the account that nobody has connected here."""
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.flow.json").read_text())
    for step in document["components"].values():
        step.pop("account", None)
    return document


def card(page: Page, name: str) -> Locator:
    return page.locator(f'[data-step="{name}"]')


def port(page: Page, step: str, name: str) -> Locator:
    return page.locator(f'.react-flow__handle[data-nodeid="{step}"][data-handleid="{name}"]')


def is_called(name: str, document: Mapping[str, Any]) -> bool:
    return bool(document["name"] == name)


def links_of(document: dict[str, Any]) -> int:
    return sum(
        len(ports)
        for step in document["components"].values()
        for ports in step.get("source", {}).get("in", {}).values()
    )


async def centre(locator: Locator) -> tuple[float, float]:
    box = await at_rest(locator)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def drag(page: Page, start: tuple[float, float], *, by: tuple[float, float]) -> None:
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(start[0] + by[0], start[1] + by[1], steps=12)


async def test_every_link_is_drawn_also_from_ports_that_only_the_input_names(
    visitor: Visitor, site: Site
) -> None:
    document = example("welcome_menu")
    page = await open_flow(visitor, site, document)

    await expect(page.locator(".react-flow__edge-path")).to_have_count(links_of(document))


async def test_links_of_a_component_that_is_not_installed_are_drawn(
    visitor: Visitor, site: Site
) -> None:
    gone: dict[str, Any] = json.loads(json.dumps(TWO))
    gone["components"]["begin"]["type"] = "gone.from.Here"
    page = await open_flow(visitor, site, gone)

    await expect(page.locator(".react-flow__edge-path")).to_have_count(1)
    await expect(card(page, "begin")).to_contain_text("gone.from.Here")


async def test_a_card_says_what_its_step_does_and_what_is_wrong_with_it(
    visitor: Visitor, site: Site
) -> None:
    document = example("auto_reply")
    document["components"]["wait"] = {
        "type": "appmixer.utilities.Delay",
        "source": {"in": {"reply": ["nowhere"]}},
    }
    page = await open_flow(visitor, site, document)

    await expect(card(page, "reply")).to_contain_text("You said:")
    await expect(card(page, "reply")).to_contain_text("Send Text Message")
    await card(page, "wait").get_by_role("button", name="fault").hover()
    await expect(page.get_by_role("tooltip")).to_contain_text("nowhere")


async def drawn_while_dragged(page: Page, step: str, wanted: list[str]) -> list[str]:
    """What is drawn again with each move of a step, as soon as it is what is wanted."""
    start = await centre(card(page, step))
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(start[0] + 8, start[1] + 8)
    drawn: list[str] = []
    # What was asked for when the page was opened may still come and be drawn.
    for at in range(20):
        await page.evaluate("window.countedRenders = new Map()")
        await page.mouse.move(start[0] + 20 + at, start[1] + 40, steps=5)
        drawn = await page.evaluate("[...window.countedRenders.keys()].sort()")
        if drawn == wanted:
            break
    await page.mouse.up()
    return drawn


async def seen_whole(visitor: Visitor, site: Site, length: int) -> Page:
    """A long flow, all steps of which are in view."""
    page = await open_flow(visitor, site, chain(length), viewport={"width": 1920, "height": 1080})
    await expect(card(page, "step2")).to_contain_text("Delay")
    await page.get_by_role("button", name="Zoom to fit").click()
    await expect(page.locator("[data-step]")).to_have_count(length)
    return page


async def test_while_a_step_of_300_is_dragged_only_that_step_and_its_links_are_drawn_again(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, chain(300))
    await expect(card(page, "step2")).to_contain_text("Delay")
    wanted = ["link step1.out>step2", "link step2.out>step3", "step step2"]

    assert await drawn_while_dragged(page, "step2", wanted) == wanted


# Beside others the machine may stand still for seconds; on a quiet one the figure itself holds.
@pytest.mark.parametrize("most_ms", [10_000, pytest.param(50, marks=pytest.mark.prove)])
async def test_with_all_of_300_steps_in_view_one_is_dragged_alone_and_without_a_long_task(
    visitor: Visitor, site: Site, most_ms: float
) -> None:
    page = await seen_whole(visitor, site, 300)
    wanted = ["links", "step step148"]
    await card(page, "step148").click()
    await expect(page.get_by_role("textbox", name="How Long")).to_be_visible()
    await smoothness(page)

    assert await drawn_while_dragged(page, "step148", wanted) == wanted
    felt = await smoothness(page)
    assert felt.longest_task_ms < most_ms
    assert felt.layout_shift < 0.05


@pytest.mark.parametrize("most_ms", [10_000, pytest.param(100, marks=pytest.mark.prove)])
async def test_a_flow_of_300_steps_opens_without_a_long_task(
    visitor: Visitor, site: Site, most_ms: float
) -> None:
    page = await open_flow(visitor, site, chain(300))
    await expect(card(page, "step2")).to_contain_text("Delay")
    await expect(page.get_by_role("region", name="Live runs")).to_be_visible()

    felt = await smoothness(page)
    assert felt.longest_task_ms < most_ms
    assert felt.layout_shift < 0.05


async def test_from_far_away_a_long_flow_shows_its_names_and_links_and_is_whole_again_near_by(
    visitor: Visitor, site: Site
) -> None:
    page = await seen_whole(visitor, site, 100)
    await visitor.screenshot(page, "canvas-overview")
    lines = "[...document.querySelectorAll('.react-flow__viewport-portal path')]"
    counts = f"{lines}.map((path) => path.getAttribute('d').split('M').length - 1)"

    await until_holds(page, f"String({counts}) === '99,0'")
    await expect(card(page, "step2")).to_have_text("step2")
    await card(page, "step2").click()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="How Long")).to_have_value("2")
    for _ in range(12):
        await page.get_by_role("button", name="Zoom in").click()
    await expect(page.locator("[data-step] .react-flow__handle").first).to_be_visible()
    await expect(page.locator(".react-flow__viewport-portal path")).to_have_count(0)
    await expect(page.locator("[data-step]").first).to_contain_text("Delay")


async def test_a_dragged_step_is_where_it_was_left_and_one_undo_takes_it_back(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await drag(page, await centre(card(page, "wait")), by=(40, 90))
    async with is_saved(page):
        await page.mouse.up()
    moved = (await stored(site, "test"))["components"]["wait"]["position"]
    async with is_saved(page):
        await page.keyboard.press("Control+z")

    assert moved != {"x": 320, "y": 0}
    assert (await stored(site, "test"))["components"]["wait"]["position"] == {"x": 320, "y": 0}


async def test_the_form_of_a_step_comes_when_the_step_is_where_it_was_dragged_to(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    inspector = page.locator("#inspector")
    await card(page, "begin").click()
    await expect(inspector).to_contain_text("On Start")
    await drag(page, await centre(card(page, "wait")), by=(40, 90))
    await expect(card(page, "wait")).to_have_attribute("data-selected", "true")
    await expect(inspector).to_contain_text("On Start")
    await page.mouse.up()

    await expect(inspector.get_by_role("textbox", name="How Long")).to_be_visible()


async def test_a_link_that_would_lead_in_a_circle_is_refused_with_a_word(
    visitor: Visitor, site: Site
) -> None:
    document = chain(3)
    page = await open_flow(visitor, site, document)
    start = await centre(port(page, "step2", "out"))
    end = await centre(port(page, "step1", "in"))
    await drag(page, start, by=(end[0] - start[0], end[1] - start[1]))
    await page.mouse.up()

    await expect(page.get_by_role("alert")).to_have_text(
        "This would lead in a circle: the step comes before this one already."
    )
    await expect(page.locator(".react-flow__edge-path")).to_have_count(2)


async def test_a_link_dropped_on_the_ground_adds_what_comes_next_there(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await drag(page, await centre(port(page, "begin", "started")), by=(60, 180))
    await page.mouse.up()
    await choose(page, "stop")
    await expect(card(page, "stop")).to_be_visible()
    await saved(page)

    step = (await stored(site, "test"))["components"]["stop"]
    assert step["source"] == {"in": {"begin": ["started"]}}
    assert step["position"]["y"] > 60


async def test_a_step_is_inserted_into_a_link(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, TWO)
    x, y = await centre(page.locator(".react-flow__edge-interaction"))
    await page.mouse.move(x, y)
    await page.get_by_role("button", name="Insert a step between begin and wait").click()
    await choose(page, "set values")
    await expect(card(page, "setValues")).to_be_visible()
    await saved(page)

    components = (await stored(site, "test"))["components"]
    assert components["setValues"]["source"] == {"in": {"begin": ["started"]}}
    assert components["wait"]["source"] == {"in": {"setValues": ["out"]}}


async def test_a_new_step_is_filled_with_what_fits_from_before_it(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, example("auto_reply"))
    await card(page, "incoming").hover()
    await page.get_by_role("button", name="Add a step after incoming at message").click()
    await choose(page, "send text")
    await expect(page.get_by_role("textbox", name="Message Text")).to_be_focused()
    await saved(page)

    assert (await stored(site, "test"))["components"]["sendText"]["input"] == {
        "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
        "to": "{{ incoming.message.replyTo }}",
    }


async def test_what_is_copied_is_json_that_pastes_back_under_free_names(
    visitor: Visitor, site: Site
) -> None:
    document = example("auto_reply")
    page = await open_flow(visitor, site, document)
    await page.context.grant_permissions(["clipboard-read"], origin=site.url)
    await card(page, "incoming").click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+c")
    # The browser has it a moment later than the page.
    await until_holds(page, "navigator.clipboard.readText().then((text) => text.startsWith('{'))")
    copied = json.loads(await page.evaluate("navigator.clipboard.readText()"))
    await page.keyboard.press("Control+v")
    await expect(card(page, "reply2")).to_be_visible()
    await saved(page)

    assert without_places(copied) == without_places(
        {"name": document["name"], "components": document["components"]}
    )
    pasted = (await stored(site, "test"))["components"]["reply2"]
    assert pasted["source"] == {"in": {"incoming2": ["message"]}}
    assert pasted["input"]["to"] == "{{ incoming2.message.replyTo }}"


async def test_the_clipboard_is_the_fields_while_somebody_types_and_takes_away_what_is_cut(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    await page.context.grant_permissions(["clipboard-read"], origin=site.url)
    holds = "navigator.clipboard.readText().then((text) => text.startsWith('%s'))"
    name = page.get_by_role("textbox", name="Name of the flow")
    await card(page, "wait").click()
    await name.select_text()
    await page.keyboard.press("Control+c")
    await until_holds(page, holds % "Two")
    await card(page, "wait").click()
    await page.keyboard.press("Control+x")
    await expect(card(page, "wait")).to_have_count(0)
    await until_holds(page, holds % "{")
    await name.select_text()
    await page.keyboard.press("Control+v")
    await expect(name).to_have_value(re.compile("components"))
    await expect(card(page, "wait")).to_have_count(0)
    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("Control+v")
    await expect(card(page, "wait")).to_have_attribute("data-selected", "true")
    await page.keyboard.press("Control+d")
    await expect(card(page, "wait2")).to_have_attribute("data-selected", "true")


async def test_the_map_stays_open_and_a_key_shows_the_whole_flow(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    shown = page.get_by_role("img", name="Map of the flow")
    await expect(shown).to_have_count(0)
    await page.get_by_role("button", name="Map of the flow").click()
    await expect(shown).to_be_visible()
    await page.reload()
    await expect(shown).to_be_visible()
    for _ in range(6):
        await page.get_by_role("button", name="Zoom in").click()
    await expect(card(page, "wait")).not_to_be_in_viewport(ratio=0.99)
    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("1")

    for step in ("begin", "wait"):
        await expect(card(page, step)).to_be_in_viewport(ratio=0.99)


async def test_a_note_is_written_and_kept_in_the_document(visitor: Visitor, site: Site) -> None:
    page = await open_flow(visitor, site, TWO)
    await page.get_by_role("button", name="Write a note").click()
    await expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    await page.keyboard.type("Ask Ann before this starts")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("group", name="Ask Ann before this starts")).to_be_visible()
    await saved(page)

    [note] = (await stored(site, "test"))["notes"].values()
    assert note["text"] == "Ask Ann before this starts"


async def test_one_undo_takes_back_a_note_and_one_what_was_written_into_it_later(
    visitor: Visitor, site: Site
) -> None:
    page = await open_flow(visitor, site, TWO)
    note = page.get_by_role("textbox", name="Note")
    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("n")
    await note.fill("Ask Ann")
    await page.keyboard.press("Escape")
    await page.get_by_role("group", name="Ask Ann").dblclick()
    await note.fill("Ask Bob")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("group", name="Ask Bob")).to_be_visible()

    await page.keyboard.press("Control+z")
    await expect(page.get_by_role("group", name="Ask Ann")).to_be_visible()
    await page.keyboard.press("Control+z")

    await expect(page.locator(".react-flow__node-note")).to_have_count(0)
    await page.keyboard.press("Control+Shift+z")
    await expect(page.get_by_role("group", name="Ask Ann")).to_be_visible()


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.prove)])
async def test_examples_and_documents_that_are_opened_and_touched_stay_as_they_were(
    visitor: Visitor, site: Site, count: int
) -> None:
    documents = [json.loads(each.read_text()) for each in sorted(EXAMPLES.glob("*.flow.json"))]
    documents += [generated(seed) for seed in range(count)]
    # Not all of them fit the forms of their steps.
    visitor.expect_complaints("422")
    page = await open_flow(visitor, site, TWO)
    for at, document in enumerate(documents):
        await store(site, f"f{at}", document)
        # Secrets in it are hidden from whoever looks, the page included.
        document = await stored(site, f"f{at}")
        # The page is not loaded anew for each.
        await page.evaluate(f"history.pushState(null, '', '/flows/f{at}')")
        name = page.get_by_role("textbox", name="Name of the flow")
        await expect(name).to_have_value(document["name"])
        await expect(page.locator("[data-step]").first).to_be_visible()
        async with is_saved(page, partial(is_called, document["name"])):
            await name.fill("touched")
            await name.fill(document["name"])
        assert without_places(await stored(site, f"f{at}")) == without_places(document)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_flow_that_is_built_stands_in_nobodys_way(
    visitor: Visitor, site: Site, theme: str
) -> None:
    page = await open_flow(visitor, site, example("welcome_menu"), color_scheme=theme)
    await expect(card(page, "hours")).to_contain_text("We are open")
    await visitor.screenshot(page, f"canvas-{theme}")

    assert await violations(page) == []
