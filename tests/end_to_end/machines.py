"""Machines that share a database and nothing else, and a load balancer in front of them."""

from __future__ import annotations

import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from ..machine import slowness
from ..ports import free_port
from .conftest import BIN, Process, World, running

# Five times what is promised, and more on a machine that is slow at the moment.
TAKEN_OVER_S = 5 * 15


@dataclass
class Machines:
    """Processes on one database, each with a folder of its own; one of them is at work."""

    world: World
    folder: Path
    alive: list[Process]
    dead: list[Process] = field(default_factory=list[Process])
    takeovers_s: list[float] = field(default_factory=list[float])

    def begin(self, command: Sequence[str] = ()) -> Process:
        """Begin one more on a machine that was empty until now, with the first one's command."""
        number = len(self.alive) + len(self.dead)
        first = self.world.engine
        port, data = free_port(), self.folder / f"machine-{number}"
        words = list(command or first.command)
        words[words.index("--data") + 1] = str(data)
        words[words.index("--port") + 1] = str(port)
        url = f"http://127.0.0.1:{port}"
        log = self.folder / f"machine-{number}.log"
        begun = replace(first, command=words, url=url, log=log, running=None)
        self.alive.append(begun)
        begun.start()
        return begun

    def lose_the_one_at_work(self, meanwhile: Callable[[], bool] = lambda: True) -> None:
        """Kill it, and remove its folder; return when another one is at work.

        It does nothing any more, and hears nothing, while that is waited for which is to happen
        meanwhile.
        """
        lost = self.world.wait_until(self.at_work, "one is at work", TAKEN_OVER_S * slowness())
        lost.freeze()
        self.world.wait_until(meanwhile, "what was under way has happened")
        lost.kill()
        lost_at = time.monotonic()
        shutil.rmtree(_folder(lost))
        self.alive.remove(lost)
        self.dead.append(lost)
        self.world.engine = self.alive[0]
        self.world.wait_until(self.at_work, "it is taken over", TAKEN_OVER_S * slowness())
        self.takeovers_s.append(time.monotonic() - lost_at)

    def stop(self) -> None:
        for each in self.alive:
            each.stop()

    def at_work(self) -> Process | None:
        for each in self.alive:
            ready = self.world.http.get(f"{each.url}/readyz")
            if ready.status_code == 200 and ready.json()["hasTurn"]:
                return each
        return None


def _folder(process: Process) -> Path:
    return Path(process.command[process.command.index("--data") + 1])


@contextmanager
def machines(folder: Path, database_url: str, **settings: Any) -> Generator[Machines]:
    """Run a sandbox and two processes that share a database and nothing else."""
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    with (
        running(folder, command, database_url=database_url, secret_key=key, **settings) as world,
        ExitStack() as opened,
    ):
        found = Machines(world, folder, [world.engine])
        opened.callback(found.stop)
        found.begin()
        yield found


class Balancer:
    """A load balancer: each connection goes to one of the processes that are there."""

    def __init__(self, found: Machines) -> None:
        self._found = found
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = self._connected()
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pass, args=pair, daemon=True).start()

    def _connected(self) -> socket.socket:
        while True:
            port = int(random.choice(self._found.alive).url.rpartition(":")[2])
            with suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", port))
            time.sleep(0.02)


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65_536):
            sink.sendall(content)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
