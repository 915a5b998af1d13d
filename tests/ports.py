"""Ports for servers that a test starts by their number."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below those that the kernel gives to outgoing connections, which could take one in the meantime.
RANGE = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    for port in random.sample(RANGE, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")
