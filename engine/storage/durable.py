"""Small files that are made once: whole, on the disk and their user's only, or not there at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content, which is made if the file is not there.

    It is written beside, flushed and then named, so that no crash and no full disk leaves half of
    it. Two processes that make it at the same time get the same one.
    """
    if not path.exists():
        _make(path, make())
    return path.read_bytes()


def is_full(error: OSError) -> bool:
    """Say whether a disk, or what a user may have of it, has no room."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def private(path: str, flags: int) -> int:
    """Open a file that nobody else may read, whatever the umask; an opener for open()."""
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)
    return handle


def _make(path: Path, content: bytes) -> None:
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link, because a rename would replace what another process has just made and used.
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        os.unlink(beside)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
