"""The data folder: one engine's at a time, its user's only, and where a machine knows its name."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from ..errors import StartError
from .durable import kept, private

LOCK_FILE = "engine.lock"
MACHINE_FILE = "machine-id"
FILES_FOLDER = "files"
DATABASE_FILE = "appmixer.sqlite"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
# What an engine makes in its data folder, and what a file system has made there before.
_OURS = re.compile(
    r"appmixer\.sqlite(-wal|-shm|-journal)?|\.?(api-token|secret\.key|machine-id)(\..*)?"
    r"|engine\.lock|departures(\.(new|spare|former))?|files|lost\+found"
)


class FolderInUseError(StartError):
    """Another engine is running on the data folder."""


@dataclass(frozen=True)
class Folder:
    """A data folder that this process has taken."""

    machine_id: str
    _lock: TextIOWrapper

    def close(self) -> None:
        """Give the folder free; ending the process in any way does the same."""
        self._lock.close()


def prepare_folder(data: Path, *, has_database: bool) -> None:
    """Make the folder, and keep it and what an engine has made in it from everybody else.

    Raise StartError where that cannot be, and for an open folder with others' folders in it: that
    is a home, a project or a system's place, and closing it would take it from who needs it.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        mode = _mode(data)
        if mode & ~FOLDER_MODE and (mode & stat.S_ISVTX or _holds_others(data)):
            raise StartError(
                f"The data folder {data} is open to other users (mode {mode:04o}) and not the"
                " engine's alone. Give the engine a folder of its own with --data; or close this"
                f" one with: chmod 700 {data}"
            )
        (data / FILES_FOLDER).mkdir(exist_ok=True, mode=FOLDER_MODE)
        if has_database and not (data / DATABASE_FILE).exists():
            # SQLite would make it readable to everybody; what it makes beside takes this mode.
            os.close(private(str(data / DATABASE_FILE), os.O_RDWR | os.O_CREAT))
        _close_to_others(data)
        for path in _kept_in(data):
            if path.is_symlink():
                _refuse_open(path)
            else:
                _close_to_others(path)
    except FileExistsError as error:
        raise StartError(
            f"The data folder cannot be used: {error.filename} is a file. Name a folder with"
            " --data."
        ) from None


def open_folder(data: Path) -> Folder:
    """Take the folder; raise StartError, FolderInUseError if another engine has it."""
    lock = open(data / LOCK_FILE, "w", opener=private)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Folder(_machine_id(data / MACHINE_FILE), lock)
    except BlockingIOError:
        lock.close()
        raise FolderInUseError(
            f"Another engine is running on {data}. Stop it first, or give this one another folder"
            " with --data. Several engines share a database, not a folder."
        ) from None
    except BaseException:
        lock.close()
        raise


def _machine_id(path: Path) -> str:
    machine_id = kept(path, lambda: uuid.uuid4().hex.encode()).decode("ascii", "replace").strip()
    if re.fullmatch(r"[0-9a-f]{32}", machine_id) is None:
        raise StartError(
            f"The file {path} is empty or damaged: it names the machine whose work is taken up"
            " again. Bring it back from a backup; or remove it, if nothing was under way."
        )
    return machine_id


def _holds_others(data: Path) -> bool:
    return any(each.is_dir() and not _OURS.fullmatch(each.name) for each in data.iterdir())


def _kept_in(data: Path) -> Iterator[Path]:
    """Yield all that an engine makes in the folder, each folder in it before what it holds."""
    yield from (each for each in data.iterdir() if _OURS.fullmatch(each.name))
    for owner in (data / FILES_FOLDER).iterdir():
        yield owner
        if owner.is_dir() and not owner.is_symlink():
            yield from owner.iterdir()


def _refuse_open(link: Path) -> None:
    """Raise StartError for what is open: it may belong to others than who has made the link."""
    wanted = FOLDER_MODE if link.is_dir() else FILE_MODE
    if _mode(link) & ~wanted:
        raise StartError(
            f"{link} is a link to what is open to other users (mode {_mode(link):04o}). If it is"
            f" meant, close that with: chmod {wanted:o} {link.resolve()}; else remove the link."
        )


def _close_to_others(path: Path) -> None:
    is_folder = path.is_dir()
    wanted = FOLDER_MODE if is_folder else FILE_MODE
    if _mode(path) == wanted or path.name == "lost+found":
        return
    try:
        path.chmod(wanted)
    except PermissionError:
        raise StartError(
            f"{path} is open to other users (mode {_mode(path):04o}), and belongs to somebody else,"
            " so the engine cannot close it. Give it to the user who starts the engine, or name"
            " another data folder with --data."
        ) from None
    if _mode(path) != wanted:
        raise StartError(
            f"{path} is open to other users (mode {_mode(path):04o}), and its file system cannot"
            " change that. Name a data folder on another one with --data."
        )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
