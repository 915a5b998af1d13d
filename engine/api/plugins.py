"""The routes of plugins: the engine's busiest, so nothing stands between the socket and them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import Response as Answer
from starlette.types import Receive, Scope, Send

from ..contract import Request, Response, Route, ThrottledError
from ..errors import CrowdedError, TooSlowError
from .answers import answer, answer_any, answer_connector_error, answer_not_ready
from .unsigned import Budget

if TYPE_CHECKING:
    from ..host.engine import Engine

PREFIX = "/plugins/"
AREA = "plugins"


class PluginRoutes:
    """An ASGI application for everything below /plugins/."""

    def __init__(self, engine: Engine, budget: Budget) -> None:
        self._engine, self._budget = engine, budget
        self._routes: dict[str, dict[str, Route]] | None = None
        self._seconds = engine.metrics.request_seconds.labels(AREA)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        found = await self._find_answer(scope, receive)
        if found is None:
            return
        await send_response(found, send) if isinstance(found, Response) else await found(
            scope, receive, send
        )
        status = found.status if isinstance(found, Response) else found.status_code
        self._seconds.observe(time.perf_counter() - started)
        self._engine.metrics.requests.labels(AREA, str(status)).inc()

    async def _find_answer(self, scope: Scope, receive: Receive) -> Response | Answer | None:
        """Return the answer, or None when whoever asked has gone."""
        if not self._engine.is_ready:
            return answer_not_ready()
        methods = self._table().get(scope["path"])
        if methods is None:
            return answer(404, "There is nothing at this address", cure="Check the callback URL.")
        route = methods.get(scope["method"])
        if route is None:
            allowed = ", ".join(methods)
            return answer(405, "This address does not take this method", headers={"Allow": allowed})
        headers = headers_of(scope)
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > route.max_body_bytes:
            return _too_long(route)
        try:
            body = await read_body(receive, route.max_body_bytes, self._budget)
        except (TooSlowError, CrowdedError) as error:
            return closing(answer_connector_error(error))
        if body is None:
            return None
        if len(body) > route.max_body_bytes:
            return _too_long(route)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        request = Request(scope["method"], route.path, query, headers, body)
        try:
            return await route.answer(request)
        except ThrottledError as error:
            retry_after = {"Retry-After": str(max(1, round(error.retry_after_s)))}
            return answer(503, error.title, error.cause, error.cure, headers=retry_after)
        except Exception as error:  # the outermost handler of this path: a sentence, not a bare 500
            return answer_any(self._engine, error, scope["path"])

    def _table(self) -> dict[str, dict[str, Route]]:
        if self._routes is None:
            self._routes = {}
            for connector_id, routes in self._engine.routes.items():
                base = PREFIX + connector_id.replace(":", "/")
                for route in routes:
                    self._routes.setdefault(base + route.path, {})[route.method] = route
        return self._routes


def headers_of(scope: Scope) -> dict[str, str]:
    raw: list[tuple[bytes, bytes]] = scope["headers"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    if len(headers) != len(raw):
        headers = {}
        for name, value in raw:
            key = name.decode("latin-1")
            text = value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def read_body(receive: Receive, max_bytes: int, budget: Budget) -> bytes | None:
    """Return the body, or a little more than may come, or None when the sender has gone.

    Raise TooSlowError or CrowdedError for one that comes in pieces, and too slowly, or amid many.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks = [body]
    with budget.share() as share:
        share.take(len(body))
        while message.get("more_body") and share.size_bytes <= max_bytes:
            message = await share.receive(receive)
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
        return b"".join(chunks)


def _too_long(route: Route) -> Answer:
    return closing(
        answer(
            413,
            "The body is too long",
            f"This address takes up to {route.max_body_bytes:,} bytes.",
        )
    )


def closing(found: Answer) -> Answer:
    """The rest of the body is not read, so the connection cannot be used again."""
    found.headers["Connection"] = "close"
    return found


async def send_response(response: Response, send: Send) -> None:
    headers = [
        (b"content-type", response.content_type.encode("latin-1")),
        (b"content-length", str(len(response.body)).encode()),
    ]
    for name, value in response.headers.items():
        headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
