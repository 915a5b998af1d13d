"""Temporal's server for development: all of it in one process, which keeps nothing on the disk.

In a file it commits one thing after the other to SQLite, and is slower: no server that is meant for
work does that.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import bare_environment, free_port

BINARY = Path(sys.executable).with_name("temporal")
NAMESPACE = "default"
READY_S = 60.0
# A second, and some.
TOLD_EVERY_S = 1.2
ACTIONS = re.compile(rf'^action\{{[^}}]*namespace="{NAMESPACE}"[^}}]*\}} (\S+)$', re.M)


def is_installed() -> bool:
    return BINARY.exists()


@dataclass(frozen=True)
class Temporal:
    """A running server."""

    address: str
    pid: int
    metrics_port: int

    def actions(self) -> float:
        """Return how many actions it has counted, which is what Temporal's cloud is paid by.

        It tells them at intervals, so this waits until nothing more is told.
        """
        before, now = -1.0, self._told()
        while now != before:
            time.sleep(TOLD_EVERY_S)
            before, now = now, self._told()
        return now

    def _told(self) -> float:
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return sum(map(float, ACTIONS.findall(answer.read().decode())))


@contextmanager
def server(folder: Path) -> Generator[Temporal]:
    """Run a server until the context ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port, metrics_port, http_port = free_port(), free_port(), free_port()
    ports = [f"--port={port}", f"--metrics-port={metrics_port}", f"--http-port={http_port}"]
    options = ["--headless", "--ip=127.0.0.1", *ports]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [BINARY, "server", "start-dev", "--log-level=error", *options],
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(process, port, folder / "log")
        yield Temporal(f"127.0.0.1:{port}", process.pid, metrics_port)
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Temporal's server does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    asked = ["operator", "namespace", "describe", NAMESPACE, f"--address=127.0.0.1:{port}"]
    return subprocess.run([BINARY, *asked], capture_output=True).returncode == 0
