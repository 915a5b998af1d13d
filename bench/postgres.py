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

from .processes import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# The server works for no root, and its user may not look into everybody's folders. Not /tmp:
# where that is memory, fsync means nothing.
FOLDER = "/var/tmp"


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


def _run(*words: object) -> None:
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_user, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"PostgreSQL: {done.stdout}{done.stderr}")
