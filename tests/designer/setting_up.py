"""The one-time setup as an administrator does it on the page: by mouse, or by keyboard alone."""

from __future__ import annotations

import httpx
from playwright.async_api import Locator, Page, expect

from appmixer.demo import rehearsal
from appmixer.sandbox.world import seed

from .conftest import Site
from .test_admin import WHATSAPP, field, key, step

MOST_TABS = 120


async def set_up(page: Page, site: Site, *, by_mouse: bool) -> None:
    """Type in what the administrator reads at the service, and tell the service the callback.

    The page is that of the flows, before and afterwards.
    """
    go = _click if by_mouse else press
    await in_use(site)
    await go(page, page.get_by_role("complementary", name="Setup").get_by_role("link"))
    await go(page, page.get_by_role("link", name="Connectors"))
    for name, value in rehearsal.configuration(site.sandbox.url)[WHATSAPP].items():
        await (_click if by_mouse else reach)(page, field(page, name))
        await page.keyboard.press("Control+a")
        await page.keyboard.type(value)
        await page.keyboard.press("Enter")
        await expect(key(page, name).get_by_text("stored", exact=True)).to_be_visible()
    callback = site.url + rehearsal.ENGINE_EVENTS
    await go(page, page.get_by_role("link", name="Setup", exact=True))
    await expect(step(page, "webhook").get_by_text(callback).first).to_be_visible()
    told = await site.controls.post("/webhook", json={"callbackUrl": callback})
    assert told.json()["verified"] is True, told.text
    await go(page, page.get_by_role("button", name="Test again").first)
    await expect(page.get_by_text("3 of 4 done")).to_be_visible()
    await go(page, page.get_by_role("link", name="Flows", exact=True))


async def in_use(site: Site) -> None:
    """The business has taken its number into use at the service before."""
    async with httpx.AsyncClient(base_url=site.sandbox.url, trust_env=False) as service:
        answer = await service.post(
            f"/v25.0/{seed.PHONE_NUMBER_ID}/register",
            headers={"Authorization": f"Bearer {seed.SYSTEM_USER_TOKEN}"},
            json={"messaging_product": "whatsapp", "pin": seed.PIN},
        )
        answer.raise_for_status()


async def reach(page: Page, place: Locator) -> None:
    """Come to a place by the keyboard alone."""
    await expect(place).to_be_visible()
    for _ in range(MOST_TABS):
        if await place.evaluate("(it) => it === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    await expect(place).to_be_focused()


async def press(page: Page, button: Locator) -> None:
    await reach(page, button)
    await page.keyboard.press("Enter")


async def _click(page: Page, place: Locator) -> None:
    await place.click()
