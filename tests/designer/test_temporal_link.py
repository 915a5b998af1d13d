"""A run's page leads to Temporal's own page, where the engine knows of one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import expect

from appmixer.engine.settings import Settings, TemporalSettings
from appmixer.sandbox.testing import running_sandbox

from ..browser import Visitor
from .conftest import Site, beside, environment
from .running import waits_for_run

pytestmark = pytest.mark.anyio

FLOW = {"name": "Begin", "components": {"begin": {"type": "appmixer.utilities.OnStart"}}}


@pytest.fixture
async def site(
    tmp_path: Path, built_page: None, visitor: Visitor, postgres: str, temporal_server: str
) -> AsyncGenerator[Site]:
    """An engine over Temporal."""
    temporal = TemporalSettings(temporal_server, ui="https://temporal.example.com")
    settings = Settings(
        data=tmp_path / "data",
        environment=environment(),
        port=0,
        database_url=postgres,
        temporal=temporal,
    )
    async with running_sandbox() as sandbox, beside(sandbox, settings) as site:
        yield site
        await visitor.leave()


async def test_a_run_leads_to_temporals_page_about_its_conversation(
    visitor: Visitor, site: Site
) -> None:
    (await site.api.put("/api/flows/begin", json=FLOW)).raise_for_status()
    (await site.api.post("/api/flows/begin/run", json={})).raise_for_status()
    run_id = await waits_for_run(site)
    told = (await site.api.get(f"/api/runs/{run_id}")).json()["temporalUrl"]

    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    link = page.get_by_role("link", name="its conversation there")
    await expect(link).to_have_attribute("href", told)
    assert told.startswith("https://temporal.example.com/namespaces/default/workflows?query=")
