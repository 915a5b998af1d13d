"""An engine with the clockwork, whose clock the test moves, and its API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from .clockwork import CONNECTOR, Clockwork, clockwork

Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return clockwork()


@pytest.fixture
async def engine(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors, clock) as engine:
        yield engine


@pytest.fixture
def owner(engine: Engine) -> str:
    return engine.owners.first_owner_id


@pytest.fixture
def plugin(engine: Engine) -> Clockwork:
    found = engine.plugins[CONNECTOR]
    assert isinstance(found, Clockwork)
    return found


def client_of(engine: Engine, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app=create_app(engine))
    return httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8321", headers=headers, timeout=60
    )


@pytest.fixture
async def admin(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """The first owner."""
    token = read_token(engine.settings.data, engine.settings.environment)
    async with client_of(engine, token) as client:
        yield client


@pytest.fixture
async def other(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """Another owner."""
    made = await engine.owners.create("Other")
    async with client_of(engine, made["token"]) as client:
        yield client


@pytest.fixture
async def stranger(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with client_of(engine) as client:
        yield client


@pytest.fixture
def runs(admin: httpx.AsyncClient, until: Until) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Wait until so many runs have ended, and return them with their steps, the oldest first."""

    async def wait(count: int, client: httpx.AsyncClient = admin) -> list[dict[str, Any]]:
        async def ended() -> list[dict[str, Any]] | None:
            listed = (await client.get("/api/runs", params={"limit": 1000})).json()["runs"]
            is_over = all(each["endedAt"] for each in listed)
            return listed if len(listed) >= count and is_over else None

        found = await until(ended)
        assert len(found) == count, found
        return [(await client.get(f"/api/runs/{each['id']}")).json() for each in reversed(found)]

    return wait


async def start(
    client: httpx.AsyncClient, document: dict[str, Any], flow_id: str = "flow"
) -> dict[str, Any]:
    """Store and start a flow, and return what the API shows of it."""
    stored = await client.put(f"/api/flows/{flow_id}", json=document)
    assert stored.status_code == 200, stored.text
    started = await client.post(f"/api/flows/{flow_id}/start")
    assert started.status_code == 200, started.text
    shown: dict[str, Any] = started.json()
    return shown
