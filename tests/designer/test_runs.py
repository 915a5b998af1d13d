"""Runs on the page: as they come, on the canvas, one by one, and searched."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from appmixer.sandbox.world import seed

from ..browser import DEADLINE_MS, Visitor, smoothness, until_holds, violations
from .conftest import Site
from .flows import versions
from .running import connected, hears, says, started, waits_for_run

pytestmark = pytest.mark.anyio

REPLY: Mapping[str, Any] = {
    "name": "Reply",
    "components": {
        "incoming": {
            "type": "appmixer.whatsapp.NewMessage",
            "account": "acme",
            "input": {"messageTypes": ["text"]},
        },
        "reply": {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": {"in": {"incoming": ["message"]}},
            "input": {
                "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                "to": "{{ incoming.message.replyTo }}",
                "text": "You said: {{ incoming.message.text.body }}",
            },
        },
    },
}


LATER: Mapping[str, Any] = {
    "name": "Later",
    "components": {
        "incoming": REPLY["components"]["incoming"],
        "later": {
            "type": "appmixer.utilities.Delay",
            "source": {"in": {"incoming": ["message"]}},
            "input": {"amount": 1, "unit": "hours"},
        },
    },
}
# What the stream tells cannot be read from outside, as it never ends.
LISTENING = """(() => {
    window.heard = [];
    const kinds = ["open", "missed", "run", "begun", "step", "fate", "flow", "draft", "account"];
    window.EventSource = class extends EventSource {
        constructor(...given) {
            super(...given);
            for (const kind of kinds) {
                this.addEventListener(kind, ({data}) => data && heard.push(`${kind} ${data}`));
            }
        }
    };
})()"""


async def test_a_run_appears_as_soon_as_somebody_writes_and_shows_how_the_reply_fares(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")  # a flow without a draft
    await started(site, "reply", REPLY)
    page = await visitor.open(await site.link("/flows/reply"))
    log = page.get_by_role("region", name="Live runs")
    await expect(log.get_by_text("appears here at once")).to_be_visible()

    await says(site, "Hello")

    line = log.get_by_role("listitem").get_by_role("link")
    await expect(line).to_contain_text("done")
    await expect(line).to_contain_text("New Message")
    await expect(line).to_contain_text("read")
    assert await page.evaluate("performance.getEntriesByType('resource').length") < 200
    listed = [each for each in visitor.requests if "/api/runs?" in each]
    assert len(listed) <= 3, "The log is fed by the stream."


async def test_the_chosen_run_is_drawn_with_its_states_and_the_values_on_its_links(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    run_id = await waits_for_run(site, fate="read")
    page = await visitor.open(await site.link(f"/flows/reply/runs/{run_id}"))

    canvas = page.get_by_role("region", name="Flow", exact=True)
    await expect(canvas.get_by_text("read", exact=True).first).to_be_visible()
    await expect(canvas.get_by_text("done", exact=True)).to_be_visible()
    value = canvas.get_by_role("button", name="1 value")
    await value.hover()
    await expect(page.get_by_role("tooltip")).to_contain_text("Hello")

    chosen = page.get_by_role("region", name="The chosen run")
    await chosen.get_by_role("button", name="reply").click()
    await expect(chosen.get_by_text("You said: Hello")).to_be_visible()
    await expect(page).to_have_url(f"{site.url}/flows/reply/runs/{run_id}/steps/reply")
    await page.get_by_role("link", name="Back to the draft").click()
    await expect(value).to_have_count(0)


async def test_a_run_of_another_version_is_drawn_as_it_was_and_cannot_be_changed(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    run_id = await waits_for_run(site)
    changed = {**REPLY, "components": {"incoming": REPLY["components"]["incoming"]}}
    await site.api.put("/api/flows/reply/draft", json=changed)
    page = await visitor.open(await site.link(f"/flows/reply/runs/{run_id}"))

    await expect(page.get_by_text("Version 1 as it ran")).to_be_visible()
    card = page.locator(".react-flow__node[data-id=reply]")
    await expect(card).to_be_visible()
    await card.click()
    await page.keyboard.press("Delete")
    await page.get_by_role("status").get_by_role("link", name="Back to the draft").click()
    await expect(card).to_have_count(0)
    await expect(page.locator(".react-flow__node[data-id=incoming]")).to_be_visible()
    draft = (await site.api.get("/api/flows/reply/draft")).json()["document"]
    assert list(draft["components"]) == ["incoming"]


async def test_the_version_of_a_run_is_compared_after_it_was_drawn(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")  # there is no draft
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    run_id = await waits_for_run(site, fate="read")
    changed = {**REPLY, "components": {"incoming": REPLY["components"]["incoming"]}}
    (await site.api.put("/api/flows/reply", json=changed)).raise_for_status()
    page = await visitor.open(await site.link(f"/flows/reply/runs/{run_id}"))
    await expect(page.get_by_text("Version 1 as it ran")).to_be_visible()

    history = await versions(page)
    await history.get_by_role("button", name="Version 1").click()

    await expect(history.get_by_role("button", name="Take as draft")).to_be_visible()


async def test_a_failed_send_says_why_and_opens_the_field_to_mend(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")
    wrong = {**REPLY["components"]["reply"]}
    wrong["input"] = {**wrong["input"], "to": "{{ incoming.message.text.body }}"}
    components = {**REPLY["components"], "reply": wrong}
    await started(site, "reply", {**REPLY, "components": components})
    await says(site, "nobody")
    run_id = await waits_for_run(site, status="failed")
    run = (await site.api.get(f"/api/runs/{run_id}")).json()
    error = run["steps"][-1]["error"]
    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    told = page.get_by_role("alert")
    for part in ("title", "cause", "cure"):
        await expect(told).to_contain_text(error[part])
    assert await violations(page) == []
    await told.get_by_role("link", name="Open the field “Recipient”").click()
    await expect(page).to_have_url(f"{site.url}/flows/reply/steps/reply?field=to")
    await expect(page.get_by_role("textbox", name="Recipient")).to_be_focused()


async def test_a_message_that_failed_once_it_was_taken_is_not_tried_again_from_its_run(
    visitor: Visitor, site: Site
) -> None:
    reply = {**REPLY["components"]["reply"]}
    reply["input"] = {**reply["input"], "waitFor": "delivered"}
    await started(site, "reply", {**REPLY, "components": {**REPLY["components"], "reply": reply}})
    lost = {"failNext": {"code": 131000}}
    (await site.controls.patch(f"/people/{seed.PERSON}", json=lost)).raise_for_status()
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="failed")
    [_, step] = (await site.api.get(f"/api/runs/{run_id}")).json()["steps"]
    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    await expect(page.get_by_role("alert")).to_contain_text(step["error"]["title"])
    await expect(page.get_by_role("button", name="Run like this again")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    refused = await site.api.post(f"/api/runs/{run_id}/retry")
    assert (step["fate"]["state"], refused.status_code) == ("failed", 409)
    [_, after] = (await site.api.get(f"/api/runs/{run_id}")).json()["steps"]
    assert after["output"] == step["output"] != {}


async def test_a_step_is_tried_again_from_its_error(visitor: Visitor, site: Site) -> None:
    await started(site, "reply", REPLY)
    fault = {"endpoint": "messages", "code": 131009, "count": 1}
    await site.controls.post("/faults", json=fault)
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="failed")
    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    await page.get_by_role("button", name="Try again from this step").click()

    await expect(page.get_by_role("main").get_by_text("read", exact=True).first).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_link_to_a_step_opens_the_step_and_back_closes_it(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    run_id = await waits_for_run(site, fate="read")
    page = await visitor.open(await site.link(f"/runs/{run_id}/steps/reply"))

    reply = page.get_by_role("button", name="reply")
    await expect(reply).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_text("You said: Hello")).to_be_visible()
    await page.get_by_role("button", name="incoming").click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}/steps/incoming")
    await page.go_back()
    await expect(reply).to_have_attribute("aria-expanded", "true")
    assert await violations(page) == []


async def test_what_is_looked_for_stands_in_the_address_and_a_link_shows_the_same(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    for text in ("Hello", "Goodbye"):
        await says(site, text)
    await waits_for_run(site, count=2)
    page = await visitor.open(await site.link("/runs"))
    runs = page.get_by_role("list", name="Runs").get_by_role("listitem")
    await expect(runs).to_have_count(2)

    await page.get_by_label("Search").fill("Goodbye")
    await expect(page).to_have_url(f"{site.url}/runs?search=Goodbye")
    await page.get_by_label("State").select_option("completed")
    await expect(runs).to_have_count(1)
    await expect(page).to_have_url(f"{site.url}/runs?search=Goodbye&state=completed")
    other = await visitor.open(await site.link("/runs?search=Goodbye&state=completed"))
    await expect(other.get_by_label("Search")).to_have_value("Goodbye")
    await expect(other.get_by_role("list", name="Runs").get_by_role("listitem")).to_have_count(1)
    await page.get_by_label("State").select_option("failed")
    await expect(page.get_by_text("No run is like that")).to_be_visible()
    await page.get_by_role("button", name="Show all runs").click()
    await expect(runs).to_have_count(2)
    assert await violations(page) == []


async def test_a_run_is_cancelled_and_run_like_it_was(visitor: Visitor, site: Site) -> None:
    await started(site, "later", LATER)
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="waiting")
    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    waits = page.get_by_role("region", name="Waits")
    await expect(waits).to_contain_text("later")
    await expect(waits).to_contain_text("until")
    await page.get_by_role("button", name="Cancel run").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Cancel run").click()
    await expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("cancelled")
    again = page.get_by_role("button", name="Run like this again")
    await again.click()
    await dialog.get_by_role("button", name="Leave it").click()
    await expect(dialog).to_have_count(0)
    assert len((await site.api.get("/api/runs")).json()["runs"]) == 1
    await again.click()
    await expect(dialog).to_contain_text("messages are really sent")
    await dialog.get_by_role("button", name="Begin it").click()
    state = page.get_by_role("main").get_by_role("status").first
    await expect(state).to_contain_text("waiting")
    await expect(state).to_contain_text("replay")
    assert not page.url.endswith(run_id)
    await page.get_by_role("link", name=run_id).click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    await expect(state).to_contain_text("cancelled")
    await expect(state).not_to_contain_text("replay")


async def answered_late(page: Page, url: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Keep back the first answer from an address; one event says that it is known by now.

    The other one lets it through.
    """
    is_answered, is_late = asyncio.Event(), asyncio.Event()

    async def keep(route: Route) -> None:
        answer = await route.fetch()
        is_answered.set()
        await is_late.wait()
        await route.fulfill(response=answer)

    await page.route(url, keep, times=1)
    return is_answered, is_late


