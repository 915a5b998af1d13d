"""Fixtures that every test may use."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from .postgres import empty_database, running_postgres

NUMBERS = itertools.count(1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty database on a real PostgreSQL."""
    return empty_database(postgres_server, f"test_{next(NUMBERS)}")
