"""The engine over Temporal passes the suite for hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from appmixer.engine.contract import host_conformance as suite
from appmixer.engine.settings import TemporalSettings

from ...contract.embedded_site import EmbeddedSite

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "check",
    [
        *suite.LASTING_CHECKS,
        # They ask little of what is different here, and take two minutes.
        *(pytest.param(each, marks=pytest.mark.prove) for each in suite.CHECKS),
    ],
    ids=lambda check: check.__name__,
)
async def test_the_engine_over_temporal(
    check: suite.Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres: str,
    temporal_server: str,
) -> None:
    more = {"database_url": postgres, "temporal": TemporalSettings(temporal_server)}
    await check(EmbeddedSite(tmp_path / "data", monkeypatch, more))
