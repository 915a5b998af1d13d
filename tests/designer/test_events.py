"""What no flow took: by kind, and given to the flows by whoever says so."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from ..browser import Visitor, violations
from .conftest import Site
from .running import DEADLINE_S, says, started
from .test_runs import REPLY

pytestmark = pytest.mark.anyio


async def test_an_event_is_given_to_the_flows_only_after_a_question_and_again_after_another(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("409")  # it was done already, which the page asks about
    event_id = await left_out(site)
    page = await visitor.open(await site.link("/events?kind=message"))
    older = await visitor.open(await site.link("/events?kind=message"))
    # It shows what was so before the event is given to the flows on the other page.
    await expect(older.get_by_role("button", name="Give to the flows")).to_be_visible()

    await page.get_by_role("button", name="Give to the flows").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("messages are really sent")
    await dialog.get_by_role("button", name="Leave it").click()
    assert await runs(site) == []
    await page.get_by_role("button", name="Give to the flows").click()
    await dialog.get_by_role("button", name="Give to the flows").click()
    await expect(page.get_by_role("main")).to_contain_text("Replayed")
    await expect(page.get_by_role("main").get_by_role("link", name="run")).to_have_count(1)

    await older.get_by_role("button", name="Give to the flows").click()
    dialog = older.get_by_role("dialog")
    await dialog.get_by_role("button", name="Give to the flows").click()
    await expect(dialog).to_contain_text("The event has been replayed already")
    assert len(await runs(site)) == 1
    await dialog.get_by_role("button", name="Give it to them once more").click()
    await older.get_by_role("main").get_by_role("link", name="run").click()
    await expect(older.get_by_role("main").get_by_role("status").first).to_contain_text("replay")
    assert len(await runs(site)) == 2
    assert event_id not in await unrouted(site)


async def test_events_are_counted_by_kind_and_show_what_was_told(
    visitor: Visitor, site: Site
) -> None:
    await left_out(site)
    page = await visitor.open(await site.link("/events"))

    kinds = page.get_by_role("group", name="Kinds")
    await kinds.get_by_role("button", name="message 1").click()
    await expect(page).to_have_url(f"{site.url}/events?kind=message")
    await page.get_by_role("button", name="message:").click()
    await expect(page.get_by_text("Hello", exact=True)).to_be_visible()
    assert await violations(page) == []


async def test_without_such_events_the_page_says_so_and_leads_on(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/events"))

    await expect(page.get_by_text("Every event was taken by a flow")).to_be_visible()
    await page.get_by_role("link", name="To the flows").click()
    await expect(page).to_have_url(f"{site.url}/flows")


async def left_out(site: Site) -> int:
    """Return the id of a message that came while the flow for it was stopped, and runs now."""
    await started(site, "reply", REPLY)
    [account] = (await site.api.get("/api/accounts")).json()["accounts"]
    keep = {"keepSubscribed": True}
    answer = await site.api.patch(f"/api/accounts/{account['id']}", json=keep)
    assert answer.is_success, answer.text
    await site.api.post("/api/flows/reply/stop")
    await says(site, "Hello")
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not (found := await unrouted(site)):
        assert asyncio.get_running_loop().time() < deadline, "The message is not kept."
        await asyncio.sleep(0.05)
    await site.api.post("/api/flows/reply/start")
    return found[0]


async def unrouted(site: Site) -> list[int]:
    answer = await site.api.get("/api/events?unrouted=true&kind=message")
    return [each["id"] for each in answer.json()["events"]]


async def runs(site: Site) -> list[str]:
    return [each["id"] for each in (await site.api.get("/api/runs")).json()["runs"]]
