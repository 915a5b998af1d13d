"""A step and a draft are tried with examples, with what was last, or with what the phone sends."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from appmixer.sandbox.world import seed

from ..browser import Visitor, violations
from .conftest import Site
from .running import DEADLINE_S, connected, says, started, waits_for_run
from .test_runs import REPLY

pytestmark = pytest.mark.anyio

PHONE = "the phone: its next message"
COMPONENTS: Mapping[str, Any] = REPLY["components"]


async def test_a_step_is_tried_with_what_the_phone_sends_next_while_no_flow_runs(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    step = await trying(page, "reply")
    await step.get_by_label("Values from").select_option(PHONE)
    await step.get_by_role("button", name="Test this step").click()
    await expect(
        step.get_by_text("On the phone beside, write what \u201cincoming\u201d")
    ).to_be_visible()
    await listens(site)
    assert await violations(page) == []

    await says(site, "Bring tea")

    assert (await request_of(step))["body"]["text"]["body"] == "You said: Bring tea"
    await listens(site, so=False)
    await expect(step.get_by_text("Write on the phone")).to_have_count(0)
    assert (await site.api.get("/api/runs")).json()["runs"] == []
    [event] = (await site.api.get("/api/events?unrouted=true")).json()["events"]
    assert event["payload"]["message"]["text"]["body"] == "Bring tea"


async def test_the_phone_is_waited_for_no_longer_than_somebody_wants(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    step = await trying(page, "reply")
    await step.get_by_label("Values from").select_option(PHONE)
    test = step.get_by_role("button", name="Test this step")
    await test.click()
    await listens(site)

    await step.get_by_role("button", name="Stop waiting").click()

    await expect(test).to_be_enabled()
    await listens(site, so=False)
    await expect(step.get_by_role("alert")).to_have_count(0)
    await expect(step.locator("pre")).to_have_count(0)


async def test_a_trigger_shows_what_it_makes_of_what_the_phone_sends(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site)
    step = await trying(page, "incoming")
    await step.get_by_label("Values from").select_option(PHONE)
    await step.get_by_role("button", name="Test this step").click()
    await listens(site)

    await says(site, "Bring tea")

    await expect(step.locator("pre")).to_contain_text("Bring tea")


async def test_a_step_is_tried_with_what_was_last_or_with_an_example(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")  # a flow without a draft
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    await waits_for_run(site, fate="read")
    page = await visitor.open(await site.link("/flows/reply"))
    step = await trying(page, "reply")
    source = step.get_by_label("Values from")
    await expect(source).to_have_value("what earlier steps gave last")
    test = step.get_by_role("button", name="Test this step")
    await test.click()
    assert (await request_of(step))["body"]["text"]["body"] == "You said: Hello"

    await source.select_option("example: text")
    await test.click()

    await expect(step.locator("pre")).not_to_contain_text("You said: Hello")
    assert (await request_of(step))["body"]["text"]["body"].startswith("You said: ")


async def test_a_step_with_nothing_before_it_has_no_choice_of_values(
    visitor: Visitor, site: Site
) -> None:
    alone = {"type": "appmixer.whatsapp.ListTemplates", "account": "acme"}
    page = await opened(visitor, site, alone=alone)
    step = await trying(page, "alone")

    await expect(step.get_by_role("button", name="Test this step")).to_be_visible()
    await expect(step.get_by_label("Values from")).to_have_count(0)


async def test_a_draft_is_tried_with_what_is_written_on_the_phone_in_the_dialog(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("404")  # a flow without a draft
    await started(site, "reply", REPLY)
    page = await visitor.open(await site.link("/flows/reply"))
    await page.get_by_role("button", name="Test", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Values from").select_option(PHONE)
    await expect(dialog.get_by_role("textbox")).to_have_count(0)
    await dialog.get_by_role("button", name="Test now").click()
    phone = dialog.frame_locator("iframe")

    await phone.get_by_label("Message", exact=True).fill("Bring tea")
    await phone.get_by_label("Message", exact=True).press("Enter")

    await expect(dialog).to_have_count(0)
    await expect(page).to_have_url(re.compile("/flows/reply/runs/"))
    await waits_for_run(site, count=2)
    runs = (await site.api.get("/api/runs")).json()["runs"]
    assert sorted(each["isTest"] for each in runs) == [False, True]
    for each in runs:
        [_, reply] = (await site.api.get(f"/api/runs/{each['id']}")).json()["steps"]
        assert reply["input"]["text"] == "You said: Bring tea"


async def opened(visitor: Visitor, site: Site, **more: Any) -> Page:
    """A draft of a flow that never ran."""
    await connected(site)
    document = {**REPLY, "components": {**COMPONENTS, **more}}
    (await site.api.put("/api/flows/reply/draft", json=document)).raise_for_status()
    return await visitor.open(await site.link("/flows/reply"))


async def trying(page: Page, name: str) -> Locator:
    """The inspector, where a step is tried."""
    await page.locator(f'.react-flow__node[data-id="{name}"]').click()
    await page.get_by_role("tab", name="Test").click()
    return page.get_by_role("region", name="Step")


async def request_of(step: Locator) -> Any:
    await expect(step.get_by_role("heading", name="Request")).to_be_visible()
    return json.loads(await step.locator("pre").inner_text())


async def listens(site: Site, *, so: bool = True) -> None:
    """Wait until what people write is told to the engine, or not any more."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while asyncio.get_running_loop().time() < deadline:
        if bool(site.sandbox.world.wabas[seed.WABA_ID].subscriptions) is so:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"Listening is not {so}.")
