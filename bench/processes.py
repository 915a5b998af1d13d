"""Processes beside this one: started, frozen while others are measured, and killed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY_S = 60.0


@dataclass
class Child:
    """A running process that has told its port."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def freeze(self) -> None:
        """Let it stand still, so that it takes nothing from the others."""
        self.process.send_signal(signal.SIGSTOP)

    @contextlib.contextmanager
    def awake(self) -> Generator[None]:
        """Let a frozen process run in here."""
        self.process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.freeze()

    def kill(self) -> None:
        """End it without a warning, as a crash would."""
        self.process.kill()
        self.process.wait()

    def check(self) -> None:
        """Raise RuntimeError with the end of its log when the process has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(
                f"a measured process ended ({self.process.returncode}):\n{self.log_end()}"
            )

    def log_end(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-2000:]


def start(
    module: str, arguments: Sequence[str], *, folder: Path
) -> contextlib.AbstractContextManager[Child]:
    """Run a module until the context ends; it has to print {"port": ...} once it is ready."""
    return start_command([sys.executable, "-m", module, *arguments], folder=folder)


@contextlib.contextmanager
def start_command(command: Sequence[str], *, folder: Path) -> Generator[Child]:
    """Run a command until the context ends; it has to print {"port": ...} once it is ready."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "stderr.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    child = Child(process, 0, log)
    try:
        child.port = _port(child)
        yield child
    finally:
        _end(process)


def free_port() -> int:
    """Return a port that a process may be told to take."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def bare_environment() -> dict[str, str]:
    """Return the environment without settings of an engine that somebody uses otherwise.

    Modules are compiled once, as they are wherever a package is installed.
    """
    others = {"PYTHONDONTWRITEBYTECODE"}
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("APPMIXER_") and name not in others
    }


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        [line] = [each for each in status.read_text().splitlines() if each.startswith("VmRSS")]
        return int(line.split()[1]) / 1024
    return int(_ps("rss", pid)) / 1024


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used so far, with all its threads."""
    if sys.platform == "linux":
        # The number of another process's clock, as clock_getcpuclockid(3) makes it. /proc has the
        # same in hundredths of a second, which is more than a run takes.
        return time.clock_gettime((~pid << 3) | 2)
    minutes, _, seconds = _ps("time", pid).rpartition(":")
    return int(minutes) * 60 + float(seconds)


def _ps(what: str, pid: int) -> str:
    told = subprocess.run(
        ["ps", "-o", f"{what}=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def _port(child: Child) -> int:
    assert child.process.stdout is not None
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        readable, _, _ = select.select([child.process.stdout], [], [], 0.2)
        if readable and (line := child.process.stdout.readline()):
            return int(json.loads(line)["port"])
        child.check()
    raise TimeoutError(f"not ready after {READY_S:g} s; see {child.log}")


def _end(process: subprocess.Popen[str]) -> None:
    # Its folder goes as well, so there is nothing that it would have to put in order.
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
