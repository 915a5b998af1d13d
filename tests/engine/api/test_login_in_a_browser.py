"""The login dialog on another site, in a real browser that keeps strict cookies to itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from appmixer.demo import rehearsal
from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.server import Running, serving
from appmixer.engine.settings import Settings
from appmixer.sandbox.world import seed

from ...browser import Visitor
from ...ports import free_port
from ..built_page import build_page

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]

PAGE = """<!doctype html><html lang="en"><head><title>Designer</title>
<link rel="icon" href="data:,">
<script type="module" nonce="CSP_NONCE" src="/assets/who.js"></script></head>
<body><p id="who"></p>
<a href="/auth/whatsapp/start?name=acme&amp;next=/accounts">Connect</a></body></html>
"""
WHO = """const me = await (await fetch('/api/me')).json();
document.getElementById('who').textContent = me.name;
"""


@dataclass(frozen=True)
class Sites:
    """An engine at localhost, and the dialog at 127.0.0.1: two sites to a browser."""

    running: Running
    dialog_url: str

    def client(self) -> httpx.AsyncClient:
        settings = self.running.engine.settings
        token = read_token(settings.data, settings.environment)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.running.url, headers=headers)


@pytest.fixture
async def sites(settings: Settings, until: Until, visitor: Visitor) -> AsyncIterator[Sites]:
    built = build_page(settings.data.parent / "designer")
    (built / "index.html").write_text(PAGE)
    (built / "assets" / "who.js").write_text(WHO)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    dialog = asyncio.create_task(rehearsal.serve("127.0.0.1", port))
    try:
        async with serving(
            replace(settings, host="localhost", port=0, built_page=built)
        ) as running:
            for service, values in rehearsal.configuration(url).items():
                for key, value in values.items():
                    await running.engine.configuration.set(service, key, value)
            async with httpx.AsyncClient() as client:
                await until(lambda: _answers(client, url))
            yield Sites(running, url)
            await visitor.leave()
    finally:
        dialog.cancel()
        await asyncio.gather(dialog, return_exceptions=True)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/_sandbox/clock")).is_success
    except httpx.TransportError:
        return False


async def in_the_dialog(visitor: Visitor, sites: Sites) -> Page:
    """Sign in at the engine and go on to the dialog."""
    visitor.expect_complaints(f"{sites.dialog_url}/favicon.ico")
    page = await visitor.open(await sites.running.link())
    await expect(page.locator("#who")).to_have_text("main")
    await page.get_by_role("link", name="Connect").click()
    await page.wait_for_url(re.compile(re.escape(sites.dialog_url)))
    return page


async def cookies_of(page: Page) -> dict[str, tuple[object, object]]:
    found = await page.context.cookies()
    return {each.get("name", ""): (each.get("sameSite"), each.get("httpOnly")) for each in found}


async def names_of(sites: Sites) -> list[str]:
    async with sites.client() as client:
        accounts = (await client.get("/api/accounts")).json()["accounts"]
    return [each["name"] for each in accounts]


async def test_a_login_on_another_site_ends_connected_and_signed_in_where_it_began(
    sites: Sites, visitor: Visitor
) -> None:
    page = await in_the_dialog(visitor, sites)

    await page.get_by_role("checkbox", name=re.compile(seed.WABA_ID)).check()
    await page.get_by_role("button", name="Continue").click()

    await page.wait_for_url(f"{sites.running.url}/accounts?connected=acme")
    await expect(page.locator("#who")).to_have_text("main")
    assert await names_of(sites) == ["acme"]
    assert await cookies_of(page) == {
        "appmixer_session": ("Strict", True),
        "appmixer_mark": ("Lax", True),
        "appmixer_login": ("Lax", True),
    }


async def test_a_login_that_was_cancelled_says_so_and_leads_back_signed_in(
    sites: Sites, visitor: Visitor
) -> None:
    visitor.expect_complaints(f"status of 400 (Bad Request) {sites.running.url}/auth/")
    page = await in_the_dialog(visitor, sites)

    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.get_by_role("link", name="Back to the engine").click()

    await page.wait_for_url(f"{sites.running.url}/accounts")
    await expect(page.locator("#who")).to_have_text("main")
    assert await names_of(sites) == []


async def test_a_strangers_link_on_another_site_asks_before_it_replaces_a_session(
    sites: Sites, visitor: Visitor
) -> None:
    visitor.expect_complaints(f"{sites.dialog_url}/favicon.ico")
    page = await visitor.open(await sites.running.link())
    await expect(page.locator("#who")).to_have_text("main")
    async with sites.client() as client:
        made = (await client.post("/api/owners", json={"name": "Other"})).json()
        bearer = {"Authorization": f"Bearer {made['token']}"}
        link = (await client.post("/api/links", json={}, headers=bearer)).json()["url"]
    await page.goto(f"{sites.dialog_url}/_sandbox/clock")

    await page.evaluate("url => { location.href = url }", link)

    await expect(page.get_by_text("You are signed in here as main")).to_be_visible()
    await page.get_by_role("button", name="Become Other").click()
    await expect(page.locator("#who")).to_have_text("Other")
