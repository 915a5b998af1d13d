"""The first ten minutes, from an engine that nobody has set up to a reply that has been read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, expect

from appmixer.demo import rehearsal
from appmixer.sandbox.world import seed

from ..browser import Visitor, smoothness, violations
from .conftest import Site
from .flows import found, in_form
from .setting_up import in_use, press, reach, set_up
from .situations import connected
from .test_accounts import NO_ICON, closed

pytestmark = pytest.mark.anyio
JSON = "application/json"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
GUIDE = "Your first flow"
SEARCH = "What comes next?"
TEST_REPLY = "You said: Does it come in another color?"
REPLY = "You said: Do you have it in blue?"


@pytest.fixture(autouse=True)
def without_an_icon(visitor: Visitor) -> None:
    # Of a draft there is no flow yet, and the sandbox's dialog has no icon.
    visitor.expect_complaints(NO_ICON, "404")


# What moves later than half a second after a click, as on a busy machine, counts as if by itself.
@pytest.mark.parametrize("most_shift", [1, pytest.param(0.05, marks=pytest.mark.prove)])
async def test_the_first_ten_minutes_by_mouse(
    visitor: Visitor, bare_site: Site, most_shift: float
) -> None:
    context = await visitor.context(**DESKTOP)
    page = await arrived(context, bare_site, by_mouse=True)
    guide = page.get_by_role("region", name=GUIDE)
    await expect(page.get_by_role("article", name="Auto-reply", exact=True)).to_be_visible()
    assert await violations(page) == []
    await visitor.screenshot(page, "minutes-1-empty")

    await guide.get_by_role("button", name="Connect WhatsApp").click()
    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="Log in to WhatsApp").click()
    login = await opened.value
    await login.get_by_text("Lucky Shrub").first.click()
    await visitor.screenshot(login, "minutes-2-login")
    await login.get_by_role("button", name="Continue").click()
    await closed(login)
    await visitor.screenshot(page, "minutes-3-connected")
    await page.get_by_role("button", name="Done").click()
    await expect(ticked(guide)).to_have_count(1)

    await guide.get_by_role("button", name="Begin an empty flow").click()
    await expect(page.get_by_placeholder(SEARCH)).to_be_focused()
    await visitor.screenshot(page, "minutes-4-trigger")
    await page.get_by_placeholder(SEARCH).fill("new message")
    await page.get_by_role("option", name="New Message").first.click()
    await expect(ticked(guide)).to_have_count(2)
    await guide.get_by_role("button", name="Show where").click()
    await page.get_by_placeholder(SEARCH).fill("send text")
    await page.get_by_role("option", name="Send Text Message").first.click()
    await expect(ticked(guide)).to_have_count(3)
    text = page.locator('[data-path="text"]')
    await text.get_by_label("Message Text").fill("You said: ")
    await text.get_by_role("button", name="Insert a value").click()
    picker = page.get_by_role("dialog", name="Insert a value")
    await picker.get_by_role("searchbox").fill("body")
    await picker.get_by_role("button", name="Body").first.click()
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await visitor.screenshot(page, "minutes-5-built")
    assert (await smoothness(page)).layout_shift < most_shift

    phone = await context.new_page()
    await phone.goto(rehearsal.page(bare_site.sandbox.url))
    await phone.get_by_label("Message", exact=True).fill("Hello")
    await phone.keyboard.press("Enter")
    await page.get_by_role("button", name="Test", exact=True).click()
    await page.get_by_role("button", name="Test now").click()
    await has_replied(page, phone)
    await visitor.screenshot(page, "minutes-6-tested")
    await page.get_by_role("button", name="Start flow").click()
    await started(page)
    await visitor.screenshot(page, "minutes-7-started")

    await bare_site.controls.post("/clock", json={"freeze": True})
    await phone.get_by_label("Message", exact=True).fill("Do you have it in blue?")
    await phone.keyboard.press("Enter")
    await expect(ticked(guide)).to_have_count(5)
    await runs(page).get_by_role("listitem").first.get_by_role("link").click()
    await arrives(bare_site, page, phone)
    await expect(guide).to_contain_text("That was all")
    assert await violations(page) == []
    await visitor.screenshot(page, "minutes-8-read")
    await visitor.screenshot(phone, "minutes-9-phone")


async def test_the_first_ten_minutes_by_keyboard_alone(visitor: Visitor, bare_site: Site) -> None:
    context = await visitor.context(**DESKTOP)
    page = await arrived(context, bare_site, by_mouse=False)
    guide = page.get_by_role("region", name=GUIDE)

    await press(page, guide.get_by_role("button", name="Connect WhatsApp"))
    async with page.expect_popup() as opened:
        await press(page, page.get_by_role("button", name="Log in to WhatsApp"))
    login = await opened.value
    await reach(login, login.locator(f"input[name=waba_ids][value='{seed.WABA_ID}']"))
    await login.keyboard.press("Space")
    await press(login, login.get_by_role("button", name="Continue"))
    await closed(login)
    await press(page, page.get_by_role("button", name="Done"))
    await expect(ticked(guide)).to_have_count(1)

    await press(page, guide.get_by_role("button", name="Begin an empty flow"))
    await add(page, "new message")
    await expect(ticked(guide)).to_have_count(2)
    await press(page, guide.get_by_role("button", name="Show where"))
    await add(page, "send text")
    await expect(ticked(guide)).to_have_count(3)
    text = page.locator('[data-path="text"]')
    await reach(page, text.get_by_label("Message Text"))
    await page.keyboard.type("You said: ")
    await press(page, text.get_by_role("button", name="Insert a value"))
    picker = page.get_by_role("dialog", name="Insert a value")
    await reach(page, picker.get_by_role("searchbox"))
    await page.keyboard.type("body")
    await press(page, picker.get_by_role("button", name="Body").first)
    await expect(page.get_by_text("Draft saved")).to_be_visible()

    phone = await context.new_page()
    await phone.goto(rehearsal.page(bare_site.sandbox.url))
    await write(phone, "Hello")
    await page.bring_to_front()
    await press(page, page.get_by_role("button", name="Test", exact=True))
    await press(page, page.get_by_role("button", name="Test now"))
    await has_replied(page, phone)
    await press(page, page.get_by_role("button", name="Start flow"))
    await started(page)

    await bare_site.controls.post("/clock", json={"freeze": True})
    await phone.bring_to_front()
    await write(phone, "Do you have it in blue?")
    await page.bring_to_front()
    await expect(ticked(guide)).to_have_count(5)
    await press(page, guide.get_by_role("button", name="Show where"))
    await expect(runs(page).get_by_role("listitem").first.get_by_role("link")).to_be_focused()
    await page.keyboard.press("Enter")
    await arrives(bare_site, page, phone)
    await expect(guide).to_contain_text("That was all")


async def test_an_example_runs_at_once_in_the_simulator(visitor: Visitor, site: Site) -> None:
    await in_use(site)
    await connected(site, "shop")
    page = await visitor.open(await site.link(), **DESKTOP)

    await page.get_by_role("button", name="Try it in the simulator Auto-reply", exact=True).click()
    await expect(page.get_by_text("running · version 1")).to_be_visible()
    phone = page.frame_locator("iframe")
    await phone.get_by_label("Message", exact=True).fill("Do you have it in blue?")
    await phone.get_by_label("Message", exact=True).press("Enter")

    await expect(phone.get_by_text(REPLY, exact=True)).to_be_visible()
    await expect(runs(page)).to_contain_text("read")
    document = (await site.api.get("/api/flows/auto-reply")).json()["document"]
    assert {step["account"] for step in document["components"].values()} == {"shop"}
    await visitor.screenshot(page, "minutes-example")


async def test_flows_are_listed_with_what_they_do_and_can_be_copied_and_deleted(
    visitor: Visitor, site: Site
) -> None:
    document: dict[str, Any] = {"name": "Greeting", "components": {}}
    (await site.api.put("/api/flows/greeting/draft", json=document)).raise_for_status()
    page = await visitor.open(await site.link("/flows"))
    row = page.get_by_role("article", name="Greeting", exact=True)
    await expect(row).to_contain_text("draft only")

    await row.get_by_role("button", name="More for Greeting").click()
    await page.get_by_role("menuitem", name="Duplicate").click()
    await expect(page.get_by_role("article", name="Copy of Greeting")).to_be_visible()
    await row.get_by_role("button", name="More for Greeting").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("button", name="Delete flow").click()

    await expect(page.get_by_text("“Greeting” was deleted")).to_be_visible()
    await expect(row).to_have_count(0)
    drafts = (await site.api.get("/api/flows")).json()["drafts"]
    assert [draft["name"] for draft in drafts] == ["Copy of Greeting"]
    assert await violations(page) == []


async def test_flows_are_found_sorted_exported_and_brought_back_by_dropping_their_file(
    visitor: Visitor, site: Site
) -> None:
    for name in ("Alarm", "Greeting 2", "Greeting 10", "Reminder"):
        document: dict[str, Any] = {"name": name, "components": {}}
        flow_id = name.lower().replace(" ", "-")
        (await site.api.put(f"/api/flows/{flow_id}/draft", json=document)).raise_for_status()
    page = await visitor.open(await site.link("/flows"))
    names = page.get_by_role("region", name="Flows").get_by_role("heading")

    await page.get_by_label("Sort by").select_option("name")
    await expect(names).to_have_text(["Alarm", "Greeting 2", "Greeting 10", "Reminder"])
    await page.get_by_role("searchbox", name="Search").fill("greeting 1")
    await expect(names).to_have_text(["Greeting 10"])
    await page.get_by_role("button", name="More for Greeting 10").click()
    async with page.expect_download() as saving:
        await page.get_by_role("menuitem", name="Export").click()
    text = (await (await saving.value).path()).read_text()
    assert json.loads(text) == {"name": "Greeting 10", "components": {}}
    dropped = await page.evaluate_handle(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "a.json", {type: "application/json"}));
            return data;
        }""",
        text,
    )
    await page.get_by_role("main").dispatch_event("drop", {"dataTransfer": dropped})

    await expect(page.get_by_role("textbox", name="Name of the flow")).to_have_value(
        "Greeting 10 2"
    )


