"""A PostgreSQL server of its own, set as it comes: every commit is an fsync."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from .processes import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# The server works for no root, and its user may not look into everybody's folders. Not /tmp:
# where that is memory, fsync means nothing.
FOLDER = "/var/tmp"
# Where it stands in /proc/PID/stat, from the state on (proc_pid_stat(5)).
PARENT, OWN_TIMES, ENDED_TIMES = 1, slice(11, 13), slice(13, 15)


def is_installed() -> bool:
    return bool(BINARIES)


@contextmanager
def cluster() -> Generator[str]:
    """Run a server until the context ends; yield the URL of its empty database."""
    binaries, folder = BINARIES[-1], Path(tempfile.mkdtemp(prefix="bench-postgres-", dir=FOLDER))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = folder / "data", free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    try:
        _run(binaries / "initdb", "-D", data, "-U", "bench", "--auth=trust", "--no-sync")
        _run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://bench@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def cpu_s(url: str) -> float:
    """Return the processor time that a server has used so far, with all its processes (Linux)."""
    with psycopg.connect(url, autocommit=True) as connection:
        server = int(_stat(connection.info.backend_pid)[PARENT])
    numbers = (int(each.name) for each in Path("/proc").glob("[0-9]*"))
    of_others = (
        found for each in numbers if (found := _stat(each)) and int(found[PARENT]) == server
    )
    # The server's own times, and those of its processes that have ended.
    ticks = sum(map(int, _stat(server)[OWN_TIMES.start : ENDED_TIMES.stop]))
    ticks += sum(sum(map(int, each[OWN_TIMES])) for each in of_others)
    return ticks / os.sysconf("SC_CLK_TCK")


def written_bytes(url: str) -> int:
    """Return how much the server has written ahead since it was made."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()
    assert found is not None
    return int(found[0])


def _stat(process: int) -> list[str]:
    """Return what Linux tells of a process, from its state on; nothing of one that has ended."""
    try:
        # The name before it may hold spaces, and ends with the last bracket.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _run(*words: object) -> None:
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_user, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"PostgreSQL: {done.stdout}{done.stderr}")
