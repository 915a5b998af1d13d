"""A site with the connector `utilities` and the probe; what it is asked for is in `site.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appmixer.utilities import plugin

from .probe import probe
from .site import Site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "data", modules=(plugin, probe()))
    await site.start()
    yield site
    await site.stop()
