"""The page knows no connector: with others than those it grew up with, it works the same."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from appmixer.engine.api import server
from appmixer.engine.contract import connectors_of
from appmixer.engine.settings import Settings
from appmixer.sandbox.testing import running_sandbox
from appmixer.utilities import plugin

from ..browser import Visitor, violations
from ..engine.conftest import CONNECTOR, echo_module
from .conftest import Site, beside, environment
from .flows import EMPTY, choose, open_flow, saved, stored
from .running import waits_for_run
from .test_canvas import card

pytestmark = pytest.mark.anyio
VIEWS = ("/flows", "/runs", "/events", "/accounts", "/files", "/health", "/admin")


@pytest.fixture
async def echoing(
    tmp_path: Path, built_page: None, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Site]:
    """An engine with the connector of the engine's tests and Utilities, and no other."""
    monkeypatch.setattr(server, "load_connectors", lambda: connectors_of(plugin, echo_module()))
    async with running_sandbox() as sandbox:
        settings = Settings(data=tmp_path / "data", environment=environment(), port=0)
        async with beside(sandbox, settings) as site:
            yield site
            await visitor.leave()


async def test_another_connectors_account_is_connected_and_its_components_configured_and_run(
    visitor: Visitor, echoing: Site
) -> None:
    site = echoing
    page = await visitor.open(await site.link("/accounts"))
    await page.get_by_role("button", name="Connect Echo").first.click()
    await page.get_by_role("button", name="Use an access token").click()
    await page.get_by_label("Access token").fill("hall+cellar")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("main")).to_contain_text("Echo")

    page = await open_flow(visitor, site, EMPTY)
    palette = page.get_by_role("region", name="Components")
    await expect(palette).to_contain_text("Echo · Tests")
    await expect(palette).to_contain_text("Utilities")
    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("Tab")
    await choose(page, "heard")
    room = page.get_by_role("textbox", name="Room")
    await room.fill("cellar")
    await card(page, "heard").focus()
    await page.keyboard.press("Tab")
    await choose(page, "say")
    text = page.get_by_role("combobox", name="Text")
    await text.click()
    await page.get_by_role("option", name="Hello").click()
    await expect(text).to_have_value("hello")
    await card(page, "say").focus()
    await page.keyboard.press("Tab")
    await choose(page, "stop")
    await saved(page)
    assert await violations(page) == []
    components = (await stored(site, "test"))["components"]
    assert components["heard"]["input"] == {"room": "cellar"}
    assert components["say"]["input"] == {"text": "hello"}
    assert {each.get("account") for each in components.values()} == {"Echo", None}

    await page.get_by_role("button", name="Start flow").click()
    await expect(page.get_by_text("running · version 1")).to_be_visible()
    await happens(site, "cellar", "good morning")
    run_id = await waits_for_run(site)
    line = page.get_by_role("region", name="Live runs").get_by_role("listitem")
    await expect(line).to_contain_text("done")
    await line.get_by_role("link").click()
    chosen = page.get_by_role("region", name="The chosen run")
    await chosen.get_by_role("button", name="say").click()
    await expect(chosen).to_contain_text("hello")
    await expect(page).to_have_url(re.compile(f"/runs/{run_id}"))
    await visitor.screenshot(page, "another-connector")


async def test_no_view_speaks_of_a_connector_that_is_not_there(
    visitor: Visitor, echoing: Site
) -> None:
    page = await visitor.open(await echoing.link("/"))

    for view in VIEWS:
        await page.goto(echoing.url + view)
        await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)

        assert "whatsapp" not in (await page.content()).lower(), view


async def happens(site: Site, room: str, text: str) -> None:
    """Somebody says something at the service."""
    event: dict[str, Any] = {
        "id": text,
        "kind": "heard",
        "payload": {"text": text, "items": [], "ratio": None},
        "routes": [f"room:{room}"],
        "order": "",
        "answers": [],
        "about": "",
    }
    await site.running.engine.events.accept(CONNECTOR, json.dumps(event).encode())
