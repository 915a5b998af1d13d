"""The whole HTTP interface of one engine as an ASGI application."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..contract import RejectedError
from ..errors import TooLargeError
from ..flows.hooks import PREFIX as HOOKS
from ..storage.patience import Impatient
from . import (
    accounts,
    components,
    configuration,
    files,
    flows,
    health,
    login,
    overview,
    owners,
    pages,
    runs,
    samples,
    setup,
    sign_in,
)
from .answers import add_error_answers, answer_any, answer_cut_short, answer_not_ready
from .built_page import BuiltPage
from .hooks import HookRoutes
from .origins import check_origin
from .pages import PageElsewhere
from .plugins import PREFIX, PluginRoutes
from .shapes.notices import describe_notices
from .shapes.refusals import REFUSALS
from .unsigned import Budget, Share

if TYPE_CHECKING:
    from ..host.engine import Engine

MAX_BODY_BYTES = 2 * 1024 * 1024
UPLOADS = "/api/files"
STREAM = "/api/stream"
AREAS = ("api", "auth", "assets", "healthz", "readyz", "metrics")
# What is below these is for programs: who gets lost there is told so in their language.
NO_PAGES = (*AREAS, PREFIX.strip("/"), HOOKS.strip("/"))
# Answered at once, without a task of their own.
NEVER_WRITING = ("assets", "healthz")
ALWAYS_ANSWERED = ("/healthz", "/readyz")
DESCRIPTION = """Everything the engine's page can do. Send `Authorization: Bearer …` with an API \
token; the first one is in the file `api-token` of the data folder. Errors are \
`{"error": {"title", "cause", "cure", "field"?, "code"?}}`."""


class Application:
    """Sends requests to the plugins' routes and the triggers', everything else to FastAPI."""

    def __init__(self, engine: Engine, budget: Budget) -> None:
        self._plugins = PluginRoutes(engine, budget)
        self._hooks = HookRoutes(engine, budget)
        self._rest = create_rest(engine, budget)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def noticed(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._for(scope)(scope, receive, noticed)
        except asyncio.CancelledError:  # the server waits no longer, and would send a bare 500
            if has_started or scope["type"] != "http":
                raise
            await answer_cut_short()(scope, receive, send)

    def _for(self, scope: Scope) -> ASGIApp:
        path: str = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(PREFIX):
            return self._plugins
        return self._hooks if path.startswith(HOOKS) else self._rest


def create_app(engine: Engine, budget: Budget | None = None) -> Application:
    """Return the application of an engine, which somebody else starts and stops."""
    return Application(engine, budget or Budget())


def create_rest(engine: Engine, budget: Budget | None = None) -> FastAPI:
    """Return everything but the plugins' routes."""
    app = _Rest(
        title="Engine",
        version="1",
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
        # Names of functions in clients that are generated.
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.engine = engine
    for part in (
        components,
        accounts,
        flows,
        runs,
        samples,
        overview,
        files,
        configuration,
        setup,
        owners,
        health,
        login,
        sign_in,
        pages,
    ):
        app.include_router(part.router)
    app.state.built_page = BuiltPage(engine.settings.built_page)
    app.router.default = PageElsewhere(app.router.default, NO_PAGES)
    add_error_answers(app)
    app.add_middleware(Edge, engine=engine, budget=budget or Budget())
    return app


class _Rest(FastAPI):
    """FastAPI, which by itself describes only streams that it makes itself."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            describe_notices(super().openapi(), STREAM)
        return super().openapi()


class Edge:
    """Around everything but the plugins: counts, limits bodies, answers what nobody caught."""

    def __init__(self, app: ASGIApp, engine: Engine, budget: Budget) -> None:
        self._app, self._engine, self._budget = app, engine, budget
        self._impatient = Impatient(self._report)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        counted = _Counted(self._engine, _area(path), send)
        reply = _Reply(counted)
        if not self._engine.is_ready and path not in ALWAYS_ANSWERED:
            await answer_not_ready()(scope, receive, counted)
            return
        try:
            _check_head(scope)
            check_origin(scope, self._engine.settings.base_url)
            work = self._reply(scope, receive, reply)
            await (work if _area(path) in NEVER_WRITING else self._impatient.do(work))
        except ClientDisconnect:
            return
        except Exception as error:  # the outermost handler: a sentence, not a bare 500
            reply.is_over = True
            await self._answer(error, scope, receive, counted)

    def _report(self, error: BaseException) -> None:
        if self._engine.is_ready:  # else it was stopped before the database went on
            self._engine.log.error("request_failed_unseen", exc_info=error)

    async def _reply(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        with self._budget.share() as share:
            limited = receive if scope["path"] == UPLOADS else _limited(receive, share)
            await self._app(scope, limited, reply)

    async def _answer(
        self, error: Exception, scope: Scope, receive: Receive, send: _Counted
    ) -> None:
        if send.has_started:
            # The status is out already; the server closes the connection.
            self._engine.log.error("answer_broken_off", path=scope["path"], exc_info=error)
            raise error
        await answer_any(self._engine, error, scope["path"])(scope, receive, send)


class _Reply:
    """Passes an answer on; once it is over, what comes late goes nowhere."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_over = False

    async def __call__(self, message: Message) -> None:
        if not self.is_over:
            await self._send(message)


class _Counted:
    def __init__(self, engine: Engine, area: str, send: Send) -> None:
        self._metrics, self._area, self._send = engine.metrics, area, send
        self._started = time.perf_counter()
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            seconds = time.perf_counter() - self._started
            self._metrics.request_seconds.labels(self._area).observe(seconds)
            self._metrics.requests.labels(self._area, str(message["status"])).inc()
        await self._send(message)


def _check_head(scope: Scope) -> None:
    """Refuse what can be refused before the body is read."""
    path: str = scope["path"]
    if "\0" in path or b"%00" in scope["query_string"]:
        raise RejectedError(
            "The address cannot be read",
            "It holds a NUL character.",
            "Remove %00 from it.",
        )
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if path != UPLOADS and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()


def _too_large() -> TooLargeError:
    return TooLargeError(
        "The request is too large",
        f"A body may have {MAX_BODY_BYTES:,} bytes here.",
        f"Send files to {UPLOADS}.",
    )


def _limited(receive: Receive, share: Share) -> Receive:
    is_whole = False

    async def receive_some() -> Message:
        nonlocal is_whole
        if is_whole:  # what comes now is that the sender has gone
            return await receive()
        message = await share.receive(receive)
        if share.size_bytes > MAX_BODY_BYTES:
            raise _too_large()
        is_whole = not message.get("more_body")
        return message

    return receive_some


def _area(path: str) -> str:
    first = path.split("/", 2)[1]
    return first if first in AREAS else "page"
