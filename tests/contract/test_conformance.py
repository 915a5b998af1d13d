"""The conformance suite over our own manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    CONTRACT_VERSION,
    ConnectorError,
    Manifest,
    Trigger,
    component_schema,
    load_connectors,
    texts_in,
)
from appmixer.engine.contract.conformance import (
    component_complaints,
    error_classes,
    error_complaints,
    lifecycle_complaints,
    manifest_complaints,
    text_complaints,
)
from appmixer.engine.contract.testing import RecordingContext, RecordingHost, StandInAccount

ROOT = Path(__file__).parents[2]
CONNECTOR = load_connectors()["appmixer:whatsapp"]
COMPONENTS = CONNECTOR.components()
ENTRIES = {entry.name: entry for entry in CONNECTOR.manifest.components}
TRIGGERS = [name for name, component in COMPONENTS.items() if issubclass(component, Trigger)]
WABA, NUMBER = "102290129340398", "106540352242922"
GRAPH = "https://graph.facebook.com/v25.0"


def published(path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / path).read_text("utf-8"))
    return document


def test_the_manifest_the_code_and_the_published_schemas_agree() -> None:
    documents = {entry.schema_file: published(entry.schema_file) for entry in ENTRIES.values()}

    assert manifest_complaints(CONNECTOR.manifest, COMPONENTS, documents) == []


def test_a_component_that_is_only_in_the_manifest_is_named() -> None:
    without = {name: each for name, each in COMPONENTS.items() if not name.endswith(".SendText")}
    documents = {entry.schema_file: published(entry.schema_file) for entry in ENTRIES.values()}

    assert manifest_complaints(CONNECTOR.manifest, without, documents) == [
        "appmixer.whatsapp.SendText: in the manifest only"
    ]


def test_a_schema_that_was_not_published_again_is_named() -> None:
    entry = ENTRIES["appmixer.whatsapp.SendText"]
    old = {**published(entry.schema_file), "title": "Send"}

    assert component_complaints(entry, COMPONENTS[entry.name], old) == [
        "appmixer.whatsapp.SendText: its published schema is not that of the code"
    ]


@pytest.mark.parametrize("entry", CONNECTOR.manifest.components, ids=lambda entry: entry.name)
def test_every_scope_of_a_component_is_asked_for_at_login(entry: Any) -> None:
    assert set(entry.scopes) <= set(CONNECTOR.manifest.scopes)


@pytest.mark.anyio
@pytest.mark.parametrize("name", TRIGGERS)
async def test_a_trigger_can_be_started_and_stopped_twice(
    name: str, respx_mock: respx.MockRouter
) -> None:
    respx_mock.route(host="graph.facebook.com").mock(side_effect=answer_of_meta)
    async with httpx.AsyncClient() as http:
        host = RecordingHost(
            configuration={
                "clientId": "100000000000001",
                "clientSecret": "app-secret",
                "verifyToken": "verify",
                "graphUrl": "https://graph.facebook.com",
                "graphVersion": "v25.0",
            },
            http=http,
            accounts={"account-1": StandInAccount(profile={"businessAccountId": WABA})},
        )
        component = COMPONENTS[name]
        context = RecordingContext(
            host,
            CONNECTOR.plugin(host),
            host.accounts["account-1"],
            properties=component.Input(),
        )
        trigger = component()
        assert isinstance(trigger, Trigger)

        assert await lifecycle_complaints(trigger, context) == []


# The fields of webhooks that the app hears: all that some trigger asks for.
HEARD = sorted(
    {
        *{"messages", "account_update", "account_alerts", "account_review_update"},
        *{"business_capability_update", "message_template_quality_update"},
        *{"message_template_status_update", "phone_number_quality_update", "smb_message_echoes"},
        *{"standby", "template_category_update", "user_preferences"},
    }
)


def answer_of_meta(request: httpx.Request) -> httpx.Response:
    """Answer as Meta does for an app whose webhook is set up and a WABA that is shared with it."""
    path = request.url.path.removeprefix("/v25.0/")
    if path == "debug_token":
        scopes = list(CONNECTOR.manifest.scopes)
        granted = [{"scope": scope, "target_ids": [WABA]} for scope in scopes]
        facts = {"app_id": "100000000000001", "is_valid": True, "expires_at": 0}
        return httpx.Response(
            200, json={"data": {**facts, "scopes": scopes, "granular_scopes": granted}}
        )
    if path == "100000000000001/subscriptions":
        return httpx.Response(
            200,
            json={
                "data": [
                    {
                        "object": "whatsapp_business_account",
                        "callback_url": "https://api.example/plugins/appmixer/whatsapp/events",
                        "active": True,
                        "fields": [{"name": each, "version": "v25.0"} for each in HEARD],
                    }
                ]
            },
        )
    if path in (f"{WABA}/subscribed_apps", f"{WABA}/phone_numbers") and request.method == "GET":
        return httpx.Response(200, json={"data": []})
    if path == f"{WABA}/subscribed_apps" and request.method in ("POST", "DELETE"):
        return httpx.Response(200, json={"success": True})
    if path == WABA:
        return httpx.Response(200, json={"id": WABA, "name": "Lucky Shrub"})
    raise AssertionError(f"{request.method} {path} was not expected")


@pytest.mark.parametrize("error_class", list(error_classes()), ids=lambda each: each.__name__)
def test_an_error_survives_being_stored(error_class: type[ConnectorError]) -> None:
    error = error_class("Title", "Cause.", "Cure.", "to", 131047, 33, "trace")

    assert error_complaints(error) == []


def test_an_error_that_does_not_survive_being_stored_is_named() -> None:
    complaints = error_complaints(Forgetful("Title", kept="no"))

    assert complaints == [
        "Forgetful cannot be stored and read again: "
        "Forgetful.__init__() takes 2 positional arguments but 9 were given"
    ]


class Forgetful(ConnectorError):
    def __init__(self, title: str, *, kept: str) -> None:
        super().__init__(title)
        self.kept = kept


def test_the_manifest_holds_no_unknown_key() -> None:
    raw = published("connector.json")

    parsed = Manifest.model_validate(raw)

    assert parsed.id == "appmixer:whatsapp"
    assert parsed.components


def test_what_a_language_does_not_say_and_what_stands_nowhere_is_named() -> None:
    manifest = Manifest.model_validate(
        {
            "id": "test:mute",
            "label": "Mute",
            "version": "1.0.0",
            "contract": CONTRACT_VERSION,
            "description": "Says nothing.",
            "icon": "data:image/svg+xml,",
            "configuration": [],
            "endpoint": [],
            "quotas": [],
            "components": [],
        }
    )

    assert text_complaints(manifest, {}, {"de": {"Mute": "Stumm", "Loud": "Laut"}, "D E": {}}) == [
        "'D E' is no language",
        "de: 'Says nothing.' is not translated",
        "de: 'Loud' stands nowhere",
        "D E: 'Mute' is not translated",
        "D E: 'Says nothing.' is not translated",
    ]
    said = {"Mute": "a", "Says nothing.": "b"}
    assert text_complaints(manifest, {}, {"de": said}) == []
    assert text_complaints(manifest, {}, {"de": {**said, "Mute": ""}}) == [
        "de: 'Mute' is not translated"
    ]
    assert text_complaints(manifest, {}, {"de": said}, {"greeting": {"name": "Greeting"}}) == [
        "de: 'Greeting' is not translated"
    ]


def test_the_texts_of_schemas_have_to_be_said_as_well() -> None:
    name = "appmixer.whatsapp.SendText"
    texts = {"de": dict.fromkeys(texts_in(component_schema(name, COMPONENTS[name])), "…")}
    alone = CONNECTOR.manifest.model_copy(update={"components": []})

    missing = text_complaints(alone, {name: COMPONENTS[name]}, texts)

    assert "de: 'Message Text' is not translated" not in missing
    assert f"de: {CONNECTOR.manifest.description!r} is not translated" in missing
