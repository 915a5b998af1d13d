"""The data folder: one engine's at a time, and the place where a machine knows its own name."""

from __future__ import annotations

import fcntl
import uuid
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

LOCK_FILE = "engine.lock"
MACHINE_FILE = "machine-id"


class FolderInUseError(Exception):
    """Another engine is running on the data folder."""


@dataclass(frozen=True)
class Folder:
    """A data folder that this process has taken."""

    machine_id: str
    _lock: TextIOWrapper

    def close(self) -> None:
        """Give the folder free; ending the process in any way does the same."""
        self._lock.close()


def open_folder(data: Path) -> Folder:
    """Take the folder; raise FolderInUseError if another engine has it."""
    lock = (data / LOCK_FILE).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise FolderInUseError(
            f"Another engine is running on {data}. Stop it first, or give this one another folder"
            " with --data. Several engines share a database, not a folder."
        ) from None
    path = data / MACHINE_FILE
    if not path.exists():
        path.write_text(uuid.uuid4().hex)
    return Folder(path.read_text(), lock)
