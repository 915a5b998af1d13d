"""One way to serve for every process that is measured, so that only the applications differ."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from typing import Any

import uvicorn

BACKLOG = 256


async def serve(application: Any) -> None:
    """Serve on a free port, which is printed, until the process is asked to end."""
    config = uvicorn.Config(
        application,
        http="httptools",
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
    )
    listening = free_socket()
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    tell_port(listening)
    await task


def free_socket() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(BACKLOG)
    return listening


def tell_port(listening: socket.socket) -> None:
    """Print the line that says: ready, here."""
    sys.stdout.write(json.dumps({"port": listening.getsockname()[1]}) + "\n")
    sys.stdout.flush()


async def until_asked_to_end() -> None:
    """Return when SIGTERM or SIGINT comes."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    await ended.wait()
