"""An engine that is told to stop, or to start, while its database hangs: it ends, and says why."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from appmixer.engine.storage.database import database_url, migrate, open_database

from ...ports import free_port
from ...postgres import frozen
from ...shell import COMMAND, Shell
from .test_starts import clean

# Promised are 15 s to stop, and 10 s to give up a start; a busy machine may take three times that.
STOPPED_S, GIVEN_UP_S = 45.0, 30.0
KEY = "/api/configuration/appmixer:whatsapp/verifyToken"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data", f"http://127.0.0.1:{free_port()}")


def stop(process: subprocess.Popen[str]) -> tuple[int, str, float]:
    """Tell a process to end; return its exit code, what it has logged and how long it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        _, logged = process.communicate(timeout=STOPPED_S)
    finally:
        process.kill()
    return process.returncode, logged, time.monotonic() - began


def write(shell: Shell) -> int:
    """Ask for something to be stored; return the status, or 0 from an engine that has ended."""
    token = (shell.data / "api-token").read_text()
    headers = {"Authorization": f"Bearer {token}"}
    value = {"value": "a-new-token"}
    try:
        return httpx.put(shell.url + KEY, json=value, headers=headers, timeout=60).status_code
    except httpx.TransportError:
        return 0


@contextlib.contextmanager
def locked(data: Path) -> Generator[None]:
    path = data / "appmixer.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        yield
        intruder.execute("ROLLBACK")


@pytest.mark.parametrize("writes", [False, True])
def test_a_hanging_server_does_not_keep_the_process_from_ending(
    shell: Shell, postgres: str, writes: bool
) -> None:
    process = shell.up("--database-url", postgres)
    with frozen(postgres), ThreadPoolExecutor(1) as threads:
        told = write(shell)
        asked = threads.submit(write, shell) if writes else None
        code, logged, took_s = stop(process)

    assert took_s < STOPPED_S
    assert (told, code, '"stop_unfinished"' in logged) == (503, 1, True), logged
    assert asked is None or asked.result() in (0, 503)


def test_a_commit_that_hangs_does_not_keep_the_process_from_ending(
    shell: Shell, postgres: str
) -> None:
    process = shell.up("--database-url", postgres)
    with psycopg.connect(postgres) as intruder, ThreadPoolExecutor(1) as threads:
        intruder.execute("LOCK TABLE configuration IN EXCLUSIVE MODE")
        asked = threads.submit(write, shell)
        wait_until_waited_for(intruder)
        code, logged, took_s = stop(process)
        status = asked.result()
        query = "SELECT key FROM configuration WHERE key = 'verifyToken'"
        stored = intruder.execute(query).fetchall()

    assert took_s < STOPPED_S
    assert (code, status, stored) == (1, 503, []), logged
    assert "a commit: it was acknowledged to nobody" in logged


def wait_until_waited_for(intruder: psycopg.Connection[Any]) -> None:
    until = time.monotonic() + STOPPED_S
    while not intruder.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_database_that_somebody_has_locked_does_not_keep_the_process_from_ending(
    shell: Shell,
) -> None:
    process = shell.up()
    with locked(shell.data), ThreadPoolExecutor(1) as threads:
        asked = threads.submit(write, shell)
        code, logged, took_s = stop(process)

    assert took_s < STOPPED_S
    assert (code, asked.result() in (0, 503)) == (0, True), logged


def start(*arguments: str) -> tuple[int, str, float]:
    """Start an engine that cannot; return its exit code, its complaint and how long it took."""
    began = time.monotonic()
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=GIVEN_UP_S,
        env=clean(),
        check=False,
    )
    return done.returncode, done.stderr, time.monotonic() - began


@pytest.fixture
def silent() -> Generator[str]:
    """A server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql://somebody:hush@127.0.0.1:{listening.getsockname()[1]}/somewhere"


@pytest.fixture
def hanging(postgres: str) -> Generator[str]:
    """A real server that has been stopped."""
    with frozen(postgres):
        yield postgres


class Muted:
    """A way to a server on which nothing comes back after so many of its messages."""

    def __init__(self, url: str, after: bytes) -> None:
        parts = httpx.URL(url)
        self._target, self._after = ("127.0.0.1", int(parts.port or 0)), after
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = str(parts.copy_with(port=self._listening.getsockname()[1]))
        self._open: list[socket.socket] = [self._listening]
        self._is_mute = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                if self._after in content:
                    self._is_mute.set()
                if not self._is_mute.is_set():
                    sink.sendall(content)


# What an engine asks for at its start, in its order.
QUESTIONS = {
    "which tables there are": b"alembic_version",
    "what is sealed": b"FROM accounts",
    "who the first owner is": b"INSERT INTO owners",
    "how connectors are configured": b"configuration.connector",
}


@pytest.fixture(params=QUESTIONS)
def muted(postgres: str, request: pytest.FixtureRequest) -> Generator[str]:
    """A server that hangs at one of the questions of a start."""
    database = open_database(database_url(Path(), postgres))
    migrate(database)
    database.dispose()
    way = Muted(postgres, QUESTIONS[request.param])
    yield way.url
    way.close()


@pytest.mark.parametrize("server", ["silent", "hanging"])
def test_a_start_at_a_server_that_says_nothing_ends_soon_with_a_sentence(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    told = start_at(request.getfixturevalue(server), tmp_path)

    assert told == (1, True, True, True)


def test_a_start_at_a_server_that_hangs_half_way_ends_soon_with_a_sentence(
    muted: str, tmp_path: Path
) -> None:
    told = start_at(muted, tmp_path)

    assert told == (1, True, True, True)


def start_at(url: str, folder: Path) -> tuple[int, bool, bool, bool]:
    """Return the exit code, and whether cause, cure and end came as they should."""
    data = str(folder / "data")
    code, complaint, took_s = start("up", "--port", "0", "--data", data, "--database-url", url)
    sentence = "The database at 127.0.0.1 cannot be used: "
    return (
        code,
        sentence in complaint,
        "Check that the server runs" in complaint,
        took_s < GIVEN_UP_S,
    )


def test_a_value_that_cannot_be_stored_offline_ends_soon_with_a_sentence(
    hanging: str, shell: Shell
) -> None:
    shell = replace(shell, variables={"APPMIXER_DATABASE_URL": hanging})
    command = ("config", "set", "appmixer:whatsapp", "verifyToken", "a-new-token")

    code, _, complaint = shell.run(*command, is_near=False)

    assert (code, "cannot be used" in complaint) == (1, True), complaint
