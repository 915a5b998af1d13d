"""pywa, a public client that knows nothing of us, with a webhook server of its own."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from anyio import to_thread
from fastapi import FastAPI

from appmixer.sandbox.testing import RunningSandbox, serving, until
from appmixer.sandbox.world import seed

# pywa's annotations do not hold up in strict mode, so it enters untyped.
pywa: Any = importlib.import_module("pywa")
handlers: Any = importlib.import_module("pywa.handlers")

HANDLERS = tuple(
    name
    for name in dir(handlers)
    if name.endswith("Handler")
    and not name.startswith("_")
    and name not in ("Handler", "FlowRequestHandler")
)

DELAYS = {"sent": 0.005, "delivered": 0.01, "read": 0.015}


class Detour(httpx.HTTPTransport):
    """The only thing that is changed about pywa: Meta's hosts are found at the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__(trust_env=False, verify=False)
        self._to = httpx.URL(url)
        self.wire: list[Any] = []
        """The JSON bodies that went to Graph."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        to = self._to
        request.url = request.url.copy_with(scheme=to.scheme, host=to.host, port=to.port)
        request.headers["Host"] = f"{to.host}:{to.port}"
        if request.headers.get("Content-Type") == "application/json":
            self.wire.append(json.loads(request.content))
        return super().handle_request(request)


@dataclass
class Bot:
    """pywa, and everything that its handlers were called with."""

    client: Any
    wire: list[Any]
    heard: list[Any] = field(default_factory=list[Any])

    async def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        return await to_thread.run_sync(partial(getattr(self.client, method), *arguments, **named))

    def of(self, kind: str) -> list[Any]:
        return [update for update in self.heard if type(update).__name__ == kind]

    async def hears(self, kind: str, count: int = 1) -> list[Any]:
        await until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


def _listen(bot: Bot) -> None:
    def hear(_client: Any, update: Any) -> None:
        bot.heard.append(update)

    bot.client.add_handlers(*(getattr(handlers, name)(hear) for name in HANDLERS))


@pytest.fixture
def sender(sandbox: RunningSandbox, number: str) -> str:
    """The seeded number, registered and with calling switched on."""
    sandbox.world.numbers[number].settings.calling["status"] = "ENABLED"
    return number


@pytest.fixture
async def bot(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, sender: str
) -> AsyncGenerator[Bot]:
    """pywa's client on the seeded number, subscribed, checking the signature of what it hears."""
    server = FastAPI()
    detour = Detour(sandbox.url)
    session = httpx.Client(transport=detour)
    client = pywa.WhatsApp(
        phone_id=sender,
        token=seed.SYSTEM_USER_TOKEN,
        session=session,
        server=server,
        verify_token=seed.VERIFY_TOKEN,
        app_id=seed.APP_ID,
        app_secret=seed.APP_SECRET,
        waba_id=seed.WABA_ID,
        business_portfolio_id=seed.BUSINESS_ID,
        validate_updates=True,
    )
    made = Bot(client, detour.wire)
    _listen(made)
    async with serving(server) as url:
        answer = await controls.post("/webhook", json={"callbackUrl": f"{url}/"})
        assert answer.json()["reason"] is None
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        await controls.post("/settings", json={"statusDelaysS": DELAYS})
        yield made
    await to_thread.run_sync(session.close)


@pytest.fixture
async def chat(bot: Bot, controls: httpx.AsyncClient) -> Any:
    """Sheena has written, so that her window is open; gives her message as pywa heard it."""
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hello"}})
    return (await bot.hears("Message"))[0]
