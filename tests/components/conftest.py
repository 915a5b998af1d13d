"""A recording host with the connector's plugin, connected to Lucky Shrub's business account."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import httpx
import pytest
import respx

from appmixer.engine.contract import Account, Listener
from appmixer.engine.contract.testing import (
    RecordingContext,
    RecordingHost,
    StandInAccount,
)
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

WABA = "102290129340398"


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than most tests."""
    return httpx.create_ssl_context()


@pytest.fixture
async def host(tls: ssl.SSLContext) -> AsyncIterator[RecordingHost]:
    async with httpx.AsyncClient(verify=tls) as http:
        yield RecordingHost(
            configuration={
                "clientId": "100000000000001",
                "clientSecret": "app-secret",
                "verifyToken": "verify",
                "graphUrl": "https://graph.facebook.com",
                "graphVersion": "v25.0",
            },
            http=http,
        )


@pytest.fixture
def plugin(host: RecordingHost) -> WhatsApp:
    return WhatsApp(host, lambda: datetime.fromtimestamp(host.clock.now, UTC))


@pytest.fixture
def context(host: RecordingHost, plugin: WhatsApp) -> RecordingContext:
    account = StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA, "2002"]})
    return RecordingContext(host, plugin, account, step_id="run-1:reply")


@pytest.fixture
def requests(respx_mock: respx.MockRouter) -> Callable[[], list[httpx.Request]]:
    """The requests that were made so far."""

    def made() -> list[httpx.Request]:
        calls: list[respx.models.Call] = list(respx_mock.calls)
        return [call.request for call in calls]

    return made


class Quiet(WhatsApp):
    """Lets every listener in, and asks Meta nothing."""

    async def listener_added(self, listener: Listener, account: Account) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account) -> None: ...
    async def cautions(
        self, waba_id: str, phone_number_id: str | None, account: Account
    ) -> Sequence[str]:
        return [f"Mind {waba_id}, {phone_number_id}."]


@pytest.fixture
def quiet(host: RecordingHost) -> RecordingContext:
    """The same account with a plugin that lets every listener in."""
    account = StandInAccount(profile={"businessAccountId": WABA})
    return RecordingContext(host, Quiet(host), connected=account)
