"""What the doctor is told over HTTP of the connectors' configuration and of accounts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.engine.contract import (
    Account,
    AuthorizationError,
    Check,
    Connector,
    ConnectorError,
    HostContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine

from ..conftest import MANIFEST, Echo, echo_module

pytestmark = pytest.mark.anyio

SERVICE = "test:echo"
LEVEL = {
    "name": "level",
    "label": "Level",
    "description": "How loud it is.",
    "environment": "ECHO_LEVEL",
    "required": True,
    "pattern": "[0-9]+",
    "example": "11",
}
ADVICE = Check("room", "advice", "It is dark.", "Open a window.", "test.echo.Heard")


class Examined(Echo):
    failure: ConnectorError | None = None

    async def checks(self, account: Account | None) -> list[Check]:
        if self.failure is not None:
            raise self.failure
        return [ADVICE]

    async def claim(self, account: Account) -> list[Check]:
        return [Check(f"claim {account.name}", "fine", "It comes here now.")]


@pytest.fixture
def connectors() -> dict[str, Connector]:
    """The echo, with a value that has to have a form, and with something to find."""
    module: Any = echo_module()
    manifest = {**MANIFEST, "configuration": [LEVEL, *MANIFEST["configuration"]]}
    return connectors_of(_with(module, manifest))


def _with(module: Any, manifest: dict[str, Any]) -> object:
    def plugin(host: HostContext) -> Examined:
        return Examined(host)

    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_plugin = hookimpl(plugin)
    return module


async def checks(client: httpx.AsyncClient, path: str = "/api/checks") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(path)).json()["checks"]
    return found


async def test_a_value_of_another_form_is_refused_with_an_example(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    answer = await admin.put(f"/api/configuration/{SERVICE}/level", json={"value": "loud"})

    assert answer.status_code == 422
    assert answer.json()["error"] == {
        "title": "This is no Level",
        "cause": "level has to look like 11.",
        "cure": "How loud it is.",
        "field": "level",
    }
    assert dict(engine.configuration.view(SERVICE)) == {}


async def test_a_required_value_that_is_missing_is_a_fault_and_told_once(
    admin: httpx.AsyncClient,
) -> None:
    found = await checks(admin)

    assert found == [
        {
            "service": SERVICE,
            "name": "configuration level",
            "state": "fault",
            "finding": "level is not set.",
            "cure": f"Run `appmixer config set {SERVICE} level VALUE`, or set ECHO_LEVEL."
            " How loud it is.",
            "mend": "",
        }
    ]


async def test_a_value_of_another_form_in_the_environment_is_a_fault(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    engine.configuration.environment = {"ECHO_LEVEL": "hush-hush"}

    [found] = await checks(admin)

    assert (found["name"], found["state"]) == ("configuration level", "fault")
    assert found["finding"] == "The value is no Level: level has to look like 11."
    assert found["cure"] == "Correct ECHO_LEVEL where the engine runs. How loud it is."
    assert "hush-hush" not in str(found)


async def test_a_configuration_that_fits_lets_the_connector_look_further(
    admin: httpx.AsyncClient,
) -> None:
    await admin.put(f"/api/configuration/{SERVICE}/level", json={"value": " 11 "})

    found = await checks(admin)

    assert [(each["name"], each["state"]) for each in found] == [
        ("configuration", "fine"),
        ("room", "advice"),
    ]
    assert found[1] == {
        "service": SERVICE,
        "name": "room",
        "state": "advice",
        "finding": "It is dark.",
        "cure": "Open a window.",
        "mend": "test.echo.Heard",
    }


async def test_a_connector_that_cannot_look_is_a_finding_and_no_failure(
    engine: Engine, owner: str, admin: httpx.AsyncClient
) -> None:
    await engine.configuration.set(SERVICE, "level", "11")
    plugin = engine.plugins[SERVICE]
    assert isinstance(plugin, Examined)
    plugin.failure = AuthorizationError("It is locked", "The key is lost", "Ask for another one.")
    [account] = (await admin.get("/api/accounts")).json()["accounts"]

    setup = await checks(admin)
    of_account = await checks(admin, f"/api/accounts/{account['id']}/checks")

    told = {
        "name": "checks",
        "state": "fault",
        "finding": "It is locked. The key is lost.",
        "cure": "Ask for another one.",
        "mend": "",
    }
    assert setup[1] == {"service": SERVICE, **told}
    assert of_account == [told]


async def test_the_checks_of_an_account_tell_which_running_flows_use_it(
    engine: Engine, owner: str, admin: httpx.AsyncClient
) -> None:
    await engine.configuration.set(SERVICE, "level", "11")
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    path = f"/api/accounts/{account['id']}/checks"
    document = {
        "name": "Echo",
        "components": {"heard": {"type": "test.echo.Heard", "account": "keys"}},
    }
    await admin.put("/api/flows/echo", json=document)

    before = (await admin.get(path)).json()["usedBy"]
    await admin.post("/api/flows/echo/start")
    running = (await admin.get(path)).json()["usedBy"]

    assert (before, running) == ([], ["Echo"])


async def test_an_account_that_has_to_be_connected_again_is_told_so_once(
    engine: Engine, owner: str, admin: httpx.AsyncClient
) -> None:
    await engine.configuration.set(SERVICE, "level", "11")
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    await engine.accounts.mark_reconnect(account["id"], "The token has expired.")

    found = (await admin.get(f"/api/accounts/{account['id']}/checks")).json()

    assert found["account"]["reason"] == "The token has expired."
    assert found["checks"] == []


async def test_what_an_account_hears_is_claimed_by_its_owner_and_nobody_else(
    owner: str, admin: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    path = f"/api/accounts/{account['id']}/claim"

    stolen = await other.post(path)
    claimed = await admin.post(path)

    assert stolen.status_code == 404
    assert claimed.json() == {
        "account": account,
        "checks": [
            {
                "name": "claim keys",
                "state": "fine",
                "finding": "It comes here now.",
                "cure": "",
                "mend": "",
            }
        ],
    }
