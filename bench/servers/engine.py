"""The engine as it is, with two routes beside the connector's that measure what is under it.

`--graph URL` tells the connector where Graph is; `--trace FILE` writes down every statement that
SQLite is given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvloop
from sqlalchemy import Pool, event

from appmixer.engine.api.server import serving
from appmixer.engine.contract import (
    Request,
    Response,
    Route,
)
from appmixer.engine.settings import read_settings

from ..webhooks import APP_ID, APP_SECRET, VERIFY_TOKEN
from .serving import tell_port, until_asked_to_end

EVENTS = "/plugins/appmixer/whatsapp/events"
NOTHING = "/plugins/bench/nothing/events"
CALLS = "/plugins/bench/nothing/calls"
HEALTH = "/healthz"
DATABASE = "appmixer.sqlite"
API_TOKEN = "bench-api-token-of-nobody"  # noqa: S105  # opens nothing but what is measured
# The body of a call without an engine: what a text message says.
MESSAGE = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "type": "text",
    "text": {"body": "You said: Does it come in another color?"},
}


class Bare:
    """Routes, mounted as the connector's are, that do nothing, or call Graph alone."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @property
    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/events", self.answer, 3 * 1024 * 1024),
            Route("POST", "/calls", self.call, 1024),
        )

    async def answer(self, request: Request) -> Response:
        return Response(200)

    async def call(self, request: Request) -> Response:
        """Make `count` calls of `url`, `atOnce` of them at once; tell their processor time."""
        asked = json.loads(request.body)
        left = iter(range(asked["count"]))
        started = time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(asked["atOnce"]):
                group.create_task(self._call(asked["url"], left))
        cpu_s = time.process_time() - started
        return Response(200, json.dumps({"cpuS": cpu_s}).encode())

    async def _call(self, url: str, left: Iterator[int]) -> None:
        for number in left:
            answer = await self._http.post(
                url, json={**MESSAGE, "to": str(number)}, headers={"Authorization": "Bearer bench"}
            )
            answer.raise_for_status().json()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--graph", default="")
    parser.add_argument("--database-url")
    parser.add_argument("--temporal")
    parser.add_argument("--secret-key", default="")
    parser.add_argument("--trace", type=Path)
    arguments = parser.parse_args()
    environment = {
        "APPMIXER_API_TOKEN": API_TOKEN,
        "APPMIXER_SECRET_KEY": arguments.secret_key,
        "APPMIXER_WHATSAPP_CLIENT_ID": APP_ID,
        "APPMIXER_WHATSAPP_CLIENT_SECRET": APP_SECRET,
        "APPMIXER_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "APPMIXER_WHATSAPP_GRAPH_URL": arguments.graph,
    }
    settings = read_settings(
        data=arguments.data,
        database_url=arguments.database_url,
        temporal=arguments.temporal,
        port=0,
        environment={name: value for name, value in environment.items() if value},
    )
    if arguments.trace:
        trace(arguments.trace)
    async with serving(settings) as running:
        running.engine.routes["bench:nothing"] = Bare(running.engine.http).routes
        port = urlsplit(running.url).port
        assert port is not None
        tell_port(port)
        await until_asked_to_end()


def trace(path: Path) -> None:
    """Write the statements of all connections that are opened from now on, one a line, as JSON."""

    def follow(connection: Any, _: Any) -> None:
        def write(statement: str) -> None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(statement) + "\n")

        connection.set_trace_callback(write)

    event.listen(Pool, "connect", follow)


if __name__ == "__main__":
    uvloop.run(main())
