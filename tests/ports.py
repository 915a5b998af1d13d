"""Ports for servers that a test starts by their number."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

# Below those that the kernel gives to outgoing connections, which could take one in the meantime.
RANGE = range(20_000, 32_000)
# Tests run side by side; each process has ports of its own, and gives none of them out twice.
WORKERS = 8
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
PORTS = iter(random.sample(RANGE[WORKER::WORKERS], len(RANGE) // WORKERS))


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")
