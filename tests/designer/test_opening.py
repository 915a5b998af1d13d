"""The page opens by a one-time link, of an engine that is set up and of one that is not."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from ..browser import Visitor
from .conftest import Site

pytestmark = pytest.mark.anyio


async def test_a_one_time_link_opens_the_page_of_an_engine_beside_its_sandbox(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link())

    await expect(page.get_by_role("link", name="Flows")).to_be_visible()
    await expect(page).to_have_url(f"{site.url}/")
    assert (await site.api.get("/api/me")).json()["simulator"]["url"].startswith(site.sandbox.url)
    assert await settings_that_are_missing(site) == []
    assert (await site.controls.get("/webhook")).json()["callbackUrl"].startswith(site.url)


async def test_a_one_time_link_opens_the_page_of_an_engine_that_nobody_has_set_up(
    visitor: Visitor, bare_site: Site
) -> None:
    page = await visitor.open(await bare_site.link())

    await expect(page.get_by_role("link", name="Flows")).to_be_visible()
    assert await settings_that_are_missing(bare_site) == ["clientId", "clientSecret", "verifyToken"]


async def settings_that_are_missing(site: Site) -> list[str]:
    """What the connector cannot do without."""
    answer = await site.api.get("/api/configuration/appmixer:whatsapp")
    return [key["key"] for key in answer.json()["keys"] if key["isRequired"] and not key["isSet"]]


async def test_the_first_load_is_light(visitor: Visitor, site: Site) -> None:
    document = {"name": "Light", "components": {"begin": {"type": "appmixer.utilities.OnStart"}}}
    (await site.api.put("/api/flows/light/draft", json=document)).raise_for_status()

    page = await visitor.open(await site.link("/flows/light"))
    await expect(page.get_by_role("group", name="begin")).to_be_visible()

    sizes: list[int] = await page.evaluate(
        """() => [...performance.getEntriesByType('resource')]
            .filter((each) => each.name.includes('/assets/'))
            .map((each) => each.encodedBodySize)"""
    )
    assert len(sizes) > 3
    assert sum(sizes) < 400_000
