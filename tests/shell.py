"""The command line as a person uses it: `appmixer` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

DEADLINE_S = 150.0
COMMAND = [sys.executable, "-c", "from appmixer.engine.cli import main; main()"]


@dataclass
class Shell:
    """Runs `appmixer` with a data folder and an address of its own."""

    data: Path
    url: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("APPMIXER")}
        own = {"APPMIXER_DATA": str(self.data), "NO_COLOR": "1", "TERM": "dumb"}
        return {**kept, **own, **self.variables}

    def run(self, *arguments: str, given: str = "", is_near: bool = True) -> tuple[int, str, str]:
        environment = {**self.environment, **({"APPMIXER_URL": self.url} if is_near else {})}
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=given,
            capture_output=True,
            text=True,
            env=environment,
            timeout=DEADLINE_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def up(self, *arguments: str) -> subprocess.Popen[str]:
        """Start an engine and wait until it is ready."""
        process = subprocess.Popen(
            [*COMMAND, "up", "--port", self.url.rpartition(":")[2], *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        wait_until_ready(self.url, process)
        return process


def wait_until_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the engine did not get ready"
            assert process.poll() is None, process.communicate()
        time.sleep(0.05)
