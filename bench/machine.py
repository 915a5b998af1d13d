"""What the figures were measured on, for whoever compares them with others."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from importlib.metadata import version
from pathlib import Path

from .figures import Figures, median, rounded

PACKAGES = ("fastapi", "httptools", "pywa", "sqlalchemy", "uvicorn", "uvloop")
FSYNCS = 50
PAGE = b"\0" * 4096


def describe(folder: Path) -> Figures:
    """Return the facts; the folder is where the databases will be."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "loadAverage": rounded(os.getloadavg()[0]),
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in PACKAGES},
        "fsyncMs": rounded(_fsync_s(folder) * 1000),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _fsync_s(folder: Path) -> float:
    """Return the median time to append a page and have it on the disk."""
    durations_s: list[float] = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(FSYNCS):
            started = time.perf_counter()
            file.write(PAGE)
            file.flush()
            os.fsync(file.fileno())
            durations_s.append(time.perf_counter() - started)
    return median(durations_s)
