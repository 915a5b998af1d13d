"""What is edited is never lost: without a network, beside another tab, and over a new start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from ..browser import TWO_FRAMES, Visitor, until_holds
from .conftest import Site
from .flows import held, versions
from .running import DEADLINE_S
from .test_health import link_of_an_owner
from .test_runs import LISTENING

pytestmark = pytest.mark.anyio

JSON = "application/json"
UNSAVED = "Object.keys(localStorage).filter((key) => key.startsWith('appmixer.unsaved'))"
FILL = """() => {
    for (let size = 2 ** 23, key = 0; size >= 1; size /= 2) {
        try {
            localStorage.setItem(`filling.${key++}`, "x".repeat(size));
        } catch {
            continue;
        }
    }
}"""
GONE = """heard.some((each) => each.startsWith("draft") && JSON.parse(each.slice(6)).etag === null
    || each.startsWith("flow") && JSON.parse(each.slice(5)).state === "deleted")"""
DOCUMENT: Mapping[str, Any] = {
    "name": "Greeting",
    "components": {"begin": {"type": "appmixer.utilities.OnStart", "position": {"x": 0, "y": 0}}},
}


async def test_what_is_typed_without_a_network_is_saved_when_it_is_back(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    visitor.expect_complaints("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK")

    await page.context.set_offline(True)
    await name(page).fill("Typed on a train")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await page.context.set_offline(False)

    await expect(page.get_by_text("Draft saved")).to_be_visible()
    assert await stored_name(site) == "Typed on a train"


async def test_what_never_reached_the_engine_is_there_after_a_reload(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    visitor.expect_complaints("ERR_FAILED", "net::")

    await page.route("**/api/flows/*/draft", lambda route: route.abort())
    await name(page).fill("Typed before the crash")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await page.unroute("**/api/flows/*/draft")
    await page.reload()

    await expect(name(page)).to_have_value("Typed before the crash")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    assert await stored_name(site) == "Typed before the crash"


async def test_what_is_undone_at_once_is_gone_also_after_a_reload(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)

    await card(page).click()
    await page.keyboard.press("Delete")
    await page.keyboard.press("Control+z")

    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await page.reload()
    await expect(card(page)).to_be_visible()


async def test_what_is_undone_while_it_is_being_saved_is_undone_at_the_engine_too(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    draft = await held(page, "**/api/flows/*/draft")

    await card(page).click()
    await page.keyboard.press("Delete")
    request = await draft()
    await page.keyboard.press("Control+z")
    await expect(card(page)).to_be_visible()
    await request.continue_()

    await expect(page.get_by_text("Draft saved")).to_be_visible()
    stored = (await site.api.get("/api/flows/greeting/draft")).json()["document"]
    assert stored["components"].keys() == {"begin"}


async def test_another_tab_shows_what_the_first_has_saved(visitor: Visitor, site: Site) -> None:
    first = await opened(visitor, site)
    second = await first.context.new_page()
    await second.goto(first.url)
    await expect(name(second)).to_have_value("Greeting")

    await name(first).fill("Changed in the first tab")

    await expect(name(second)).to_have_value("Changed in the first tab")


async def test_two_who_change_the_same_flow_are_told_and_decide(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    visitor.expect_complaints("412")

    # Somebody else saves while this tab has not heard of it.
    await page.route("**/api/flows/*/draft", lambda route: route.abort())
    visitor.expect_complaints("ERR_FAILED", "net::")
    await name(page).fill("Mine")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await site.api.put("/api/flows/greeting/draft", json={**DOCUMENT, "name": "Theirs"})
    await page.unroute("**/api/flows/*/draft")

    await expect(page.get_by_text("This flow was changed elsewhere")).to_be_visible()
    assert await stored_name(site) == "Theirs"
    await page.get_by_role("button", name="Keep mine").click()

    await expect(page.get_by_text("Draft saved")).to_be_visible()
    assert await stored_name(site) == "Mine"


async def test_what_others_have_saved_can_be_taken_instead(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site)
    visitor.expect_complaints("412", "ERR_FAILED", "net::")
    await page.route("**/api/flows/*/draft", lambda route: route.abort())
    await name(page).fill("Mine")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await site.api.put("/api/flows/greeting/draft", json={**DOCUMENT, "name": "Theirs"})
    await page.unroute("**/api/flows/*/draft")

    await page.get_by_role("button", name="Take theirs").click()

    await expect(name(page)).to_have_value("Theirs")
    await expect(page.get_by_text("Draft saved")).to_be_visible()


async def test_a_version_is_saved_compared_and_taken_back(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site)
    save = page.get_by_role("button", name="Save version")

    await save.click()
    await expect(page.get_by_text("Version 1 saved")).to_be_visible()
    await name(page).fill("Second")
    await save.click()
    await expect(page.get_by_text("Version 2 saved")).to_be_visible()
    history = await versions(page)
    await history.get_by_role("button", name="Version 1").click()
    await expect(history.get_by_text("Second")).to_be_visible()
    await history.get_by_role("button", name="Store as newest version").click()

    await expect(page.get_by_text("Version 3 saved")).to_be_visible()
    await expect(name(page)).to_have_value("Greeting")
    flow = (await site.api.get("/api/flows/greeting")).json()
    assert (flow["version"], flow["document"]["name"]) == (3, "Greeting")


async def test_versions_are_compared_with_the_newest_also_when_it_is_known_late(
    visitor: Visitor, site: Site
) -> None:
    (await site.api.put("/api/flows/greeting", json=DOCUMENT)).raise_for_status()
    page = await opened(visitor, site)
    history = await versions(page)
    await expect(history.get_by_text("Nothing is different")).to_be_visible()
    await page.keyboard.press("Escape")
    is_known = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.method == "GET":
            await is_known.wait()
        await route.fallback()

    await page.route("**/api/flows/greeting", late)
    await name(page).fill("Second")
    await page.get_by_role("button", name="Save version").click()
    await expect(page.get_by_text("Version 2 saved")).to_be_visible()
    history = await versions(page)
    await history.get_by_role("button", name="Version 1").click()
    await expect(history.get_by_role("button", name="Take as draft")).to_be_visible()
    is_known.set()

    await expect(history.get_by_text("Second")).to_be_visible()


async def test_everything_that_keeps_a_version_from_being_saved_is_said(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("422", "404")
    values = {"type": "appmixer.utilities.SetValues", "source": {"in": {"begin": ["started"]}}}
    delay = {**values, "type": "appmixer.utilities.ForEach"}
    components = {**DOCUMENT["components"], "values": values, "each": delay}
    draft = {"name": "Greeting", "components": components}
    faulty = await site.api.put("/api/flows/greeting", json=draft)
    told = [each["text"] for each in faulty.json()["errors"]]
    page = await opened(visitor, site, draft)

    await page.get_by_role("button", name="Save version").click()

    assert len(told) > 1
    refusal = page.get_by_role("alert").filter(has_text="The flow cannot be used as it is")
    for text in told:
        await expect(refusal).to_contain_text(text)


async def test_a_flow_without_a_name_is_told_that_it_is_the_name_that_is_missing(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("422", "404")
    page = await opened(visitor, site)

    await name(page).fill("")
    await page.get_by_role("button", name="Save version").click()

    refusal = page.get_by_role("alert").filter(has_text="The flow cannot be used as it is")
    await expect(refusal).to_contain_text("name: It is empty; fill it in.")


async def test_a_file_with_a_step_that_is_none_is_refused_wherever_it_is_imported(
    visitor: Visitor, site: Site
) -> None:
    file = FilePayload(name="broken.json", mimeType=JSON, buffer=b'{"components": {"a": null}}')
    page = await opened(visitor, site)

    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_role("alert")).to_contain_text("The file was not imported")
    await expect(card(page)).to_be_visible()
    await page.goto(f"{site.url}/flows")
    await page.get_by_label("Import", exact=True).last.set_input_files(file)
    await expect(page.get_by_role("alert")).to_contain_text("Not imported: broken.json")

    await expect(page.get_by_role("article")).to_have_count(1)
    assert await stored_name(site) == "Greeting"


async def test_a_draft_that_cannot_be_drawn_leaves_the_list_of_flows_as_it_is(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("Cannot read properties of null")
    page = await opened(visitor, site)
    await site.api.put("/api/flows/broken/draft", json={"name": "Broken", "components": {}})

    async def broken(route: Route) -> None:
        if route.request.method != "GET":
            await route.fallback()
            return
        answer = await route.fetch()
        draft = await answer.json()
        draft["document"]["components"] = {"a": None}
        await route.fulfill(response=answer, json=draft)

    # Earlier releases have stored such a one.
    await page.route("**/api/flows/broken/draft", broken)
    await page.goto(f"{site.url}/flows/broken")
    fault = page.get_by_role("alert").filter(has_text="This page cannot be shown")
    await expect(fault).to_contain_text("delete or replace")
    async with page.expect_response("**/api/flows/broken/draft"):
        await fault.get_by_role("link", name="To the flows").click()

    await expect(page.get_by_role("article", name="Greeting")).to_be_visible()
    await page.get_by_role("button", name="More for Broken").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("button", name="Delete flow").click()
    await expect(page.get_by_role("article", name="Broken")).to_have_count(0)
    await page.get_by_role("link", name="Greeting", exact=True).click()
    await expect(card(page)).to_be_visible()


async def test_two_tabs_that_cannot_save_keep_what_each_has_typed(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("412", "ERR_FAILED", "net::")
    first = await opened(visitor, site)
    second = await first.context.new_page()
    await second.goto(first.url)
    await expect(name(second)).to_have_value("Greeting")

    await second.route("**/api/flows/*/draft", lambda route: route.abort())
    await name(second).fill("Of the second")
    await expect(second.get_by_text("Not saved yet")).to_be_visible()
    await name(first).fill("Of the first")
    await expect(first.get_by_text("Draft saved")).to_be_visible()
    await until_stored(site, "Of the first")
    await second.unroute("**/api/flows/*/draft")
    await second.reload()

    await expect(name(second)).to_have_value("Of the second")
    await expect(second.get_by_text("This flow was changed elsewhere")).to_be_visible()
    await expect(name(first)).to_have_value("Of the first")


async def test_what_a_closed_tab_could_not_save_another_goes_on_with(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("ERR_FAILED", "net::")
    page = await opened(visitor, site)
    await page.route("**/api/flows/*/draft", lambda route: route.abort())
    await name(page).fill("Typed before it was closed")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(name(other)).to_have_value("Greeting")

    await page.close()
    await until_holds(other, "navigator.locks.query().then(({held}) => held.length === 1)")
    await other.reload()

    await expect(name(other)).to_have_value("Typed before it was closed")
    await until_stored(site, "Typed before it was closed")
    await expect(other.get_by_text("Draft saved")).to_be_visible()
    assert await other.evaluate(UNSAVED) == []


async def test_a_full_browser_sends_what_it_cannot_keep(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site)
    await page.evaluate(FILL)

    await name(page).fill("Typed into a full browser")

    await until_stored(site, "Typed into a full browser")
    await expect(page.get_by_text("Draft saved")).to_be_visible()


async def test_who_was_signed_out_is_told_and_what_they_type_is_saved_once_they_are_back(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("401")
    page = await opened(visitor, site)
    told = page.get_by_role("alert").filter(has_text="You are not signed in any more")

    await page.context.clear_cookies()
    await name(page).fill("Typed when signed out")
    await expect(told).to_contain_text("kept in this browser")
    assert await stored_name(site) == "Greeting"
    other = await page.context.new_page()
    await other.goto(await site.link("/accounts"))

    await until_stored(site, "Typed when signed out")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await expect(told).to_have_count(0)


async def test_what_one_owner_typed_is_not_saved_as_another_who_signs_in(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("401", "404")
    (await site.api.put("/api/flows/greeting", json=DOCUMENT)).raise_for_status()
    page = await visitor.open(await site.link("/flows/greeting"))
    await expect(name(page)).to_have_value("Greeting")

    await page.context.clear_cookies()
    await name(page).fill("Mine alone")
    told = page.get_by_role("alert").filter(has_text="You are not signed in any more")
    await expect(told).to_be_visible()
    other = await page.context.new_page()
    await other.goto(await link_of_an_owner(site, "/flows"))
    await expect(other.get_by_role("main")).to_be_visible()
    # What would be sent after the first answer would be before the second.
    for _ in range(2):
        await page.wait_for_event("response", lambda each: each.url.endswith("/me") and each.ok)

    assert (await (await other.request.get(f"{site.url}/api/flows")).json())["drafts"] == []


async def test_a_flow_that_was_deleted_elsewhere_is_kept_or_left(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404", "412", "ERR_FAILED", "net::")
    page = await opened(visitor, site)
    told = page.get_by_role("alert").filter(has_text="This flow was deleted elsewhere")

    (await site.api.delete("/api/flows/greeting/draft")).raise_for_status()
    await expect(told).to_be_visible()
    await name(page).fill("Mine all the same")
    await told.get_by_role("button", name="Keep mine").click()
    await until_stored(site, "Mine all the same")
    await expect(page.get_by_text("Draft saved")).to_be_visible()

    (await site.api.delete("/api/flows/greeting/draft")).raise_for_status()
    await told.get_by_role("button", name="To the flows").click()
    await expect(page.get_by_role("button", name="New flow").first).to_be_visible()
    assert (await site.api.get("/api/flows")).json()["drafts"] == []


async def test_nothing_can_be_taken_of_a_flow_that_was_deleted_unheard(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404", "412")
    context = await visitor.context()
    # Nothing is told on this page.
    await context.route("**/api/stream", held_back)
    (await site.api.put("/api/flows/greeting/draft", json=DOCUMENT)).raise_for_status()
    page = await context.new_page()
    await page.goto(await site.link("/flows/greeting"))
    await expect(name(page)).to_have_value("Greeting")

    (await site.api.delete("/api/flows/greeting/draft")).raise_for_status()
    await name(page).fill("Mine")
    await page.get_by_role("button", name="Take theirs").click()

    told = page.get_by_role("alert").filter(has_text="This flow was deleted elsewhere")
    await told.get_by_role("button", name="Keep mine").click()
    await until_stored(site, "Mine")


@pytest.mark.parametrize("path", ["/api/flows/greeting/draft", "/api/flows/greeting"])
async def test_who_deletes_a_flow_on_its_page_is_not_told_that_it_was_deleted_elsewhere(
    visitor: Visitor, site: Site, path: str
) -> None:
    visitor.expect_complaints("404")
    (await site.api.put(path, json=DOCUMENT)).raise_for_status()
    context = await visitor.context()
    await context.add_init_script(LISTENING)
    page = await context.new_page()
    await page.goto(await site.link("/flows/greeting"))
    await expect(name(page)).to_have_value("Greeting")
    await until_holds(page, "heard.some((each) => each.startsWith('open'))")
    told: list[int] = []

    async def answered_late(route: Route) -> None:
        if route.request.method != "DELETE":
            await route.continue_()
            return
        answer = await route.fetch()
        await until_holds(page, GONE)
        await page.evaluate(TWO_FRAMES)
        told.append(await page.get_by_text("This flow was deleted elsewhere").count())
        await route.fulfill(response=answer)

    await page.route(f"**{path}", answered_late)
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Delete flow").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete flow").click()

    await expect(page).to_have_url(f"{site.url}/flows")
    assert told == [0]


async def held_back(_route: Route) -> None:
    """Give no answer."""


async def opened(visitor: Visitor, site: Site, document: Mapping[str, Any] = DOCUMENT) -> Page:
    (await site.api.put("/api/flows/greeting/draft", json=document)).raise_for_status()
    page = await visitor.open(await site.link("/flows/greeting"))
    await expect(name(page)).to_have_value("Greeting")
    return page


def name(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Name of the flow")


def card(page: Page) -> Locator:
    return page.locator('[data-step="begin"]')


async def until_stored(site: Site, expected: str) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    # There may be none before.
    while expected not in (await site.api.get("/api/flows/greeting/draft")).text:
        assert asyncio.get_running_loop().time() < deadline, f"{expected!r} was not saved."
        await asyncio.sleep(0.05)


async def stored_name(site: Site) -> str:
    stored: str = (await site.api.get("/api/flows/greeting/draft")).json()["document"]["name"]
    return stored
