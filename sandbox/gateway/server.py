"""The sandbox as an ASGI application, and as a server that runs until it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Generator
from functools import cached_property
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..behaviour.webhooks.courier import Courier
from ..controls.application import create_controls
from ..controls.phones import page_file
from ..state.keeping import Keeper
from ..world.seed import seed
from ..world.world import World
from .api import GraphApi
from .several import DISCONNECT

DEFAULT_PORT = 8322
CONTROLS_PATH = "/_sandbox"
TICK_S = 0.1
GRACE_S = 1.0
FAREWELL_S = 0.2


class Sandbox:
    """One world behind one ASGI application."""

    def __init__(self, world: World, keeper: Keeper | None = None) -> None:
        self.world = world
        self._keeper = keeper
        self._graph = GraphApi(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            # Also without a lifespan (a test client in the same loop) the timers run.
            self.world.clock.start()
            await self._answer(scope, receive, send)
            if self._keeper is not None and _may_change(scope):
                self._keeper.touch()

    @cached_property
    def _controls(self) -> ASGIApp:
        # Describing them takes far longer than all the rest, and not every test uses them.
        return create_controls(self.world)

    async def stop(self) -> None:
        """End deliveries and timers; may be called twice."""
        if self._keeper is not None:
            # What the courier still carries is part of the state.
            await self._keeper.stop()
        self.world.clock.stop()
        await self.world.courier.stop()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == CONTROLS_PATH or path.startswith(f"{CONTROLS_PATH}/"):
            await self._controls(scope, receive, send)
        elif path == "/" and scope["method"] in ("GET", "HEAD"):
            await page_file("index.html")(scope, receive, send)
        else:
            await self._graph(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.world.clock.start()
                if self._keeper is not None:
                    self._keeper.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_app(world: World | None = None, state: Path | None = None) -> Sandbox:
    """A sandbox of its own; two of them share nothing. With `state` it outlives the process.

    Raises StateError when the file cannot be used.
    """
    world = world if world is not None else World(seed, Courier)
    return Sandbox(world, Keeper(world, state) if state is not None else None)


def _may_change(scope: Scope) -> bool:
    """Logging in changes things by GET; looking at the controls does not."""
    return scope["method"] != "GET" or not scope["path"].startswith(CONTROLS_PATH)


async def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    world: World | None = None,
    state: Path | None = None,
    on_started: Callable[[str], None] | None = None,
) -> None:
    """Run a sandbox until this task is cancelled.

    `on_started` gets the address once connections are accepted; with port 0 it holds the free
    port that was found. Raises OSError when the address cannot be bound, and
    StateError when the file named by `state` cannot be used.
    """
    await run(create_app(world, state), host, port, on_started=on_started)


async def run(
    app: ASGIApp, host: str, port: int, *, on_started: Callable[[str], None] | None = None
) -> None:
    """Serve one ASGI application until this task is cancelled."""
    config = uvicorn.Config(
        app,
        http=_BreakableProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        # Where somebody takes what libraries log, it goes their way.
        log_config=None if logging.getLogger().handlers else LOGGING_CONFIG,
    )
    listener = _listen(host, port)
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if on_started is not None and server.ready.is_set():
            on_started(_address(listener))
        await asyncio.shield(running)
    finally:
        ready.cancel()
        if isinstance(app, Sandbox):
            # Its streams have no end of their own, and the server would wait for them.
            app.world.feed.close()
        server.leave()
        await running
        listener.close()


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's delay off on accepted connections.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the process, which may be an engine with its own server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._leaving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        # As uvicorn's, but it does not sleep through the moment it is told to leave.
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 864_000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # As uvicorn's, without its fixed naps: tests stop hundreds of these.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet(), GRACE_S)
        for task in list(self.server_state.tasks):
            task.cancel()
        await self.lifespan.shutdown()

    async def _quiet(self) -> None:
        state = self.server_state
        while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn's sets tell nobody
            await asyncio.sleep(0.001)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class _BreakableProtocol(HttpToolsProtocol):
    """Lends the application the connection, so that a fault can break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DISCONNECT: {"abort": self.transport.abort}}

    def connection_lost(self, exc: Exception | None) -> None:
        # A request that is here as a whole is dealt with, also when its sender is gone already;
        # uvicorn would tell the application of the loss before it hands over the body.
        if self.cycle and self.cycle.body and not self.cycle.more_body:
            self.loop.call_later(FAREWELL_S, super().connection_lost, exc)
        else:
            super().connection_lost(exc)
