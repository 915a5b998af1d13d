"""A recording host with the connector's plugin, connected to Lucky Shrub's business account."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
import respx

from appmixer.engine.contract import Account, Listener
from appmixer.engine.contract.testing import (
    RecordingContext,
    RecordingHost,
    StandInAccount,
)
from appmixer.whatsapp.plugin.fields.senders import prove_sender
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

from .live import Live, connected

GRAPH = "https://graph.facebook.com/v25.0"
WABA = "102290129340398"
NUMBER = "106540352242922"
NUMBERS = {
    WABA: [{"id": NUMBER, "display_phone_number": "+1 555-078-3881"}],
    "2002": [{"id": "3003", "display_phone_number": "+1 555-078-3882"}],
}


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
    return WhatsApp(host)


@pytest.fixture
def newcomer(host: RecordingHost, plugin: WhatsApp) -> RecordingContext:
    """The context of an account that has not done anything yet."""
    account = StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA, "2002"]})
    return RecordingContext(host, plugin, account, step_id="run-1:reply")


@pytest.fixture
async def context(newcomer: RecordingContext) -> RecordingContext:
    """The same, once Meta has listed its numbers; tests of later calls need not list them."""
    return await listed(newcomer)


def list_numbers(meta: respx.MockRouter) -> None:
    for waba_id, numbers in NUMBERS.items():
        meta.get(f"{GRAPH}/{waba_id}/phone_numbers").respond(json={"data": numbers})


async def listed(context: RecordingContext) -> RecordingContext:
    meta = respx.MockRouter(assert_all_called=False)
    list_numbers(meta)
    async with meta:
        await prove_sender(context, NUMBER, None)
    return context


class Quiet(WhatsApp):
    """Lets every listener in, and asks Meta nothing."""

    async def listener_added(self, listener: Listener, account: Account | None) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account | None) -> None: ...
    async def cautions(
        self, waba_id: str, phone_number_id: str | None, account: Account
    ) -> Sequence[str]:
        return [f"Mind {waba_id}, {phone_number_id}."]


@pytest.fixture
async def quiet(host: RecordingHost) -> RecordingContext:
    """The same account with a plugin that lets every listener in."""
    account = StandInAccount(profile={"businessAccountId": WABA, "wabaIds": [WABA, "2002"]})
    return await listed(RecordingContext(host, Quiet(host), connected=account))


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """The seeded account of a sandbox of its own, asked over HTTP."""
    async with connected() as account:
        yield account
