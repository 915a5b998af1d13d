"""A host that is set up, for the tests of the connector's shared part."""

from __future__ import annotations

import ssl

import httpx
import pytest

from appmixer.engine.contract.testing import RecordingHost

APP_ID = "634974688087057"
APP_SECRET = "test-app-secret"


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """Made once, because reading the certificates takes longer than most tests."""
    return ssl.create_default_context()


@pytest.fixture
def host(tls: ssl.SSLContext) -> RecordingHost:
    return RecordingHost(
        configuration={
            "clientId": APP_ID,
            "clientSecret": APP_SECRET,
            "configId": "200000000000002",
            "verifyToken": "test-verify-token",
        },
        public_url="https://engine.example.com",
        http=httpx.AsyncClient(verify=tls),
    )
