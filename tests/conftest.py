"""Fixtures that every test may use."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import respx

from appmixer.engine.contract.testing import RecordingHost

from .postgres import empty_database, running_postgres
from .temporal_server import TemporalServer, running_temporal

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from .browser import Visitor


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def chromium() -> AsyncGenerator[Browser]:
    """A real browser for the tests of a module, which share its event loop for it."""
    # Only tests that need it pay for loading it.
    from .browser import launched

    async with launched() as browser:
        yield browser


@pytest.fixture
async def visitor(chromium: Browser, tmp_path: Path) -> AsyncGenerator[Visitor]:
    """Opens pages, which must have had no reason to complain; pictures go to $SCREENSHOTS."""
    from .browser import visiting

    async with visiting(chromium, Path(os.environ.get("SCREENSHOTS") or tmp_path)) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """Made once, because reading the certificates takes longer than most tests."""
    return ssl.create_default_context()


@pytest.fixture
def host(tls: ssl.SSLContext) -> RecordingHost:
    """A host on which the connector is set up."""
    return RecordingHost(
        configuration={
            "clientId": "634974688087057",
            "clientSecret": "test-app-secret",
            "configId": "200000000000002",
            "verifyToken": "test-verify-token",
        },
        public_url="https://engine.example.com",
        http=httpx.AsyncClient(verify=tls),
    )


@pytest.fixture
def requests(respx_mock: respx.MockRouter) -> Callable[[], list[httpx.Request]]:
    """The requests that were made so far."""

    def made() -> list[httpx.Request]:
        calls: list[respx.models.Call] = list(respx_mock.calls)
        return [call.request for call in calls]

    return made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty database on a real PostgreSQL."""
    return empty_database(postgres_server)


@pytest.fixture(scope="session")
def temporal_server() -> Iterator[str]:
    """The HOST:PORT of a real Temporal server, which all tests of a process share."""
    with running_temporal() as server:
        yield server.address


@pytest.fixture
def temporal_outage() -> Iterator[TemporalServer]:
    """A Temporal server of the test's own, which can be stopped and started again with its data."""
    with running_temporal(keeps_data=True) as server:
        yield server
