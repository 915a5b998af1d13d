"""An engine behind its port: uvicorn, and what `appmixer up` does around it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, TypeVar, cast

import uvicorn

from ..accounts.api_token import read_token
from ..accounts.owners import FIRST_OWNER, Identity
from ..contract import load_connectors
from ..contract.redaction import Redaction
from ..errors import StartError
from ..host.engine import Engine
from ..host.starting import check, explaining
from ..observe.logs import get_log, pass_on_everything
from ..settings import Settings, Simulator
from ..temporal.checking import check_temporal
from .application import create_app
from .connections import BoundedConfig, BoundedProtocol, Limits
from .owners import with_token

SANDBOXES = "appmixer.sandboxes"
BACKLOG = 2048
# uvicorn ticks every tenth of a second.
TICKS_PER_CHECK = 5
LIMITS = Limits()
MAX_PORT = 65_535
SHUTDOWN_S = 5
Say = Callable[[str], None]
T = TypeVar("T")


class Rehearsal(Protocol):
    """A module of the entry-point group `appmixer.sandboxes`: a simulated service and its demo."""

    LABEL: str
    """What the simulation's page shows."""

    def page(self, sandbox_url: str) -> str:
        """Return the address of the page that the engine's own page may hold beside itself."""
        ...

    async def serve(self, host: str, port: int) -> None:
        """Serve the simulation until cancelled."""
        ...

    def configuration(self, sandbox_url: str) -> Mapping[str, Mapping[str, str]]:
        """Return the configuration by connector id with which a connector uses the simulation."""
        ...

    async def rehearse(self, engine_url: str, token: str, sandbox_url: str, say: Say) -> bool:
        """Run the main job over HTTP, telling each step; return whether all of it happened."""
        ...


@dataclass(frozen=True)
class Running:
    """An engine that is being served."""

    engine: Engine
    url: str

    async def link(self) -> str:
        """Return a one-time link to the engine's page for the first owner."""
        owners = self.engine.owners
        first = Identity(owners.first_owner_id, FIRST_OWNER, is_administrator=True)
        return self.url + with_token("/", await owners.invite(first))


class _Server(uvicorn.Server):
    """Leaves the signals alone: whoever started it also stops the engine in order."""

    def __init__(self, config: BoundedConfig) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_listening.set()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_PER_CHECK == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedProtocol):
                    connection.check(now)
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(settings: Settings, limits: Limits = LIMITS) -> AsyncGenerator[Running]:
    """Run an engine and serve it as long as the context lasts; port 0 picks a free one."""
    check(settings)
    check_temporal(settings)
    listening = listen(settings.host, settings.port)
    settings = replace(settings, port=listening.getsockname()[1])
    connectors = load_connectors()
    redaction = Redaction(each.manifest.secrets for each in connectors.values())
    pass_on_everything(get_log("process", redaction=redaction))
    try:
        with explaining(settings):
            engine = Engine(settings, connectors)
            await engine.start()
    except BaseException:
        listening.close()
        raise
    config = BoundedConfig(
        create_app(engine),
        limits,
        lifespan="off",
        loop="none",
        ws="none",
        access_log=False,
        log_config=None,
        # What a stranger sends is worth no line of the log.
        log_level="error",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]), name="http server")
    try:
        await server.is_listening.wait()
        with _long_lived():
            yield Running(engine, settings.base_url)
    finally:
        engine.stream.close()
        engine.hearing.close()
        server.should_exit = True
        await task
        await engine.stop()


@contextlib.contextmanager
def _long_lived() -> Generator[None]:
    """Spare what was loaded at start from garbage collection, and let threads take quicker turns.

    Measured with `make bench`: a third of a run's time was spent collecting what never goes, and
    the loop waited for the interpreter lock behind the threads that write to the database.
    """
    threshold, interval_s = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(20_000, 5, 4)
    gc.enable()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        gc.set_threshold(*threshold)
        gc.unfreeze()


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; raise StartError if somebody else has it."""
    if not 0 <= port <= MAX_PORT:
        raise StartError(f"There is no port {port}: ports are numbers up to {MAX_PORT}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartError(
            f"Port {port} of {host} cannot be opened: {error.strerror}. Stop what uses it,"
            " or choose another one."
        ) from None


async def up(settings: Settings, say: Say) -> int:
    """Serve an engine until it is told to stop."""
    stop = _stop_signal()
    async with serving(settings) as running:
        await _unless(stop, _say_where(running, say))
        await stop.wait()
    return 1 if running.engine.unfinished else 0


async def up_with_sandbox(
    settings: Settings, sandbox_port: int, say: Say, *, once: bool, keeps_data: bool
) -> int:
    """Serve an engine beside a simulated service, and show the main job; return the exit code."""
    stop = _stop_signal()
    rehearsal = load_rehearsal()
    async with contextlib.AsyncExitStack() as stack:
        if not keeps_data:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="appmixer-"))
            settings = replace(settings, data=Path(folder))
        sandbox_url = f"http://{settings.host}:{sandbox_port}"
        listen(settings.host, sandbox_port).close()
        sandbox = asyncio.create_task(rehearsal.serve(settings.host, sandbox_port), name="sandbox")
        stack.push_async_callback(_cancel, sandbox)
        settings = replace(
            settings,
            environment=_rehearsing(settings.environment, rehearsal.configuration(sandbox_url)),
            public_url="",
            simulator=Simulator(rehearsal.page(sandbox_url), rehearsal.LABEL),
        )
        running = await stack.enter_async_context(serving(settings))
        await _unless(stop, _say_where(running, say))
        say(f"Sandbox    {sandbox_url}")
        say(f"Data       {settings.data}{'' if keeps_data else ' (removed at the end)'}\n")
        token = read_token(settings.data, settings.environment)
        rehearsing = rehearsal.rehearse(running.url, token, sandbox_url, say)
        has_happened = await _unless(stop, rehearsing)
        if has_happened is None:
            return 1
        if not once:
            say("\nServing until Ctrl-C.")
            await stop.wait()
    return 0 if has_happened else 1


def load_rehearsal() -> Rehearsal:
    """Return the installed simulation; raise StartError if there is none."""
    found = list(entry_points(group=SANDBOXES))
    if not found:
        raise StartError("No sandbox is installed with this engine.")
    return cast("Rehearsal", found[0].load())


async def _say_where(running: Running, say: Say) -> None:
    say(f"Engine     {running.url}")
    say(f"API        {running.url}/api/openapi.json")
    say(f"Open once  {await running.link()}")
    say(f"Commands   {running.engine.settings.shell_variables}")
    for each in running.engine.left_out:
        say(f"Left out   {each.distribution} (entry point {each.entry_point}): {each.reason}")


def _rehearsing(
    environment: Mapping[str, str], configuration: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str]:
    """Return the environment with the simulation in the place of every real service.

    Nothing of it is stored, so a data folder keeps its configuration for the real one.
    """
    combined = dict(environment)
    for connector_id, connector in load_connectors().items():
        values = configuration.get(connector_id, {})
        for key in connector.manifest.configuration:
            combined.pop(key.environment, None)
            if key.name in values:
                combined[key.environment] = values[key.name]
    return combined


def _stop_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """Return what the work returns, or None when it was told to stop before."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return None
