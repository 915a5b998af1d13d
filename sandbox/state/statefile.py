"""The file in which a world is kept: made, recognised, and held by one sandbox alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

# "wasb" as SQLite's application_id: no other program's file is taken for a world.
APPLICATION_ID = 0x77617362
FORMAT = 2
TABLES = (
    """CREATE TABLE entry (place TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
                        UNIQUE (place, key))""",
    "CREATE TABLE content (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL)",
)


class StateError(Exception):
    """A file that cannot be used: a sentence that says why, and what to do. It was not changed."""


def open_state(path: Path) -> sqlite3.Connection:
    """Open or make a file, alone. Nothing is written to one that is not ours."""
    is_new = not path.exists() or path.stat().st_size == 0
    try:
        file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    except sqlite3.Error as failed:
        raise StateError(f"{path} cannot be opened: {failed}.") from None
    try:
        _claim(file, path, is_new=is_new)
    except (sqlite3.Error, StateError) as failed:
        file.close()
        raise StateError(_reason(path, failed)) from None
    return file


def _claim(file: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    file.execute("PRAGMA locking_mode = EXCLUSIVE")
    if not is_new:
        [application] = file.execute("PRAGMA application_id").fetchone()
        [version] = file.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise StateError(f"{path} is not a sandbox's state. Name another file.")
        if version != FORMAT:
            raise StateError(
                f"{path} was written by another version of the sandbox (its format is {version},"
                f" this one's {FORMAT}). Move it away to start with a new one."
            )
    # The lock is taken by the first write and held; two sandboxes on one file would mix.
    file.execute("BEGIN EXCLUSIVE")
    if is_new:
        for statement in TABLES:
            file.execute(statement)
        file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        file.execute(f"PRAGMA user_version = {FORMAT}")
    file.execute("COMMIT")


def _reason(path: Path, failed: Exception) -> str:
    if isinstance(failed, StateError):
        return str(failed)
    if "locked" in str(failed):
        return f"{path} is in use by another sandbox. Stop it, or name another file."
    if "not a database" in str(failed):
        return f"{path} is not a sandbox's state. Name another file."
    return f"{path} cannot be used: {failed}."
