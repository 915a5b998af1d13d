"""A site whose components may call one service on the loopback, and nothing else there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from ..site import Site
from .service import Service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    service.port = runner.addresses[0][1]
    yield service
    service.is_over.set()
    await runner.cleanup()


@pytest.fixture
async def site(tmp_path: Path, service: Service) -> AsyncIterator[Site]:
    allowed = {"APPMIXER_PRIVATE_HOSTS": f"127.0.0.1:{service.port}"}
    site = Site(tmp_path / "data", environment=allowed)
    await site.start()
    yield site
    await site.stop()
