"""What one owner has is in no view, stream or suggestion of another."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Error, Page, Route, expect

from appmixer.demo import rehearsal
from appmixer.sandbox.testing import until
from appmixer.sandbox.world import seed

from ..browser import Visitor, until_holds
from .conftest import Site
from .running import DEADLINE_S, says, waits_for_run
from .test_health import link_of_an_owner
from .test_runs import LISTENING

pytestmark = pytest.mark.anyio

MARK = "Quetzalcoatl"
LISTS = ("/flows", "/runs", "/events", "/accounts", "/files")
VIEWS = (*LISTS, "/health", "/admin", "/flows/theirs", "/flows/theirs/steps/reply")


async def test_an_owner_finds_nothing_of_another_in_any_view_stream_or_suggestion(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")
    run_id = await marks_everything(site)
    first = await visitor.open(await site.link())
    for view in LISTS:
        await first.goto(site.url + view)
        if view == "/events":
            await first.get_by_role("button", name="message:").click()
        await expect(first.get_by_role("main")).to_contain_text(MARK)
    await expect(first.get_by_role("button", name="Notices, 1 new")).to_be_visible()

    context = await visitor.context()
    await context.add_init_script(LISTENING)
    page = await context.new_page()
    told = await kept_answers(page)
    await page.goto(await link_of_an_owner(site, "/flows"))
    for view in (*VIEWS, f"/runs/{run_id}", f"/flows/theirs/runs/{run_id}"):
        await page.goto(site.url + view)
        await settled(page, told)
        assert MARK not in await page.content(), view

    await has_a_flow_like_it(page)
    await page.goto(f"{site.url}/flows/own/steps/reply")
    for label in ("Sender Phone Number", "Account"):
        await page.get_by_label(label, exact=True).click()
        await settled(page, told)
        assert MARK not in await page.content(), label
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Test", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert MARK not in await page.content()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").get_by_role("combobox").fill(MARK[:4])
    await settled(page, told)
    assert MARK not in await page.content()
    await page.keyboard.press("Escape")

    await page.goto(f"{site.url}/runs")
    await until_holds(page, "heard.some((each) => each.startsWith('open'))")
    await says(site, f"{MARK} once more")
    await waits_for_run(site, count=3)
    draft: dict[str, Any] = {"name": f"{MARK} as well", "components": {}}
    (await site.api.put("/api/flows/theirs/draft", json=draft)).raise_for_status()
    await has_a_flow_like_it(page, name="Last")
    await until_holds(page, "heard.some((each) => each.startsWith('draft'))")
    heard = await page.evaluate("heard")
    assert [each for each in heard if MARK in each or "theirs" in each] == []
    assert MARK not in await page.content()
    assert len(told.answers) > 2 * len(VIEWS)
    assert [each for each in told.answers if MARK in each] == []


async def test_what_one_owner_could_not_save_is_not_shown_to_another_in_the_same_browser(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("ERR_FAILED", "net::", "404")
    draft: dict[str, Any] = {"name": "Mine", "components": {}}
    (await site.api.put("/api/flows/shared/draft", json=draft)).raise_for_status()
    page = await visitor.open(await site.link("/flows/shared"))
    name = page.get_by_role("textbox", name="Name of the flow")
    await expect(name).to_have_value("Mine")
    await page.route("**/api/flows/shared/draft", lambda route: route.abort())
    await name.fill(MARK)
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await page.unroute("**/api/flows/shared/draft")
    await page.goto("about:blank")

    await page.context.clear_cookies()
    await page.goto(await link_of_an_owner(site, "/flows"))
    await expect(page.get_by_role("main")).to_be_visible()
    await page.evaluate(
        """(draft) => fetch("/api/flows/shared/draft", {
            method: "PUT",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify(draft),
        }).then((answer) => { if (!answer.ok) throw new Error(answer.status); })""",
        {**draft, "name": "Theirs"},
    )
    await page.goto(f"{site.url}/flows/shared")

    await expect(name).to_have_value("Theirs")
    await page.get_by_role("button", name="More", exact=True).click()
    assert MARK not in await page.content()


async def test_what_one_owner_makes_of_the_guide_is_not_anothers_in_the_same_browser(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/flows"))
    guide = page.get_by_role("region", name="Your first flow")
    await guide.get_by_role("button", name="Close the first steps").click()
    await expect(guide).to_have_count(0)

    await page.context.clear_cookies()
    await page.goto(await link_of_an_owner(site, "/flows"))
    await expect(guide).to_be_visible()
    await page.context.clear_cookies()
    await page.goto(await site.link("/flows"))

    await expect(page.get_by_role("heading", name="Flows", exact=True)).to_be_visible()
    await expect(page.get_by_role("article", name="Auto-reply", exact=True)).to_be_visible()
    await expect(guide).to_have_count(0)


async def marks_everything(site: Site) -> str:
    """Have the first owner make something with the mark wherever there is something to make."""
    account = {
        "service": rehearsal.CONNECTOR,
        "name": MARK,
        "accessToken": seed.SYSTEM_USER_TOKEN,
    }
    connected = (await site.api.post("/api/accounts", json=account)).raise_for_status().json()
    keep = {"keepSubscribed": True}
    (await site.api.patch(f"/api/accounts/{connected['id']}", json=keep)).raise_for_status()
    site.sandbox.world.numbers[seed.PHONE_NUMBER_ID].is_registered = True
    (await site.api.put("/api/flows/theirs", json=replying(MARK, MARK))).raise_for_status()
    (await site.api.post("/api/flows/theirs/start")).raise_for_status()
    await says(site, MARK)
    run_id = await waits_for_run(site, fate="read")
    (await site.api.post("/api/flows/theirs/stop")).raise_for_status()
    await says(site, f"{MARK} that nobody takes")
    await until_kept(site)
    (await site.api.post("/api/flows/theirs/start")).raise_for_status()
    file = {"file": (f"{MARK}.txt", b"kept", "text/plain")}
    (await site.api.post("/api/files", files=file)).raise_for_status()
    failing: dict[str, Any] = {
        "name": f"{MARK} fails",
        "components": {
            "begin": {"type": "appmixer.utilities.OnStart", "input": {}},
            "end": {
                "type": "appmixer.utilities.Stop",
                "source": {"in": {"begin": ["started"]}},
                "input": {"outcome": "failed", "text": f"{MARK} is closed."},
            },
        },
    }
    (await site.api.put("/api/flows/failing", json=failing)).raise_for_status()
    (await site.api.post("/api/flows/failing/run", json={})).raise_for_status()
    await waits_for_run(site, status="failed")
    return run_id


def replying(account: str | None, text: str) -> dict[str, Any]:
    """A flow with what is given wherever a person writes something."""
    known = {} if account is None else {"account": account}
    return {
        "name": f"{text} answers",
        "notes": {"one": {"text": text, "position": {"x": 0, "y": -200}}},
        "components": {
            "incoming": {
                "type": "appmixer.whatsapp.NewMessage",
                **known,
                "label": f"{text} writes",
                "input": {"messageTypes": ["text"]},
            },
            "reply": {
                "type": "appmixer.whatsapp.SendText",
                **known,
                "source": {"in": {"incoming": ["message"]}},
                "input": {
                    "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                    "to": "{{ incoming.message.replyTo }}",
                    "text": text,
                },
            },
        },
    }


async def has_a_flow_like_it(page: Page, name: str = "Own") -> None:
    """Whoever is signed in on the page keeps a draft."""
    await page.evaluate(
        """(draft) => fetch("/api/flows/own/draft", {
            method: "PUT",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify(draft),
        }).then((answer) => { if (!answer.ok) throw new Error(answer.status); })""",
        replying(None, name),
    )


async def until_kept(site: Site) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    path = "/api/events?unrouted=true&kind=message"
    while not (await site.api.get(path)).json()["events"]:
        assert asyncio.get_running_loop().time() < deadline, "The message is not kept."
        await asyncio.sleep(0.05)


@dataclass
class Told:
    """What a page was told, and how much it still waits for; the stream aside."""

    answers: list[str] = field(default_factory=list[str])
    awaited: int = 0


async def settled(page: Page, told: Told) -> None:
    """Wait until the page has what it asks for."""
    await expect(page.locator("#content, main").first).to_be_visible()
    await expect(page.get_by_text("Loading")).to_have_count(0)
    await until(lambda: told.awaited == 0)


async def kept_answers(page: Page) -> Told:
    """Keep whatever the page is told from now on."""
    told = Told()

    async def keep(route: Route) -> None:
        if "/api/stream" in route.request.url:
            await route.continue_()
            return
        told.awaited += 1
        try:
            # Whoever leaves a page does not wait for what it has asked for.
            with suppress(Error):
                answer = await route.fetch()
                told.answers.append(f"{route.request.url} {await answer.text()}")
                await route.fulfill(response=answer)
        finally:
            told.awaited -= 1

    await page.route("**/api/**", keep)
    return told
