"""The engine's HTTP interface, asked by the administrator, by another owner and by a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import Application, create_app
from appmixer.engine.host.engine import Engine

BASE_URL = "http://127.0.0.1:8321"


@pytest.fixture
def app(engine: Engine) -> Application:
    return create_app(engine)


def _client(app: Application, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)


@pytest.fixture
def new_browser(app: Application) -> Callable[[], httpx.AsyncClient]:
    """Open browsers that have no session yet."""
    return lambda: _client(app)


@pytest.fixture
async def admin(engine: Engine, app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """The first owner, who is the administrator."""
    token = read_token(engine.settings.data, engine.settings.environment)
    async with _client(app, token) as client:
        yield client


@pytest.fixture
async def other(engine: Engine, app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """Another owner of the same engine."""
    made = await engine.owners.create("Other")
    async with _client(app, made["token"]) as client:
        yield client


@pytest.fixture
async def browser(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has no session yet."""
    async with _client(app) as client:
        yield client
