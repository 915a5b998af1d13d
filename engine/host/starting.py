"""Why an engine does not start, in words for whoever started it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError, SQLAlchemyError

from ..errors import StartError
from ..observe.logs import LEVEL_VARIABLE
from ..storage.database import DatabaseTimeout
from ..storage.durable import is_full

if TYPE_CHECKING:
    from ..settings import Settings

DATABASES = ("sqlite", "postgres", "postgresql", "postgresql+psycopg")
MAKE_ROOM = "Make room and start again; what the failed start has left does no harm."
# What SQLite says, and what it means for whoever started the engine.
SQLITE = {
    "not a database": "It is no database, or it is damaged. Bring it back from a backup, or name"
    " another data folder with --data.",
    "malformed": "It is damaged. Bring it back from a backup, or name another data folder with"
    " --data.",
    "full": f"The disk is full. {MAKE_ROOM}",
    "disk I/O error": f"The disk is full, or fails. {MAKE_ROOM}",
    "unable to open": "The user who starts the engine may not open it, or something else has its"
    " name. Give that user the data folder, or name another one with --data.",
    "readonly": "The user who starts the engine may not write to it. Give that user the data"
    " folder, or name another one with --data.",
    "locked": "Another process keeps it locked. End that one, and start again.",
}


def check(settings: Settings) -> None:
    """Raise StartError for a setting that cannot be meant."""
    level = settings.environment.get(LEVEL_VARIABLE, "").strip().upper()
    if level and level not in logging.getLevelNamesMapping():
        raise StartError(f"{LEVEL_VARIABLE} has to be DEBUG, INFO, WARNING or ERROR.")
    if settings.public_url:
        _check_public_url(settings.public_url)
    if settings.database_url:
        _check_database_url(settings.database_url)


def _check_public_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
        has_more = bool(
            parts.query or parts.fragment or parts.username or " " in url or not url.isprintable()
        )
    except ValueError:
        is_address, has_more = False, True
    if has_more or not is_address:
        raise StartError(
            "APPMIXER_PUBLIC_URL is no address that a browser could open. It begins with https://"
            " (or http://) and ends after the host, such as https://engine.example.com."
        )


def _check_database_url(url: str) -> None:
    try:
        fault = "" if sa.make_url(url).drivername in DATABASES else "is none of PostgreSQL"
    except (ArgumentError, ValueError):
        fault = "cannot be read"
    if fault:
        # It is not shown: it may hold a password.
        raise StartError(
            f"The database URL (--database-url, APPMIXER_DATABASE_URL) {fault}. It looks like"
            " postgresql://user:password@host:5432/name, with two servers like"
            " postgresql://user:password@/name?host=one,two&port=5432,5432; without one the engine"
            " keeps its tables in the data folder."
        )


@contextlib.contextmanager
def explaining(settings: Settings) -> Generator[None]:
    """Raise a StartError for what a disk or a database answers to a start."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StartError(_of_database(settings, error)) from error
    except DatabaseTimeout as error:
        raise StartError(_of_server(settings, str(error))) from error
    except OSError as error:
        if error.errno is None:
            raise
        raise StartError(_of_disk(settings, error)) from error
    except Exception as error:
        # Imported here: a start that succeeds should not pay for it.
        from alembic.util import CommandError

        if not isinstance(error, CommandError):
            raise
        raise StartError(
            f"{_database(settings)} was made by a newer version of this engine, or by another"
            f" program ({error}). Start that version again, or use another database."
        ) from error


def _of_database(settings: Settings, error: SQLAlchemyError) -> str:
    said = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
    said = said.strip().splitlines()[0] if said.strip() else type(error).__name__
    meaning = next((text for key, text in SQLITE.items() if key in said), None)
    if settings.database_url is None and meaning is not None:
        return f"{_database(settings)} cannot be used: {said}. {meaning}"
    if isinstance(error, ProgrammingError) or settings.database_url is None:
        return (
            f"{_database(settings)} cannot be used: {said}. It holds tables that are not this"
            " engine's, or misses some. Give the engine a database of its own."
        )
    return _of_server(settings, said)


def _of_server(settings: Settings, said: str) -> str:
    return (
        f"{_database(settings)} cannot be used: {said}. Check that the server runs, and that the"
        " address, the user and the password in the database URL are right."
    )


def _of_disk(settings: Settings, error: OSError) -> str:
    if is_full(error):
        return f"The disk of the data folder {settings.data} is full. {MAKE_ROOM}"
    where = error.filename or settings.data
    return (
        f"{where} cannot be used: {error.strerror}. The data folder has to be one in which the"
        " user who starts the engine may write. Give that user the folder, or name another one"
        " with --data."
    )


def _database(settings: Settings) -> str:
    if settings.database_url is None:
        return f"The database in the data folder {settings.data}"
    return f"The database at {sa.make_url(settings.database_url).host or 'the given URL'}"
