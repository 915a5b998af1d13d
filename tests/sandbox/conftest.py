"""A sandbox, its clients and a callback for each test that asks."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, running_sandbox
from appmixer.sandbox.world import seed


@pytest.fixture
async def sandbox() -> AsyncGenerator[RunningSandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def graph(sandbox: RunningSandbox) -> AsyncGenerator[httpx.AsyncClient]:
    async with sandbox.graph() as client:
        yield client


@pytest.fixture
async def controls(sandbox: RunningSandbox) -> AsyncGenerator[httpx.AsyncClient]:
    async with sandbox.controls() as client:
        yield client


@pytest.fixture
async def receiver(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> AsyncGenerator[Receiver]:
    """A callback that is configured, and subscribed to the seeded account."""
    async with receiving() as callback:
        await controls.post("/webhook", json={"callbackUrl": callback.url})
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        yield callback


@pytest.fixture
async def number(sandbox: RunningSandbox) -> str:
    """The seeded sender, registered."""
    sandbox.world.numbers[seed.PHONE_NUMBER_ID].is_registered = True
    return seed.PHONE_NUMBER_ID
