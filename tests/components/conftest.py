"""A recording host with the connector's plugin, connected to Lucky Shrub's business account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from appmixer.engine.contract.testing import (
    RecordingContext,
    RecordingHost,
    StandInAccount,
)
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

WABA = "102290129340398"


@pytest.fixture
async def host() -> AsyncIterator[RecordingHost]:
    async with httpx.AsyncClient() as http:
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
