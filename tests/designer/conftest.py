"""Engine and sandbox in this process, on free ports, with nothing stored yet."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from appmixer.demo import rehearsal
from appmixer.engine.api.server import Running, serving
from appmixer.engine.contract import load_connectors
from appmixer.engine.settings import BUILT_PAGE, Settings, Simulator
from appmixer.sandbox.testing import RunningSandbox, running_sandbox

from ..browser import Visitor

TOKEN = "designer-test-token"


@dataclass(frozen=True)
class Site:
    """An engine and the sandbox beside it, with a client for each."""

    running: Running
    sandbox: RunningSandbox
    api: httpx.AsyncClient
    """Asks the engine as the first owner: paths begin with /api."""
    controls: httpx.AsyncClient
    """Asks the sandbox's controls: paths begin behind /_sandbox."""

    @property
    def url(self) -> str:
        return self.running.url

    async def link(self, path: str = "/") -> str:
        """A one-time link that signs the first owner in and leads to a page of the engine."""
        answer = await self.api.post("/api/links", json={"path": path})
        url: str = answer.raise_for_status().json()["url"]
        return url


@pytest.fixture
async def site(tmp_path: Path, built_page: None, visitor: Visitor) -> AsyncGenerator[Site]:
    """Set up for the sandbox as `make demo` does it, where Meta knows the callback already."""
    async with running_sandbox() as sandbox:
        settings = Settings(
            data=tmp_path / "data",
            environment=environment(sandbox.url),
            port=0,
            simulator=Simulator(rehearsal.page(sandbox.url), rehearsal.LABEL),
        )
        async with beside(sandbox, settings) as site:
            callback = site.url + rehearsal.ENGINE_EVENTS
            answer = await site.controls.post("/webhook", json={"callbackUrl": callback})
            assert answer.json()["verified"] is True, answer.text
            yield site
            await visitor.leave()


@pytest.fixture
async def bare_site(tmp_path: Path, built_page: None, visitor: Visitor) -> AsyncGenerator[Site]:
    """An engine to which nobody has told anything, and a sandbox that it does not know."""
    async with running_sandbox() as sandbox:
        settings = Settings(data=tmp_path / "data", environment=environment(), port=0)
        async with beside(sandbox, settings) as site:
            yield site
            await visitor.leave()


@pytest.fixture(scope="session")
def built_page() -> None:
    """The designer, which is built before its tests."""
    if not (BUILT_PAGE / "index.html").exists():
        pytest.fail("The designer is not built: run `make designer` first.", pytrace=False)


@asynccontextmanager
async def beside(sandbox: RunningSandbox, settings: Settings) -> AsyncGenerator[Site]:
    """Serve an engine for as long as the context lasts."""
    async with (
        serving(settings) as running,
        httpx.AsyncClient(
            base_url=running.url,
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            verify=False,
            timeout=60,
        ) as api,
        sandbox.controls() as controls,
    ):
        yield Site(running, sandbox, api, controls)


def environment(sandbox_url: str | None = None) -> Mapping[str, str]:
    """What the process of an engine would have in its environment."""
    given = {"APPMIXER_API_TOKEN": TOKEN}
    if sandbox_url is not None:
        for connector_id, values in rehearsal.configuration(sandbox_url).items():
            for key in load_connectors()[connector_id].manifest.configuration:
                if key.name in values:
                    given[key.environment] = values[key.name]
    return given