async def test_runs_that_begin_while_they_are_counted_are_counted_again(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    context = await visitor.context()
    await context.add_init_script(LISTENING)
    page = await context.new_page()
    is_answered, is_late = await answered_late(page, "**/api/statistics")
    await page.goto(await site.link("/flows"))
    await asyncio.wait_for(is_answered.wait(), DEADLINE_MS / 1000)
    await until_holds(page, "heard.some((each) => each.startsWith('open'))")
    await says(site, "Hello")
    await until_holds(page, "heard.some((each) => each.startsWith('run'))")
    # The page counts a moment after it has heard of it.
    await page.evaluate("new Promise((done) => setTimeout(done, 3000))")
    is_late.set()

    await expect(page.get_by_role("main")).to_contain_text("1 run")


async def test_what_happens_while_a_run_is_asked_for_is_shown_after_the_answer(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "later", LATER)
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="waiting")
    context = await visitor.context()
    await context.add_init_script(LISTENING)
    page = await context.new_page()
    is_answered, is_late = await answered_late(page, f"**/api/runs/{run_id}")
    await page.goto(await site.link(f"/runs/{run_id}"))
    await asyncio.wait_for(is_answered.wait(), DEADLINE_MS / 1000)
    await until_holds(page, "heard.some((each) => each.startsWith('open'))")
    (await site.api.post(f"/api/runs/{run_id}/cancel")).raise_for_status()
    await until_holds(page, "heard.some((each) => each.includes('cancelled'))")
    # The page looks a moment after it has heard of it.
    await page.evaluate("new Promise((done) => setTimeout(done, 1000))")
    is_late.set()

    await expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("cancelled")


# Beside others the machine may stand still for seconds; on a quiet one the figure itself holds.
@pytest.mark.parametrize(
    ("count", "most_ms"), [(80, 10_000), pytest.param(250, 100, marks=pytest.mark.prove)]
)
async def test_the_log_takes_200_events_a_second_without_a_long_task(
    visitor: Visitor, site: Site, count: int, most_ms: float
) -> None:
    visitor.expect_complaints("404")
    await connected(site)
    await site.api.put("/api/flows/reply", json=REPLY)
    page = await visitor.open(await site.link("/flows/reply"))
    log = page.get_by_role("region", name="Live runs")
    await expect(log.get_by_text("appears here at once")).to_be_visible()
    await hears(site, "reply", runs=1, events_per_second=200)
    await expect(log.get_by_role("listitem").first).to_contain_text("read")
    await smoothness(page)

    await hears(site, "reply", runs=count, events_per_second=200)

    await expect(log.get_by_role("listitem").nth(8)).to_contain_text("read")
    felt = await smoothness(page)
    assert felt.longest_task_ms < most_ms
    assert felt.layout_shift < 0.05
    assert await log.get_by_role("listitem").count() < 60
