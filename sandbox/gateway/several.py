"""Several calls in one: a batch in `POST /`, and several nodes in `GET /?ids=`.

https://developers.facebook.com/docs/graph-api/batch-requests
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Scope

from ..behaviour.call import Call, loads
from ..protocol.errors import MetaError, not_simulated
from ..protocol.shapes import Json, is_array, is_object, text

MAX_TOGETHER = 50
# What ties the calls of a batch to one another.
TIES = ("depends_on", "attached_files", "name")
METHODS = ("GET", "POST", "DELETE", "PUT")
ADDRESS = re.compile(r"[\x21-\x7e]{1,4000}")
# The extension by which a fault breaks a connection; see server.py.
DISCONNECT = "appmixer.sandbox.disconnect"

# Marks the calls of a batch, which cannot be batches.
IN_BATCH = "appmixer.sandbox.in_batch"

OneNode: TypeAlias = Callable[[str], Awaitable[Json]]


async def nodes(call: Call, one: OneNode) -> Json:
    """Each of the nodes that `ids` names, under its id."""
    ids = list(dict.fromkeys(call.listed("ids")))
    if not ids:
        raise MetaError(100, "(#100) Param ids must be a non-empty list")
    _check_number(len(ids), "ids")
    found: Json = {}
    for node_id in ids:
        try:
            found[node_id] = await one(node_id)
        except MetaError as refusal:
            if refusal.subcode != 33 and refusal.code != 2500:
                raise
            said = f"(#803) Some of the aliases you requested do not exist: {node_id[:100]}"
            raise MetaError(803, said, http_status=404) from None
    return found


def calls_of(call: Call) -> list[Json]:
    """What a batch asks for."""
    given = call.parameters["batch"]
    if isinstance(given, str):
        given = loads(given, "batch")
    if not is_array(given) or not given or not all(is_object(item) for item in given):
        raise MetaError(100, "(#100) Param batch must be a non-empty array of JSON objects.")
    _check_number(len(given), "batch requests")
    for item in given:
        tied = next((name for name in TIES if item.get(name)), None)
        if tied is not None:
            raise not_simulated(call.method, f"/ with {tied} in a batch")
        if text(item.get("method")).upper() not in METHODS:
            raise MetaError(100, f"(#100) Param method must be one of {{{', '.join(METHODS)}}}.")
        if not ADDRESS.fullmatch(text(item.get("relative_url"))):
            raise MetaError(100, "(#100) Param relative_url must be a path with its query.")
    return given


async def perform(app: ASGIApp, outer: Scope, asked: Sequence[Json]) -> list[Json | None]:
    """Do one after the other, each as a call of its own; null is one that got no answer."""
    return [await _perform(app, outer, one) for one in asked]


async def _perform(app: ASGIApp, outer: Scope, asked: Json) -> Json | None:
    path, _, query = text(asked["relative_url"]).lstrip("/").partition("?")
    body = text(asked.get("body")).encode()
    # Meta takes form fields in `body`; clients of the Cloud API write JSON there.
    kind = b"application/json" if body[:1] == b"{" else b"application/x-www-form-urlencoded"
    own = (b"content-type", b"content-length")
    headers = [(name, value) for name, value in outer["headers"] if name not in own]
    broken: list[bool] = []
    answer: list[Message] = []
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {
        **outer,
        IN_BATCH: True,
        "method": text(asked["method"]).upper(),
        "path": f"/{path}",
        "raw_path": f"/{path}".encode(),
        "query_string": query.encode(),
        "headers": [*headers, (b"content-type", kind)],
        "extensions": {DISCONNECT: {"abort": lambda: broken.append(True)}},
    }
    await app(scope, receive, send)
    if broken:
        return None
    start, *parts = answer
    return {
        "code": start["status"],
        "headers": [
            {"name": name.decode(), "value": value.decode("latin-1")}
            for name, value in start["headers"]
        ],
        "body": b"".join(part.get("body", b"") for part in parts).decode("utf-8", "replace"),
    }


def _check_number(count: int, what: str) -> None:
    if count > MAX_TOGETHER:
        raise MetaError(
            100, f"(#100) Too many {what} requested. The maximum is {MAX_TOGETHER}, got {count}."
        )
