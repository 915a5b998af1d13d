"""How measured processes tell their port; uvicorn for those without an engine, set as it does."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from typing import Any

import uvicorn

BACKLOG = 2048


async def serve(application: Any) -> None:
    """Serve on a free port, which is printed, until the process is asked to end."""
    # The same options as in the engine's server.py.
    config = uvicorn.Config(
        application,
        lifespan="off",
        loop="none",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
    )
    listening = free_socket()
    await _Server(config).serve([listening])


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listening in sockets or []:
            tell_port(listening.getsockname()[1])


def free_socket() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)


def tell_port(port: int) -> None:
    """Print the line that says: ready, here."""
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()


async def until_asked_to_end() -> None:
    """Return when SIGTERM or SIGINT comes."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    await ended.wait()
