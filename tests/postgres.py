"""A real PostgreSQL: one server for all tests of a process, an empty database for each."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from .ports import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_NUMBERS = itertools.count(1)


@contextmanager
def running_postgres() -> Generator[str]:
    """Run a server in a folder of its own; gives its address without a database."""
    assert BINARIES, "PostgreSQL's server is missing: apt-get install postgresql"
    binaries, folder = BINARIES[-1], Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = folder / "data", free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",  # no test pulls the plug of this one
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _command(binaries / "initdb", "-D", data, "-U", "tester", "--auth=trust", "--no-sync")
    starting = ["-D", data, "-o", options, "-l", folder / "log", "-w", "-t", "300", "start"]
    _command(binaries / "pg_ctl", *starting)
    try:
        yield f"postgresql://tester@127.0.0.1:{port}"
    finally:
        _command(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@contextmanager
def frozen(url: str) -> Generator[None]:
    """Stop all processes of a server: connections stay open, and nothing is answered."""
    with psycopg.connect(url) as connection:
        parent = _parent(connection.info.backend_pid)
    children = [int(each.name) for each in Path("/proc").glob("[0-9]*")]
    processes = [parent, *(each for each in children if _parent(each) == parent)]
    _signal(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(processes, signal.SIGCONT)


@contextmanager
def away(url: str) -> Generator[None]:
    """Stop a server, which ends its connections and takes none, and start it again."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SHOW data_directory").fetchone()
    assert found is not None
    data, pg_ctl = Path(found[0]), BINARIES[-1] / "pg_ctl"
    _command(pg_ctl, "-D", data, "-m", "fast", "-w", "-t", "300", "stop")
    try:
        yield
    finally:
        # What it was started with is kept in its folder.
        options = (data / "postmaster.opts").read_text().split(maxsplit=1)[1].strip()
        started = ["-D", data, "-o", options, "-l", data.with_name("log"), "-w", "-t", "300"]
        _command(pg_ctl, *started, "start")


def _parent(process: int) -> int:
    try:
        # The name before it may hold spaces, and ends with the last bracket.
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def empty_database(server: str) -> str:
    """Make a database of a new name; return its URL."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{server}/{name}"


def _command(*words: object) -> None:
    """Run a PostgreSQL command; the server refuses to work for root."""
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_user, *map(str, words)], check=True, capture_output=True)
