"""Which attempts have acted, remembered when the process dies.

A database tells that an attempt was about to act. Only what is written in the very moment in which
it acts tells a crash before that moment from one after it, and a commit is too slow for that. So
these marks go into a file that is mapped into memory: the kernel keeps them when the process is
killed. A machine that loses its power loses them; then nothing is certain, and nothing is claimed.
The room for them is taken at start, because a write into a mapped file for which a full disk has no
room ends the process.
"""

from __future__ import annotations

import itertools
import mmap
import os
import uuid
from pathlib import Path

# Their names are those of the first releases, whose marks are still read.
FILE, SPARE = "departures", "departures.spare"
SIZE_BYTES = 1024 * 1024
MAX_REMEMBERED = 20_000
BEGUN, ACTED, ENDED = b"+", b">", b"-"


class AttemptMarks:
    """The marks of one data folder. Not for several threads."""

    def __init__(self, folder: Path, boot: bytes | None = None) -> None:
        """Read what an earlier process has left; `boot` names this run of the machine."""
        self._path = folder / FILE
        self._boot = _boot_id() if boot is None else boot
        self._position = 0
        # A random name for each would let the interpreter go each time, to whoever waits for it.
        self._process, self._numbers = uuid.uuid4().hex, itertools.count()
        self._under_way: dict[bytes, bytes] = self._read()
        self._not_acted = {each for each, mark in self._under_way.items() if mark == BEGUN}
        self._rewrite()

    def name(self) -> str:
        """Return a name that no other attempt has, of this process or of another one."""
        return f"{self._process}.{next(self._numbers)}"

    def has_not_acted(self, attempt: str) -> bool:
        """Say whether a process before this one began it, and it certainly did not act."""
        return attempt.encode() in self._not_acted

    def has_acted(self, attempt: str) -> bool:
        """Say whether an attempt of this process came to the point where it acts."""
        return self._under_way.get(attempt.encode()) == ACTED

    def begin(self, attempt: str) -> None:
        """Mark an attempt, by a name of its own, as begun."""
        self._write(attempt.encode(), BEGUN)

    def act(self, attempt: str) -> None:
        """Mark that the attempt acts now."""
        self._write(attempt.encode(), ACTED)

    def end(self, attempt: str) -> None:
        """Forget an attempt: its outcome is kept elsewhere."""
        self._write(attempt.encode(), ENDED)

    def close(self) -> None:
        self._map.close()

    def _write(self, attempt: bytes, mark: bytes) -> None:
        if mark == ENDED:
            self._under_way.pop(attempt, None)
        else:
            self._under_way[attempt] = mark
        record = mark + attempt + b"\n"
        end = self._position + len(record)
        if end > len(self._map):
            self._map.close()
            self._rewrite()
            return
        self._map[self._position : end] = record
        self._position = end

    def _read(self) -> dict[bytes, bytes]:
        if not self._boot or not self._path.exists():
            return {}
        boot, *records = self._path.read_bytes().rstrip(b"\0").split(b"\n")
        # The last part is empty, or a record that a crash has cut off.
        found = {record[1:]: record[:1] for record in records[:-1]} if boot == self._boot else {}
        begun = [(each, mark) for each, mark in found.items() if mark in (BEGUN, ACTED)]
        # What a crash has cut short is never ended; of what is forgotten, nothing is certain.
        return dict(begun[-MAX_REMEMBERED:])

    def _rewrite(self) -> None:
        """Go on in the spare file, which then holds only what is under way."""
        records = [mark + each for each, mark in self._under_way.items()]
        text = b"\n".join([self._boot, *records, b""])
        spare = self._path.with_name(SPARE)
        self._map = _mapped(spare, max(SIZE_BYTES, 2 * len(text)))
        self._map[:] = text + bytes(len(self._map) - len(text))
        self._position = len(text)
        former = self._path.with_suffix(".former")
        if self._path.exists():
            self._path.replace(former)
        spare.replace(self._path)
        if former.exists():
            former.replace(spare)
        _mapped(spare, SIZE_BYTES).close()


def _mapped(path: Path, size_bytes: int) -> mmap.mmap:
    """Map a file whose room on the disk is taken; raise OSError when there is none."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        size_bytes = max(size_bytes, os.fstat(handle).st_size)
        os.posix_fallocate(handle, 0, size_bytes)
        return mmap.mmap(handle, size_bytes)
    finally:
        os.close(handle)


def _boot_id() -> bytes:
    """Return what is another one after each start of the machine; empty where nobody knows."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b""
