"""The engine as it is, with a route beside the connector's that does nothing.

With `--graph URL` an account is connected there and a flow runs: every message is answered.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

from appmixer.engine.contract import (
    Account,
    Check,
    Event,
    JsonObject,
    Listener,
    Request,
    Response,
    Route,
)
from appmixer.engine.engine import Engine
from appmixer.engine.server import serving
from appmixer.engine.settings import read_settings

from ..webhooks import APP_ID, APP_SECRET, VERIFY_TOKEN
from .serving import tell_port, until_asked_to_end

CONNECTOR = "appmixer:whatsapp"
EVENTS = "/plugins/appmixer/whatsapp/events"
NOTHING = "/plugins/bench/nothing/events"
HEALTH = "/healthz"
DATABASE = "appmixer.sqlite"

FLOW: dict[str, Any] = {
    "name": "Answer",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "bench"},
        "reply": {
            "type": "appmixer.whatsapp.SendText",
            "account": "bench",
            "source": {"in": {"incoming": ["message"]}},
            "input": {
                "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                "to": "{{ incoming.message.from }}",
                "text": "You said: {{ incoming.message.text.body }}",
            },
        },
    },
}


class Nothing:
    """A plugin with one route, mounted as the connector's is: reads the body, answers 200."""

    @property
    def routes(self) -> Sequence[Route]:
        return (Route("POST", "/events", self.answer, 3 * 1024 * 1024),)

    async def answer(self, request: Request) -> Response:
        return Response(200)

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def listener_added(self, listener: Listener, account: Account) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account) -> None: ...
    def read(self, content: bytes) -> Sequence[Event]:
        return ()

    async def before_routing(self, events: Sequence[Event]) -> None: ...

    def visible_routes(self, profile: JsonObject) -> Sequence[str]:
        return ()

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return ()

    async def claim(self, account: Account) -> Sequence[Check]:
        return ()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--graph")
    arguments = parser.parse_args()
    environment = {
        "APPMIXER_WHATSAPP_CLIENT_ID": APP_ID,
        "APPMIXER_WHATSAPP_CLIENT_SECRET": APP_SECRET,
        "APPMIXER_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
    }
    if arguments.graph:
        environment["APPMIXER_WHATSAPP_GRAPH_URL"] = arguments.graph
    settings = read_settings(data=arguments.data, port=0, environment=environment)
    async with serving(settings) as running:
        running.engine.plugins["bench:nothing"] = Nothing()
        if arguments.graph:
            await start_flow(running.engine)
        port = urlsplit(running.url).port
        assert port is not None
        tell_port(port)
        await until_asked_to_end()


async def start_flow(engine: Engine) -> None:
    owner_id = engine.owners.first_owner_id
    await engine.accounts.connect_token(owner_id, CONNECTOR, "EAAbench", "bench")
    await engine.flows.put(owner_id, "answer", FLOW)
    await engine.flows.start(owner_id, "answer")


if __name__ == "__main__":
    uvloop.run(main())
