"""Two hosts pass the suite for hosts, and it notices those that are broken."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from appmixer.engine.contract import host_conformance as suite

from .broken_engines import BROKEN_ENGINES, SpoilEngine
from .broken_hosts import BROKEN, Spoil
from .embedded_site import EmbeddedSite
from .minimal_site import MinimalSite, load_minimal_host

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def minimal_host() -> ModuleType:
    return load_minimal_host()


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)
async def test_the_host_of_the_page(check: suite.Check, minimal_host: ModuleType) -> None:
    async with MinimalSite(minimal_host.Host).running() as site:
        try:
            await check(site)
        except suite.NotOfferedError as stated:
            pytest.skip(str(stated))


@pytest.mark.parametrize(
    "check", [*suite.CHECKS, *suite.LASTING_CHECKS], ids=lambda check: check.__name__
)
async def test_the_embedded_engine(
    check: suite.Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await check(EmbeddedSite(tmp_path / "data", monkeypatch))


@pytest.mark.parametrize(
    ("spoil", "check"), BROKEN, ids=[f"{each.__name__}-{check.__name__}" for each, check in BROKEN]
)
async def test_the_suite_notices(
    spoil: Spoil, check: suite.Check, minimal_host: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(minimal_host, monkeypatch)

    async with MinimalSite(minimal_host.Host, patience_s=1.0).running() as site:
        with pytest.raises(AssertionError):
            await check(site)


@pytest.mark.parametrize(
    ("spoil", "check"),
    BROKEN_ENGINES,
    ids=[f"{each.__name__}-{check.__name__}" for each, check in BROKEN_ENGINES],
)
async def test_the_suite_notices_engines_that_break_a_promise(
    spoil: SpoilEngine, check: suite.Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch)

    with pytest.raises(AssertionError):
        await check(EmbeddedSite(tmp_path / "data", monkeypatch, patience_s=3.0))


def test_every_check_has_a_broken_host_that_it_notices() -> None:
    noticed = {check for _, check in [*BROKEN, *BROKEN_ENGINES]}

    assert noticed == {*suite.CHECKS, *suite.LASTING_CHECKS}
