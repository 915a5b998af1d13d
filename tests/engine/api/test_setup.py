"""The one-time setup: a checklist that ticks itself, for the administrator alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from appmixer.engine.contract import (
    Account,
    Check,
    Connector,
    HostContext,
    Manifest,
    connectors_of,
    hookimpl,
)

from ..conftest import CONNECTOR, MANIFEST, Echo, echo_module

pytestmark = pytest.mark.anyio

FOUND: dict[str, Check] = {}
KEY = {**MANIFEST["configuration"][0], "required": True, "pattern": "[a-z]+", "example": "abc"}
STEPS = [
    {"name": "key", "title": "Make a key", "description": "Turn it.", "keys": ["secret"]},
    {
        "name": "door",
        "title": "Open the door",
        "description": "Push.",
        "link": "https://example.org/door",
        "addresses": ["Redirect URL"],
        "checks": ["door"],
    },
]
GERMAN = {
    "Make a key": "Einen Schlüssel machen",
    KEY["label"]: "Geheimnis",
    "Redirect URL": "Umleitungsadresse",
}


class Door(Echo):
    async def checks(self, account: Account | None) -> Sequence[Check]:
        return [*FOUND.values()]


def made(**changes: Any) -> dict[str, Connector]:
    module: Any = echo_module()
    manifest = {**MANIFEST, "configuration": [KEY], **changes}

    def plugin(host: HostContext) -> Echo:
        return Door(host)

    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_plugin = hookimpl(plugin)
    module.appmixer_texts = hookimpl(lambda: {"de": GERMAN})
    return connectors_of(module)


@pytest.fixture
def connectors() -> dict[str, Connector]:
    FOUND.clear()
    return made(setup=STEPS)


async def states(client: httpx.AsyncClient) -> list[str]:
    setup = (await client.get("/api/setup")).json()
    found = [each["state"] for each in setup["steps"]]
    assert setup["isDone"] == (set(found) == {"done"})
    return found


async def test_each_step_says_what_to_enter_and_what_to_copy(admin: httpx.AsyncClient) -> None:
    address, key, door = (await admin.get("/api/setup")).json()["steps"]

    assert (address["id"], address["state"]) == ("engine:address", "open")
    assert (key["id"], key["title"], key["service"]) == (
        f"{CONNECTOR}:key",
        "Make a key",
        CONNECTOR,
    )
    assert [(each["key"], each["isSet"], each["value"]) for each in key["keys"]] == [
        ("secret", False, None)
    ]
    assert (door["text"], door["link"]) == ("Push.", "https://example.org/door")
    assert door["addresses"] == [
        {"label": "Redirect URL", "url": "http://127.0.0.1:8321/auth/echo/callback"}
    ]


async def test_steps_tick_themselves_as_they_are_done(admin: httpx.AsyncClient) -> None:
    seen = [await states(admin)]
    await admin.put(f"/api/configuration/{CONNECTOR}/secret", json={"value": "abc"})
    seen.append(await states(admin))
    FOUND["door"] = Check("door", "fault", "It is locked.", "Unlock it.")
    seen.append(await states(admin))
    found = (await admin.get("/api/setup")).json()["steps"][2]["findings"]
    FOUND["door"] = Check("door", "advice", "It creaks.", "Oil it.")
    seen.append(await states(admin))
    FOUND["door"] = Check("door", "fine", "It is open.")
    seen.append(await states(admin))

    assert seen == [
        ["open", "open", "open"],
        ["open", "done", "open"],
        ["open", "done", "fault"],
        ["open", "done", "open"],
        ["open", "done", "done"],
    ]
    assert found == [
        {
            "name": "door",
            "state": "fault",
            "finding": "It is locked.",
            "cure": "Unlock it.",
            "mend": "",
        }
    ]


async def test_steps_are_told_in_the_language_that_is_asked_for(admin: httpx.AsyncClient) -> None:
    german = await admin.get("/api/setup", headers={"Accept-Language": "de-AT"})

    _, key, door = german.json()["steps"]
    assert (key["title"], door["title"]) == ("Einen Schlüssel machen", "Open the door")
    assert [each["label"] for each in key["keys"]] == ["Geheimnis"]
    assert [each["label"] for each in door["addresses"]] == ["Umleitungsadresse"]


async def test_only_the_administrator_sees_the_setup(other: httpx.AsyncClient) -> None:
    assert (await other.get("/api/setup")).status_code == 403


class TestWithoutSteps:
    @pytest.fixture
    def connectors(self) -> dict[str, Connector]:
        return made()

    async def test_a_connector_without_steps_of_its_own_has_one_for_what_it_needs(
        self, admin: httpx.AsyncClient
    ) -> None:
        [_, step] = (await admin.get("/api/setup")).json()["steps"]

        assert (step["title"], [each["key"] for each in step["keys"]]) == (
            "Set up Echo",
            ["secret"],
        )


def test_a_step_that_names_a_key_that_there_is_not_is_no_step() -> None:
    with pytest.raises(ValidationError, match="the step key names secret"):
        Manifest.model_validate({**MANIFEST, "configuration": [], "setup": STEPS})
