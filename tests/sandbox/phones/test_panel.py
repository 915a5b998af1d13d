"""The phone beside the canvas, used in a headless Chromium inside the page of another origin."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from appmixer.sandbox.testing import Receiver, RunningSandbox, serving, until
from appmixer.sandbox.world import seed

from ...browser import smoothness, until_holds, violations
from .test_page import heard, say, send, write

if TYPE_CHECKING:
    from playwright.async_api import FrameLocator, Page

    from ...browser import Visitor

pytestmark = pytest.mark.anyio

PANEL = {"width": 320, "height": 700}
AROUND = """<!doctype html><html lang="en"><title>Around</title><link rel="icon" href="data:,">
<body style="margin: 0"><script>
window.told = [];
addEventListener("message", ({ data }) => told.push(data));
</script><iframe title="Phone" style="border: 0; width: 100%; height: 100vh" src="SRC"></iframe>"""
BUTTONS = [{"type": "reply", "reply": {"id": "yes-7", "title": "Yes, please"}}]
QUESTION: dict[str, Any] = {
    "type": "interactive",
    "interactive": {"type": "button", "body": {"text": "Ok?"}, "action": {"buttons": BUTTONS}},
}
ROWS = [{"id": "am", "title": "Morning"}, {"id": "pm", "title": "Evening"}]
LIST: dict[str, Any] = {
    "type": "interactive",
    "interactive": {
        "type": "list",
        "body": {"text": "When?"},
        "action": {"button": "Times", "sections": [{"rows": ROWS}]},
    },
}
FITS = """['html', '.chat'].every((name) => {
    const one = document.querySelector(name);
    return one.scrollWidth <= one.clientWidth;
})"""
ALL_THERE = "[...document.querySelectorAll('img')].filter((one) => one.naturalWidth).length === 2"


@pytest.fixture
async def around(
    visitor: Visitor, sandbox: RunningSandbox, number: str
) -> AsyncGenerator[tuple[Page, FrameLocator]]:
    """A page at another port that holds Sheena's phone, and the phone."""

    def page(request: Request) -> Response:
        return HTMLResponse(AROUND.replace("SRC", f"{sandbox.url}/_sandbox/phone"))

    async with serving(Starlette(routes=[Route("/", page)])) as url:
        opened = await visitor.open(url, viewport=PANEL)
        phone = opened.frame_locator("iframe")
        await expect(phone.get_by_role("article", name="Phone of Sheena Nelson")).to_be_visible()
        yield opened, phone


@pytest.fixture
async def phone(around: tuple[Page, FrameLocator]) -> FrameLocator:
    return around[1]


async def alone(visitor: Visitor, sandbox: RunningSandbox, query: str, **look: Any) -> Page:
    """The same page without one around it."""
    page = await visitor.open(f"{sandbox.url}/_sandbox/phone?{query}", **look)
    await expect(page.locator(".phone")).to_be_visible()
    return page


