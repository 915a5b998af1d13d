"""Several processes begin on one PostgreSQL: with one set of tables, and with one key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from appmixer.engine.accounts.owners import BEARERS
from appmixer.engine.contract import Connector
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.seal import SealError

pytestmark = pytest.mark.anyio

PROCESSES = 4


@pytest.fixture
def settings(tmp_path: Path, postgres: str) -> Settings:
    return Settings(data=tmp_path / "data", environment={}, database_url=postgres)


@contextlib.asynccontextmanager
async def begun_at_once(
    settings: Settings, connectors: dict[str, Connector], *environments: dict[str, str]
) -> AsyncGenerator[list[BaseException | None]]:
    """Begin a process with each environment at the same time; give why each did not begin."""
    async with contextlib.AsyncExitStack() as opened:
        starts = [
            opened.enter_async_context(
                open_engine(
                    replace(
                        settings,
                        data=settings.data.with_name(f"data-{number}"),
                        environment=environment,
                    ),
                    connectors,
                )
            )
            for number, environment in enumerate(environments)
        ]
        results = await asyncio.gather(*starts, return_exceptions=True)
        yield [each if isinstance(each, BaseException) else None for each in results]


async def test_all_that_begin_at_once_on_an_empty_database_begin(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    same = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}

    async with begun_at_once(settings, connectors, *[same] * PROCESSES) as failures:
        assert failures == [None] * PROCESSES


async def test_of_those_that_begin_at_once_with_keys_of_their_own_one_begins(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    async with begun_at_once(settings, connectors, *[dict[str, str]()] * PROCESSES) as failures:
        begun = failures.count(None)
        others = [each for each in failures if isinstance(each, SealError)]

    assert (begun, len(others)) == (1, PROCESSES - 1), failures
    assert all("rocesses that share" in str(each) for each in others)


async def test_a_process_with_another_key_does_not_begin_beside_one_that_has_stored_nothing_yet(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    async with open_engine(settings, connectors):
        second = replace(settings, data=settings.data.with_name("second"))
        key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}

        with pytest.raises(SealError, match="the same for all processes that share the database"):
            async with open_engine(second, connectors):
                pass
        with pytest.raises(SealError, match="need the same APPMIXER_SECRET_KEY"):
            async with open_engine(replace(second, environment=key), connectors):
                pass

    assert not (second.data / "secret.key").exists()


async def test_a_token_that_a_process_has_made_in_its_folder_counts_at_all_of_them(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    same = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    one = replace(settings, environment=same)
    other = replace(one, data=settings.data.with_name("other"))

    async with open_engine(one, connectors) as first, open_engine(other, connectors) as second:
        tokens = [(each.data / "api-token").read_text() for each in (one, other)]
        known = [
            await engine.owners.identify(token, *BEARERS)
            for engine in (first, second)
            for token in tokens
        ]

    assert len(set(tokens)) == 2
    assert [each is not None and each.is_administrator for each in known] == [True] * 4
