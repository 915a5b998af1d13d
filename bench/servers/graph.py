"""A stub of Graph: takes every message at once, and knows just enough to connect an account."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs

import uvloop

from ..webhooks import APP_ID, WABA_IDS, numbers_of
from .serving import free_socket, tell_port, until_asked_to_end

SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
TAKEN = "bench/taken"
# One for each WABA, which is all that it reaches.
TOKENS = {f"EAAbench{number}": waba_id for number, waba_id in enumerate(WABA_IDS)}

READS: dict[str, Any] = {
    "me": {"id": "1", "name": "Bench"},
    f"{APP_ID}/subscriptions": {
        "data": [
            {
                "object": "whatsapp_business_account",
                "callback_url": "https://localhost/",
                "active": True,
                "fields": [{"name": "messages", "version": "v25.0"}],
            }
        ]
    },
    **{waba_id: {"id": waba_id, "name": "Bench"} for waba_id in WABA_IDS},
    **{
        f"{waba_id}/phone_numbers": {"data": [{"id": each} for each in numbers_of(waba_id)]}
        for waba_id in WABA_IDS
    },
    **{f"{waba_id}/subscribed_apps": {"data": []} for waba_id in WABA_IDS},
}


class Graph:
    """How many messages were taken so far, and when the last of them was (by perf_counter)."""

    def __init__(self) -> None:
        self.taken, self.last_at = 0, 0.0
        self._numbers = itertools.count()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        path, _, query = target.lstrip("/").partition("?")
        if path == TAKEN:
            return 200, {"taken": self.taken, "lastAt": self.last_at}
        name = path.partition("/")[2]
        if method == "GET" and name == "debug_token":
            return 200, {"data": _token_facts(parse_qs(query)["input_token"][0])}
        if method == "GET" and name in READS:
            return 200, READS[name]
        if method == "POST" and name.endswith("/subscribed_apps"):
            return 200, {"success": True}
        if method == "POST" and name.endswith("/messages"):
            return 200, self._take(json.loads(body))
        return 404, {"error": {"message": f"No such path: {name}", "code": 100}}

    def _take(self, message: dict[str, Any]) -> dict[str, Any]:
        self.taken, self.last_at = self.taken + 1, time.perf_counter()
        wamid = "wamid." + b64encode(f"bench{next(self._numbers):025d}".encode()).decode()
        recipient = str(message["to"])
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": recipient, "wa_id": recipient.lstrip("+")}],
            "messages": [{"id": wamid}],
        }


def _token_facts(token: str) -> dict[str, Any]:
    return {
        "app_id": APP_ID,
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": 0,
        "scopes": list(SCOPES),
        "granular_scopes": [{"scope": each, "target_ids": [TOKENS[token]]} for each in SCOPES],
        "user_id": "1",
    }


class Connection(asyncio.Protocol):
    """Just enough of HTTP/1.1 for a client that sends one request at a time."""

    def __init__(self, answer: Callable[[str, str, bytes], tuple[int, Any]]) -> None:
        self._answer = answer
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        line, *headers = head.decode("latin-1").split("\r\n")
        lengths = [each for each in headers if each.lower().startswith("content-length:")]
        if lengths and len(body) < int(lengths[0].partition(":")[2]):
            return
        self._received = b""
        method, target, _ = line.split(" ")
        status, content = self._answer(method, target, body)
        self._write(status, json.dumps(content).encode())

    def _write(self, status: int, content: bytes) -> None:
        head = (
            f"HTTP/1.1 {status} -\r\n"
            "Content-Type: application/json; charset=UTF-8\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        assert self._transport is not None
        self._transport.write(head.encode() + content)


async def main() -> None:
    graph, listening = Graph(), free_socket()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(graph.answer), sock=listening)
    tell_port(listening.getsockname()[1])
    await until_asked_to_end()
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
