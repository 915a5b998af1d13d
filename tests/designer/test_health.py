"""The doctor as a page: what does not work first, each with its cure, and a button that mends."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from appmixer.demo import rehearsal
from appmixer.sandbox.world import seed

from ..browser import Visitor, violations
from .conftest import Site
from .situations import connected, listening, withdraw

pytestmark = pytest.mark.anyio


async def test_faults_stand_before_advice_each_with_what_to_do(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    await listening(site)
    page = await visitor.open(await site.link("/health"))

    rows = page.locator("main li[data-state]")
    await expect(page.get_by_role("status").get_by_text("1 fault · 1 piece")).to_be_visible()
    await expect(rows.nth(0)).to_have_attribute("data-state", "fault")
    await expect(rows.nth(0)).to_contain_text("Not registered for the Cloud API")
    await expect(rows.nth(0)).to_contain_text("Ensure Sender Phone Number Registered once")
    await expect(rows.nth(0).get_by_role("link", name="acme")).to_have_attribute(
        "href", "/accounts/acme"
    )
    await expect(rows.nth(1)).to_have_attribute("data-state", "advice")
    await expect(page.get_by_text("Its events are delivered.")).to_be_hidden()
    await page.get_by_text("things that are fine").click()
    await expect(page.get_by_text("Its events are delivered.")).to_be_visible()


async def test_what_can_mend_a_finding_is_done_at_once_and_looked_at_again(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    change = await site.controls.patch(
        f"/numbers/{seed.UNVERIFIED_PHONE_NUMBER_ID}", json={"isRegistered": True}
    )
    change.raise_for_status()
    page = await visitor.open(await site.link("/health"))
    label = "Ensure Sender Phone Number Registered"

    await page.get_by_role("button", name=label).click()
    dialog = page.get_by_role("dialog", name=label)
    await dialog.get_by_label("Sender Phone Number").fill(seed.PHONE_NUMBER_ID)
    await dialog.get_by_label("PIN").fill("123456")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Do it now").click()
    await expect(dialog.get_by_role("alert").first).to_contain_text("PIN")
    await dialog.get_by_label("PIN").fill(seed.PIN)
    await dialog.get_by_role("button", name="Do it now").click()
    await expect(page.get_by_text(f"Done: {label}").first).to_be_visible()

    await expect(page.get_by_text("Not registered for the Cloud API")).to_have_count(0)
    assert (await site.api.get("/api/flows")).json() == {"flows": [], "drafts": []}


async def test_events_that_go_elsewhere_are_claimed_from_the_page(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    await listening(site)
    elsewhere = await deliver_elsewhere(site)
    page = await visitor.open(await site.link("/health"))
    found = page.locator("main li[data-state]").filter(has_text=elsewhere)
    await expect(found).to_have_attribute("data-state", "fault")

    await found.get_by_role("button", name="Have its events come here").click()

    await expect(page.get_by_text("Its events come here now").first).to_be_visible()
    await expect(found).to_have_count(0)


async def test_an_account_to_be_connected_again_is_a_fault_that_opens_the_login(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    await withdraw(site)
    page = await visitor.open(await site.link("/health"))
    row = page.locator("main li[data-state=fault]")
    await expect(row).to_contain_text("acme")

    await row.get_by_role("button", name="Connect again").click()

    await expect(page.get_by_role("dialog", name="Connect acme again")).to_be_visible()


async def test_it_looks_again_when_told_to(visitor: Visitor, site: Site) -> None:
    await connected(site)
    page = await visitor.open(await site.link("/health"))
    await expect(page.get_by_text("Looked at")).to_be_visible()
    await expect(page.get_by_text("not registered", exact=False).first).to_be_visible()
    for number in (seed.PHONE_NUMBER_ID, seed.UNVERIFIED_PHONE_NUMBER_ID):
        change = await site.controls.patch(f"/numbers/{number}", json={"isRegistered": True})
        change.raise_for_status()

    await page.get_by_role("button", name="Look again").click()

    await expect(page.get_by_text("Not registered for the Cloud API")).to_have_count(0)


async def test_an_owner_sees_neither_the_setup_nor_the_engine(visitor: Visitor, site: Site) -> None:
    mine = await visitor.open(await site.link("/health"))
    await expect(mine.get_by_text("Free on disk")).to_be_visible()

    page = await visitor.open(await link_of_an_owner(site, "/health"))

    await expect(page.get_by_text("Last 24 hours")).to_be_visible()
    await expect(page.get_by_text("There is no account to look at yet.")).to_be_visible()
    for text in ("Free on disk", "Admin", "WhatsApp"):
        await expect(page.get_by_text(text)).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_stands_in_the_way_on_the_page_of_health(
    visitor: Visitor, site: Site, theme: str
) -> None:
    await connected(site)
    await listening(site)
    page = await visitor.open(await site.link("/health"), color_scheme=theme)
    await expect(page.get_by_text("Not registered for the Cloud API").first).to_be_visible()
    await page.get_by_text("things that are fine").click()

    assert await violations(page) == []


async def test_the_page_of_health_speaks_german(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link("/health"), locale="de-DE")

    await expect(page.get_by_role("button", name="Erneut prüfen")).to_be_enabled()
    await expect(page.get_by_role("heading", name="In Zahlen")).to_be_visible()


async def deliver_elsewhere(site: Site) -> str:
    """Let the service deliver the account's events to an address that the engine is not told."""
    address = site.url.replace("127.0.0.1", "localhost") + rehearsal.ENGINE_EVENTS
    path = f"{site.sandbox.url}/v25.0/{seed.WABA_ID}/subscribed_apps"
    body = {"override_callback_uri": address, "verify_token": seed.VERIFY_TOKEN}
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {seed.SYSTEM_USER_TOKEN}"}
        (await client.post(path, json=body, headers=headers)).raise_for_status()
    return address


async def link_of_an_owner(site: Site, path: str) -> str:
    """A link that signs somebody in who is no administrator."""
    made = await site.api.post("/api/owners", json={"name": "Beta"})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    answer = await site.api.post("/api/links", json={"path": path}, headers=headers)
    url: str = answer.raise_for_status().json()["url"]
    return url
