"""The bell: what an owner has to know, how many of it is new, and where to go."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from ..browser import Visitor, violations
from .conftest import Site
from .situations import connected, withdraw

pytestmark = pytest.mark.anyio


async def test_a_failing_flow_rings_and_leads_to_its_run(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link())
    await expect(page.get_by_role("button", name="Notices", exact=True)).to_be_visible()

    run_id = await failing(site)

    bell = page.get_by_role("button", name="Notices, 1 new")
    await expect(bell).to_be_visible()
    await expect(
        page.get_by_role("status").filter(has_text="New: Failing has failed")
    ).to_have_count(1)
    await bell.click()
    panel = page.get_by_role("dialog", name="What you have to know")
    await expect(panel).to_contain_text("The shop is closed.")
    await panel.get_by_role("link", name="Failing has failed").click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")


async def test_what_was_seen_is_new_no_more_until_it_happens_again(
    visitor: Visitor, site: Site
) -> None:
    await failing(site)
    page = await visitor.open(await site.link())
    await page.get_by_role("button", name="Notices, 1 new").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Notices", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Notices", exact=True)).to_be_visible()

    await failing(site)

    await expect(page.get_by_role("button", name="Notices, 1 new")).to_be_visible()


async def test_an_account_to_be_connected_again_rings_and_leads_to_it(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    page = await visitor.open(await site.link())
    await withdraw(site)

    await page.get_by_role("button", name="Notices, 1 new").click()
    await page.get_by_role("link", name="The account acme has to be connected again").click()

    await expect(page).to_have_url(f"{site.url}/accounts/acme")
    await expect(page.get_by_role("button", name="Connect again")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_stands_in_the_way_on_the_bell_on_a_narrow_screen(
    visitor: Visitor, site: Site, theme: str
) -> None:
    await failing(site)
    page = await visitor.open(
        await site.link("/files"),
        color_scheme=theme,
        viewport={"width": 360, "height": 740},
        locale="de-DE",
    )
    await page.get_by_role("button", name="Meldungen, 1 neu").click()
    panel = page.get_by_role("dialog", name="Was zu wissen ist")
    await expect(panel).to_be_in_viewport(ratio=1)

    assert await violations(page) == []


async def failing(site: Site) -> str:
    """Run a flow now that cannot do what it says."""
    document: dict[str, Any] = {
        "name": "Failing",
        "components": {
            "begin": {"type": "appmixer.utilities.OnStart", "input": {}},
            "end": {
                "type": "appmixer.utilities.Stop",
                "source": {"in": {"begin": ["started"]}},
                "input": {"outcome": "failed", "text": "The shop is closed."},
            },
        },
    }
    (await site.api.put("/api/flows/failing", json=document)).raise_for_status()
    begun = await site.api.post("/api/flows/failing/run", json={})
    run_id: str = begun.raise_for_status().json()["runId"]
    return run_id