async def test_files_are_imported_and_what_is_no_flow_is_named(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/flows"))

    await page.get_by_label("Import", exact=True).last.set_input_files(
        [
            FilePayload(name="one.flow.json", mimeType=JSON, buffer=b'{"components": {}}'),
            FilePayload(name="two.json", mimeType=JSON, buffer=b"[]"),
        ]
    )

    await expect(page.get_by_role("article", name="one", exact=True)).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("two.json")


async def arrived(context: BrowserContext, site: Site, *, by_mouse: bool) -> Page:
    """The first page of somebody who has just been let in, as an administrator."""
    page = await context.new_page()
    await page.goto(await site.link())
    guide = page.get_by_role("region", name=GUIDE)
    await expect(guide.get_by_role("listitem")).to_have_count(6)
    await set_up(page, site, by_mouse=by_mouse)
    return page


def ticked(guide: Locator) -> Locator:
    """What the guide says is done."""
    return guide.get_by_role("listitem").filter(has_text="done")


def runs(page: Page) -> Locator:
    return page.get_by_role("region", name="Live runs")


async def has_replied(page: Page, phone: Page) -> None:
    """The test has sent; the service reports what becomes of it only to flows that run."""
    await expect(runs(page).get_by_text("accepted").first).to_be_visible()
    await expect(phone.get_by_text(TEST_REPLY, exact=True)).to_be_visible()


async def started(page: Page) -> None:
    await expect(page.get_by_text("running · version 1")).to_be_visible()


async def arrives(site: Site, page: Page, phone: Page) -> None:
    """The chosen run tells how far the reply has come, while the sandbox's clock moves on."""
    chosen = page.get_by_role("region", name="The chosen run")
    await expect(chosen).to_contain_text("accepted")
    # Who looks at the chat reads at once: so nobody looks.
    await site.controls.patch(f"/people/{seed.PERSON}", json={"openChats": []})
    await site.controls.post("/clock", json={"advanceS": 0.25})
    await expect(chosen).to_contain_text("delivered")
    await site.controls.post("/clock", json={"freeze": False, "advanceS": 5})
    await expect(chosen).to_contain_text("read")
    await expect(phone.get_by_text(REPLY, exact=True)).to_be_visible()


async def add(page: Page, words: str) -> None:
    await expect(page.get_by_placeholder(SEARCH)).to_be_focused()
    await page.keyboard.type(words)
    await expect(found(page).first).to_contain_text(words, ignore_case=True)
    await page.keyboard.press("Enter")
    await in_form(page)


async def write(phone: Page, words: str) -> None:
    await reach(phone, phone.get_by_label("Message", exact=True))
    await phone.keyboard.type(words)
    await phone.keyboard.press("Enter")
