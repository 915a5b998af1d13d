"""What processes over Temporal share, and beside whom they cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.contract import Connector, connectors_of, hookimpl
from appmixer.engine.errors import StartError
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings, TemporalSettings
from appmixer.engine.storage.tables import leases, rates

from ..conftest import CONNECTOR, MANIFEST, echo_module

pytestmark = pytest.mark.anyio

PAIR = {"name": "pair", "limit": 5, "windowS": 3600, "scope": "Of a room.", "description": "Calls."}


@pytest.fixture
def settings(tmp_path: Path, postgres: str, temporal_server: str) -> Settings:
    return Settings(
        data=tmp_path / "data",
        environment={"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()},
        database_url=postgres,
        temporal=TemporalSettings(temporal_server),
    )


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    module.appmixer_manifest = hookimpl(lambda: {**MANIFEST, "quotas": [PAIR]})
    return connectors_of(module)


@pytest.fixture
async def engine(settings: Settings, connectors: dict[str, Connector]) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors) as engine:
        yield engine


async def test_a_process_without_temporal_does_not_start_beside_one_that_has_it(
    settings: Settings, engine: Engine, connectors: dict[str, Connector], tmp_path: Path
) -> None:
    plain = replace(settings, data=tmp_path / "plain", temporal=None)
    lease = engine.execution.lease
    assert lease is not None
    async with asyncio.timeout(60):
        await lease.is_mine.wait()

    with pytest.raises(StartError, match=r"execute runs over Temporal.*--temporal"):
        async with open_engine(plain, connectors):
            pass

    await engine.stop()
    async with open_engine(plain, connectors) as alone:
        assert alone.is_ready
        assert await alone.rows(sa.select(leases).where(leases.c.name.startswith("worker:")))


async def test_a_process_over_temporal_does_not_start_beside_one_that_executes_alone(
    settings: Settings, connectors: dict[str, Connector], tmp_path: Path
) -> None:
    plain = replace(settings, data=tmp_path / "plain", temporal=None)
    async with open_engine(plain, connectors) as alone:
        async with asyncio.timeout(60):
            await alone.turn.is_mine.wait()
        with pytest.raises(StartError, match=r"executes runs by itself.*--temporal"):
            async with open_engine(settings, connectors):
                pass

    async with open_engine(settings, connectors) as engine:
        assert engine.is_ready


async def test_what_one_process_sends_counts_at_all(engine: Engine) -> None:
    await engine.hosts[CONNECTOR].quota.take("pair", "hall")

    assert len(await engine.rows(sa.select(rates))) == 1
