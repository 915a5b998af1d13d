"""Temporal with a real server passes the suite for queues."""

from __future__ import annotations

import pytest

from ..runs import queue_conformance as suite
from .temporal_site import temporal_site

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)
async def test_temporal(check: suite.Check, postgres: str, temporal_server: str) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        await check(site)
