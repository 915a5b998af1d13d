"""What a plugin tells of an account: shown to its owner, when somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import (
    Account,
    AuthorizationError,
    Connector,
    Fact,
    HostContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine

from ..conftest import CONNECTOR, Echo, echo_module

pytestmark = pytest.mark.anyio


class Telling(Echo):
    """A plugin that tells of rooms."""

    async def facts(self, account: Account) -> Sequence[Fact]:
        await self.check(account)
        rooms = account.profile["rooms"]
        assert isinstance(rooms, list)
        owner = Fact("Owner", account.owner_id)
        return [owner, *(Fact("Light", "off", "advice", str(room)) for room in rooms)]


@pytest.fixture
def connectors(request: pytest.FixtureRequest) -> dict[str, Connector]:
    kind: type[Echo] = getattr(request, "param", Telling)

    def plugin(host: HostContext) -> Echo:
        return kind(host)

    module: Any = echo_module()
    module.appmixer_plugin = hookimpl(plugin)
    return connectors_of(module)


@pytest.fixture
async def path(admin: httpx.AsyncClient, owner: str) -> str:
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    return f"/api/accounts/{account['id']}/facts"


async def test_the_facts_of_an_account_are_shown_in_their_order(
    admin: httpx.AsyncClient, owner: str, path: str
) -> None:
    answer = await admin.get(path)

    assert answer.json() == {
        "facts": [
            {"label": "Owner", "value": owner, "state": "fine", "about": ""},
            {"label": "Light", "value": "off", "state": "advice", "about": "hall"},
            {"label": "Light", "value": "off", "state": "advice", "about": "cellar"},
        ]
    }


@pytest.mark.parametrize("connectors", [Echo], indirect=True)
async def test_a_connector_that_tells_none_has_none(admin: httpx.AsyncClient, path: str) -> None:
    assert (await admin.get(path)).json() == {"facts": []}


async def test_of_an_account_of_somebody_else_nothing_is_told(
    other: httpx.AsyncClient, path: str
) -> None:
    assert (await other.get(path)).status_code == 404


async def test_why_nothing_can_be_told_is_said_with_the_cure(
    admin: httpx.AsyncClient, engine: Engine, path: str
) -> None:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Telling)
    plugin.refused_tokens.add("hall+cellar")

    refused = await admin.get(path)
    del engine.providers[CONNECTOR]
    gone = await admin.get(path)

    assert (refused.status_code, refused.json()["error"]["cure"]) == (409, "Connect again.")
    assert (gone.status_code, "is not here" in gone.json()["error"]["title"]) == (409, True)
    assert AuthorizationError.__name__ not in refused.text
