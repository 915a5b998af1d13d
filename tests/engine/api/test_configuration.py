"""The administrator's configuration: stored sealed, overridden by the environment."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.accounts.configuration import Configuration
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.tables import configuration

pytestmark = pytest.mark.anyio

SERVICE = "test:echo"
UNSET = {
    "key": "secret",
    "label": "Secret",
    "description": "A secret.",
    "environment": "ECHO_SECRET",
    "isSecret": True,
    "isRequired": False,
    "isSet": False,
    "source": "unset",
    "value": None,
}
BASE = "http://127.0.0.1:8321"
ADDRESSES = {
    "addresses": [
        {"label": "Redirect URL", "url": f"{BASE}/auth/echo/callback"},
        {"label": "Echoes.", "url": f"{BASE}/plugins/test/echo/events"},
    ],
    "isPublic": False,
}


async def test_keeps_a_secret_sealed_and_never_shows_it(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    before = await admin.get(f"/api/configuration/{SERVICE}")
    stored = await admin.put(f"/api/configuration/{SERVICE}/secret", json={"value": "hush"})
    listed = await admin.get("/api/configuration")

    assert before.json() == {"service": SERVICE, "label": "Echo", "keys": [UNSET], **ADDRESSES}
    assert stored.json() == {**UNSET, "isSet": True, "source": "stored"}
    assert "hush" not in stored.text + listed.text
    [row] = await engine.rows(sa.select(configuration))
    assert b"hush" not in row.sealed
    assert dict(engine.configuration.view(SERVICE)) == {"secret": "hush"}


async def test_the_environment_wins(engine: Engine) -> None:
    await engine.configuration.set(SERVICE, "secret", "stored")
    engine.configuration.environment = {"ECHO_SECRET": "given"}

    shown = await engine.configuration.set(SERVICE, "secret", "stored again")

    assert shown["source"] == "environment"
    assert engine.configuration.view(SERVICE)["secret"] == "given"


async def test_a_view_is_read_at_each_access(engine: Engine) -> None:
    view = engine.configuration.view(SERVICE)
    before = view.get("secret"), [*view.items()]

    await engine.configuration.set(SERVICE, "secret", "new")

    assert before == (None, [])
    assert (view.get("secret"), [*view.items()]) == ("new", [("secret", "new")])


def configuration_of(engine: Engine) -> Configuration:
    """Return what another process has."""
    manifests = {name: each.manifest for name, each in engine.connectors.items()}
    environment = engine.settings.environment
    return Configuration(engine.storage, manifests, environment, engine.log, reload_s=0.01)


async def test_what_another_process_writes_is_seen_within_seconds(engine: Engine) -> None:
    here = configuration_of(engine)
    await here.start()
    keeping = asyncio.create_task(here.keep_fresh())
    await engine.configuration.set(SERVICE, "secret", "from elsewhere")

    until, found = time.monotonic() + 20, dict[str, str]()
    while not found and time.monotonic() < until:
        await asyncio.sleep(0.01)
        found = dict(here.view(SERVICE))

    keeping.cancel()
    assert found == {"secret": "from elsewhere"}


async def test_a_removed_value_is_gone(engine: Engine, admin: httpx.AsyncClient) -> None:
    await engine.configuration.set(SERVICE, "secret", "old")

    removed = await admin.delete(f"/api/configuration/{SERVICE}/secret")

    assert removed.json() == UNSET
    assert dict(engine.configuration.view(SERVICE)) == {}


async def test_an_unknown_key_is_told_which_there_are(admin: httpx.AsyncClient) -> None:
    answer = await admin.put(f"/api/configuration/{SERVICE}/secrte", json={"value": "x"})

    assert answer.status_code == 422
    assert answer.json()["error"] == {
        "title": "test:echo has no key 'secrte'",
        "cause": "Its keys are: secret.",
        "cure": "Check the spelling.",
        "field": "key",
    }


async def test_an_empty_value_is_refused(engine: Engine, admin: httpx.AsyncClient) -> None:
    answer = await admin.put(f"/api/configuration/{SERVICE}/secret", json={"value": "  "})

    assert answer.status_code == 422
    assert dict(engine.configuration.view(SERVICE)) == {}


async def test_an_unknown_connector_is_not_found(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/configuration/test:nothing")

    assert answer.status_code == 404
    assert answer.json()["error"]["title"] == (
        "There is no connector 'test:nothing'; there is: test:echo."
    )
