"""The hooks by which a host finds the connector."""

from __future__ import annotations

import logging
import subprocess
import sys

import httpx
import pytest
import respx

import appmixer.whatsapp.plugin as hooks
from appmixer.engine.contract import load_connectors
from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.auth.provider import WhatsAppAccounts
from appmixer.whatsapp.plugin.configuration.manifest import read_manifest
from appmixer.whatsapp.plugin.whatsapp import WhatsApp


def test_the_connector_is_found_by_its_entry_point(host: RecordingHost) -> None:
    connector = load_connectors()["appmixer:whatsapp"]

    assert isinstance(connector.plugin(host), WhatsApp)
    assert isinstance(connector.account_provider(host), WhatsAppAccounts)


def test_every_component_of_the_manifest_is_loaded() -> None:
    named = [each["name"] for each in read_manifest()["components"]]

    assert hooks.appmixer_manifest() is read_manifest()
    assert list(hooks.appmixer_components()) == named


def test_the_routes_are_the_ones_the_manifest_promises(host: RecordingHost) -> None:
    promised = [(each["method"], each["path"]) for each in read_manifest()["endpoint"]]

    routes = hooks.appmixer_plugin(host).routes

    assert [(each.method, each.path) for each in routes] == promised


def test_reading_the_manifest_loads_nothing_that_works() -> None:
    code = (
        "import sys, appmixer.whatsapp.plugin as hooks; hooks.appmixer_manifest();"
        "print([name for name in sys.modules if name.startswith('appmixer.whatsapp')"
        " or name == 'httpx'])"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = [
        "appmixer.whatsapp",
        "appmixer.whatsapp.plugin",
        "appmixer.whatsapp.plugin.configuration",
        "appmixer.whatsapp.plugin.configuration.manifest",
    ]
    assert shown.stdout.strip() == str(loaded)


@pytest.mark.anyio
async def test_addresses_in_the_log_of_httpx_lose_their_secrets(
    host: RecordingHost, respx_mock: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.appmixer_plugin(host)
    hooks.appmixer_account_provider(host)
    caplog.set_level(logging.DEBUG)
    respx_mock.get("https://graph.facebook.com/debug_token").mock(httpx.Response(200))

    await host.http.get("https://graph.facebook.com/debug_token?input_token=EAAsecret")

    assert "https://graph.facebook.com/debug_token" in caplog.text
    assert "EAAsecret" not in caplog.text
    assert len(logging.getLogger("httpx").filters) == 1
