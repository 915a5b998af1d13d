"""What the interface tells of components to those who build flows from them."""

from __future__ import annotations

import httpx
import pytest

from appmixer.engine.contract import Connector

from ..branches import Decide, with_components

pytestmark = pytest.mark.anyio


@pytest.fixture
def connectors() -> dict[str, Connector]:
    return with_components(Decide)


async def test_pickers_are_told_how_what_leaves_at_a_port_is_read(admin: httpx.AsyncClient) -> None:
    [connector] = (await admin.get("/api/components")).json()["connectors"]

    decide = next(each for each in connector["components"] if each["label"] == "Decide")
    assert decide["ports"] == [
        {"name": "true", "isMain": True, "path": []},
        {"name": "false", "isMain": False, "path": []},
        {"name": "maybe", "isMain": False, "path": ["maybe"]},
    ]
