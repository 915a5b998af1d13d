"""The first ten minutes, from an engine that nobody has set up to a reply that has been read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from appmixer.demo import rehearsal

from ..browser import Visitor
from .conftest import Site

pytestmark = pytest.mark.anyio


async def test_by_mouse(visitor: Visitor, bare_site: Site) -> None:
    context = await visitor.context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(await bare_site.link())
    await configure(bare_site)
    await visitor.screenshot(page, "minutes-1-empty")
    await page.get_by_role("region", name="Your first flow").get_by_text("Connect").nth(1).click()
    await page.wait_for_timeout(3000)
    print(page.url, await page.locator("body").inner_html())
    await visitor.screenshot(page, "minutes-2-connect")


async def configure(site: Site) -> None:
    for connector_id, values in rehearsal.configuration(site.sandbox.url).items():
        for key, value in values.items():
            answer = await site.api.put(
                f"/api/configuration/{connector_id}/{key}", json={"value": value}
            )
            answer.raise_for_status()
    callback = site.url + rehearsal.ENGINE_EVENTS
    answer = await site.controls.post("/webhook", json={"callbackUrl": callback})
    assert answer.json()["verified"] is True, answer.text
