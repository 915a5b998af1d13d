"""The engine is started anew while its page is open: nothing is lost, and the page says so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from appmixer.engine.settings import Settings
from appmixer.sandbox.testing import running_sandbox

from ..browser import Visitor
from ..ports import free_port
from .conftest import Site, beside, environment
from .running import waits_for_run
from .test_saving import DOCUMENT, name, opened, stored_name

pytestmark = pytest.mark.anyio
LOST = "The connection to the engine is lost."
Serve = Callable[[], AbstractAsyncContextManager[Site]]


@pytest.fixture
async def serve(tmp_path: Path, built_page: None, visitor: Visitor) -> AsyncGenerator[Serve]:
    """Start an engine, each time at the same address and with what it had stored before."""
    async with running_sandbox() as sandbox:
        settings = Settings(data=tmp_path, environment=environment(), port=free_port())
        yield lambda: beside(sandbox, settings)
        await visitor.leave()


async def test_what_is_typed_before_during_and_after_a_restart_is_saved_and_streams_come_back(
    visitor: Visitor, serve: Serve
) -> None:
    visitor.expect_complaints("404", "ERR_CONNECTION_REFUSED", "ERR_", "503")
    async with AsyncExitStack() as first:
        site = await first.enter_async_context(serve())
        page = await opened(visitor, site)
        await expect(page.get_by_role("region", name="Components")).to_contain_text("On Start")
        await name(page).fill("Before")
        await expect(page.get_by_text("Draft saved")).to_be_visible()
        assert await stored_name(site) == "Before"

    await expect(page.get_by_text(LOST)).to_be_visible()
    await name(page).fill("Before and during")
    await expect(page.get_by_text("Not saved yet")).to_be_visible()

    async with serve() as site:
        await expect(page.get_by_text("Draft saved")).to_be_visible()
        await expect(page.get_by_text(LOST)).to_have_count(0)
        assert await stored_name(site) == "Before and during"
        await name(page).fill("Before, during and after")
        await expect(page.get_by_text("Not saved yet")).to_have_count(0)
        await expect(page.get_by_text("Draft saved")).to_be_visible()
        assert await stored_name(site) == "Before, during and after"
        await hears_again(site)
        log = page.get_by_role("region", name="Live runs")
        await expect(log.get_by_role("listitem")).to_have_count(1)
        draft: dict[str, Any] = {**DOCUMENT, "name": "Of another tab"}
        await site.api.put("/api/flows/greeting/draft", json=draft)
        await expect(name(page)).to_have_value("Of another tab")
        await visitor.leave()


async def hears_again(site: Site) -> None:
    """A run that begins after the new start."""
    (await site.api.put("/api/flows/greeting", json=DOCUMENT)).raise_for_status()
    (await site.api.post("/api/flows/greeting/start")).raise_for_status()
    await waits_for_run(site)