async def test_a_customer_writes_taps_and_sees_the_ticks(
    phone: FrameLocator, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    await phone.get_by_role("textbox", name="Message").fill("Is anybody there?")
    await phone.get_by_role("textbox", name="Message").press("Enter")
    said = await heard(receiver)
    await send(graph, **QUESTION)
    await phone.get_by_role("button", name="Yes, please").click()

    assert said == {"type": "text", "text": {"body": "Is anybody there?"}}
    answer = (await heard(receiver, 2))["interactive"]
    assert answer["button_reply"] == {"id": "yes-7", "title": "Yes, please"}
    await expect(phone.locator(".theirs .status.read")).to_be_visible()
    await expect(phone.locator(".head .window.open")).to_contain_text("23 h 59 min left")


async def test_the_page_around_is_told_whose_phone_it_is_and_that_something_came(
    around: tuple[Page, FrameLocator], graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    page, _ = around
    await say(controls, "Hello")
    # Nothing is drawn of a frame in a folded panel.
    await page.evaluate("document.querySelector('iframe').style.display = 'none'")

    await send(graph, type="text", text={"body": "Good morning"})

    await until_holds(page, "told.length >= 2")
    assert await page.evaluate("told") == [
        {"type": "person", "waId": seed.PERSON},
        {"type": "message", "waId": seed.PERSON},
    ]


async def test_the_page_around_chooses_light_or_dark_and_nobody_else_does(
    around: tuple[Page, FrameLocator],
) -> None:
    page, phone = around
    document = phone.locator(":root")
    post = "(theme) => document.querySelector('iframe').contentWindow.postMessage({theme}, '*')"

    await page.evaluate(post, "dark")
    await expect(document).to_have_attribute("data-theme", "dark")
    # Messages come in their order: what the third finds is what the second left.
    await document.evaluate("() => window.postMessage({theme: 'light'}, '*')")
    await page.evaluate(post, "pink")
    await document.evaluate(
        """() => new Promise((done) => {
            addEventListener('message', done, {once: true});
            window.postMessage({}, '*');
        })"""
    )

    await expect(document).to_have_attribute("data-theme", "dark")
    await page.evaluate(post, "light")
    await expect(document).to_have_attribute("data-theme", "light")


async def test_a_person_is_chosen_and_one_added_with_the_keyboard(
    around: tuple[Page, FrameLocator],
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    page, phone = around
    await say(controls, "Hello")
    await phone.locator(".face").press("Enter")
    await expect(phone.get_by_role("button", name="Sheena Nelson +1")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(phone.get_by_role("article", name="Phone of Pablo Morales")).to_be_visible()
    await send(graph, type="text", text={"body": "For Sheena"})
    await expect(phone.locator(".face").get_by_role("img", name="1 unseen")).to_be_visible()

    await phone.locator(".face").press("Enter")
    await phone.get_by_role("button", name="New person").press("Enter")
    await expect(phone.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    await page.keyboard.type("Ada")
    await page.keyboard.press("Enter")

    await expect(phone.get_by_role("article", name="Phone of Ada")).to_be_visible()
    await phone.get_by_role("textbox", name="Message").fill("I am new")
    await phone.get_by_role("textbox", name="Message").press("Enter")
    assert (await heard(receiver, 2))["text"] == {"body": "I am new"}
    assert [person.name for person in sandbox.world.people.values()][2:] == ["Ada"]


async def test_the_clock_is_moved_to_where_the_window_closes_and_by_days(
    phone: FrameLocator, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    await controls.post("/clock", json={"freeze": True})
    await say(controls, "Hello")
    said_at = sandbox.world.clock.now()
    await phone.get_by_role("button", name="Clock").click()

    await phone.get_by_role("button", name="To the end of the window").click()

    await expect(phone.locator(".head .window")).to_have_text(
        "Window closed: only templates arrive"
    )
    await expect(phone.get_by_role("button", name="To the end of the window")).to_be_disabled()
    closed_at = sandbox.world.clock.now()
    assert 86400 < closed_at - said_at <= 86402
    await phone.get_by_role("spinbutton", name="How many").fill("2")
    await phone.get_by_role("button", name="Move ahead").click()
    await until(lambda: sandbox.world.clock.now() == closed_at + 2 * 86400)


async def test_switches_and_faults_are_behind_three_dots(
    phone: FrameLocator, sandbox: RunningSandbox
) -> None:
    await phone.get_by_role("button", name="More").click()

    await phone.get_by_role("switch", name="Online").click()
    await expect(phone.locator(".cannot")).to_contain_text("Offline")
    await phone.get_by_text("Make something go wrong").first.click()
    await phone.get_by_role("button", name="rate limit").click()

    await until(lambda: [fault.rule.code for fault in sandbox.world.faults.all()] == [130429])
    assert sandbox.world.people[seed.PERSON].is_online is False


async def test_what_arrives_is_said_aloud_once(
    phone: FrameLocator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await expect(phone.locator(".bubble.mine")).to_be_visible()
    aloud = phone.locator(".screen > [role=status]")
    await aloud.evaluate(
        """(one) => {
            window.said = [];
            new MutationObserver(() => said.push(one.textContent)).observe(one, {childList: true});
        }"""
    )

    await send(graph, type="text", text={"body": "Good morning"})
    await expect(phone.locator(".theirs .status.read")).to_be_visible()
    await send(graph, **QUESTION)
    await expect(phone.locator(".theirs .status.read")).to_have_count(2)

    assert await aloud.evaluate("() => said") == ["Lucky Shrub: Good morning", "Lucky Shrub: Ok?"]


@pytest.mark.parametrize(
    ("query", "width", "height", "more"),
    [
        ("lang=de&theme=dark", 280, 480, "Mehr"),
        ("lang=en&theme=light", 480, 900, "More"),
        ("lang=de&theme=light", 1600, 1000, "Mehr"),
    ],
)
async def test_nothing_is_in_anybodys_way_at_any_size(
    visitor: Visitor,
    sandbox: RunningSandbox,
    number: str,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    query: str,
    width: int,
    height: int,
    more: str,
) -> None:
    await write(controls, type="location", location={"latitude": 1, "longitude": 2, "name": "X"})
    await write(controls, type="audio", audio={"voice": True})
    await write(controls, type="text", text={"body": "See https://example.com"})
    await write(controls, type="image", image={"caption": "A plant"})
    await send(graph, type="text", text={"body": f"https://example.com/{'long' * 40}"})
    message_id = await send(graph, **LIST)
    await write(controls, type="text", text={"body": "Later"}, context={"id": message_id})
    sent = sandbox.world.messages.values()
    await until(lambda: sum("read" in dict(each.statuses) for each in sent) == 2)
    found: list[str] = []
    # What still comes up is half seen through, and its contrast that of nothing in particular.
    look = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}
    page = await alone(visitor, sandbox, query, **look)
    await expect(page.locator(".theirs .status.read")).to_have_count(2)

    found += await violations(page)
    for opener in (".face", ".clock-face", ".dots-face"):
        await page.locator(opener).click()
        await expect(page.locator(".menu:popover-open")).to_be_visible()
        for folded in await page.locator(".menu:popover-open summary").all():
            await folded.click()
        found += await violations(page)
        await page.keyboard.press("Escape")
    for opened in (page.locator(".tap"), page.locator(".write button").first):
        await opened.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        found += await violations(page)
        await page.keyboard.press("Escape")

    assert found == []
    assert await page.evaluate(FITS)
    await expect(page.get_by_role("button", name=more, exact=True)).to_be_visible()


async def test_nothing_jumps_while_messages_arrive(
    visitor: Visitor,
    sandbox: RunningSandbox,
    number: str,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    await say(controls, "Hello")
    page = await alone(visitor, sandbox, "lang=en", viewport=PANEL)
    await expect(page.locator(".bubble")).to_have_count(1)
    await smoothness(page)

    await write(controls, type="image", image={"caption": "A plant"})
    await send(graph, type="text", text={"body": "Good morning"})
    await write(controls, type="image", image={"caption": "Another"})
    await send(graph, **LIST)
    await until_holds(page, ALL_THERE)
    await expect(page.locator(".theirs .status.read")).to_have_count(2)

    assert (await smoothness(page)).layout_shift == 0


async def test_a_phone_of_the_big_page_is_closed(
    visitor: Visitor, sandbox: RunningSandbox, number: str
) -> None:
    page = await visitor.open(sandbox.url)
    await expect(page.locator(".phone")).to_have_count(2)

    await page.get_by_role("button", name="Close the phone of Sheena Nelson").click()

    await expect(page.locator(".phone")).to_have_count(1)
    await page.get_by_role("button", name="Sheena Nelson", exact=True).click()
    await expect(page.locator(".phone")).to_have_count(2)
