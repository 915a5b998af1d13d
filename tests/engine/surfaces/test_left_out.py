"""Components are loaded once, and what is stored for those that are not there is told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from appmixer.engine.api.application import create_app
from appmixer.engine.api_token import read_token
from appmixer.engine.contract import Component, Connector, connectors_of, hookimpl
from appmixer.engine.engine import open_engine
from appmixer.engine.settings import Settings

from ..conftest import CONNECTOR, Say, echo_module
from .conftest import BASE_URL

pytestmark = pytest.mark.anyio

FLOW: dict[str, Any] = {
    "name": "Hall",
    "components": {
        "heard": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "hall"}}
    },
}


async def test_the_hook_that_gives_components_is_called_once(settings: Settings) -> None:
    module: Any = echo_module()
    given = module.appmixer_components
    calls: list[None] = []

    def counted() -> Mapping[str, type[Component]]:
        calls.append(None)
        return given()  # type: ignore[no-any-return]  # a module made for tests

    module.appmixer_components = hookimpl(counted)

    async with open_engine(settings, connectors_of(module)) as engine:
        made = [engine.component(name) for name in engine.types]

    assert [type(each) for each in made if type(each) is Say] == [Say]
    assert len(calls) == 1


async def test_a_flow_of_a_connector_that_is_gone_gets_a_sentence(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall+cellar", "keys")
        await engine.flows.put(owner_id, "echo", FLOW)

    async with open_engine(settings, {}) as engine:
        token = read_token(settings.data, settings.environment)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(engine)),
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            answer = await client.post("/api/flows/echo/start")

    assert answer.status_code == 409
    assert answer.json()["error"]["title"] == "There is no component test.echo.Heard here"
