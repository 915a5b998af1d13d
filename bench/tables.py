"""Looks into the databases of measured processes, from outside."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psycopg

from .processes import Child

POLL_S = 0.02
DEADLINE_S = 180.0


def of_file(path: Path) -> Tables:
    """Return the tables of an SQLite file, to be read only."""
    return Tables(lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0))


def of_postgres(url: str) -> Tables:
    """Return the tables of a PostgreSQL database."""
    return Tables(lambda: psycopg.connect(url, autocommit=True))


class Tables:
    """What `connect` opens."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def count(self, what: str) -> int:
        """Return how many rows there are of `table WHERE condition`."""
        with self._open() as connection:
            [count] = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(count)

    def column(self, query: str) -> list[str]:
        """Return the first column of a query's rows."""
        with self._open() as connection:
            return [str(row[0]) for row in connection.execute(query)]

    def wait_for(self, what: str, count: int, child: Child) -> float:
        """Return the moment (of perf_counter) when there are so many rows."""
        deadline, present = time.monotonic() + DEADLINE_S, 0
        with self._open() as connection:
            while time.monotonic() < deadline:
                [present] = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
                if present == count:
                    return time.perf_counter()
                child.check()
                time.sleep(POLL_S)
        told = f"{present} instead of {count} after {DEADLINE_S:g} s: {what}"
        raise TimeoutError(f"{told}\n{child.log_end()}")

    @contextlib.contextmanager
    def _open(self) -> Generator[Any]:
        with contextlib.closing(self._connect()) as connection:
            yield connection
