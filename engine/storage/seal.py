"""Encryption of what must not be readable at rest: tokens, secrets and PINs."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from ..errors import StartError
from .durable import kept
from .statements import insert
from .tables import accounts, configuration, flow_drafts, flow_versions

KEY_FILE = "secret.key"
KEY_VARIABLE = "APPMIXER_SECRET_KEY"
# What a sealed input inside a flow document is marked with.
SEALED = "$sealed"
# One damaged row says nothing of the key; that none of so many can be opened does.
SAMPLE = 100
OTHER_KEY = (
    "The stored secrets were sealed with another key. Bring back the key file of the data folder,"
    f" or the value of {KEY_VARIABLE}, with which they were stored. Processes that share a database"
    f" need the same {KEY_VARIABLE}."
)
# A sealed row that is there from the first start, before anything else is sealed.
MARK = {"connector": "engine", "key": "sealed with"}


class SealError(StartError):
    """A sealed value cannot be opened: the key is not the one it was sealed with."""


class Seal:
    """Seals JSON values with one key."""

    def __init__(self, key: bytes) -> None:
        self._fernet, self._key = Fernet(key), key

    def close(self, value: Any) -> bytes:
        return self._fernet.encrypt(json.dumps(value).encode())

    def open(self, sealed: bytes) -> Any:
        """Return the value; raise SealError when the key does not fit."""
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SealError(OTHER_KEY) from None

    def digest(self, text: str) -> str:
        """Return what names the text to nobody who has not got the key: 64 hexadecimal digits."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def fits(self, sealed: bytes) -> bool:
        """Say whether it was sealed with this key."""
        try:
            self._fernet.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def load_seal(data: Path, key: str | None, connection: sa.Connection) -> Seal:
    """Use the given key, or the data folder's, which the first start makes for its user only.

    Raise SealError if it is no key, or not the one of what is stored, or gone.
    """
    path = data / KEY_FILE
    given = (key or "").strip()
    if not given and not path.exists() and _has_sealed(connection):
        raise SealError(
            f"The key of the stored secrets is gone: there is no file {path}, and the database"
            f" holds what was sealed with it. Bring the file back, or set {KEY_VARIABLE} to what"
            " it held, the same for all processes that share the database. docs/security.md says"
            " how to begin anew if it is lost for good."
        )
    # What is no UTF-8 in the environment is half of a character here, and no key in any case.
    content = given.encode(errors="replace") if given else kept(path, Fernet.generate_key)
    try:
        seal = Seal(content)
    except ValueError:
        raise SealError(
            f"{KEY_VARIABLE if given else f'The file {path}'} holds no key: a key is 32 random"
            " bytes in URL-safe Base64, 44 characters. Bring back the one with which the stored"
            " secrets were sealed; where nothing is stored yet, leave it out and one is made."
        ) from None
    sealed = _sealed_rows(connection)
    if sealed and not any(map(seal.fits, sealed)):
        raise SealError(OTHER_KEY)
    return seal


def mark(connection: sa.Connection, seal: Seal) -> None:
    """Leave what other processes on the database see that their key is another one by.

    Raise SealError if this is the other one, and both have started at once.
    """
    row = {**MARK, "sealed": seal.close("")}
    statement = insert(configuration, connection).values(row).on_conflict_do_nothing()
    connection.execute(statement)
    if not any(map(seal.fits, _sealed_rows(connection))):
        raise SealError(OTHER_KEY)


def _sealed_rows(connection: sa.Connection) -> list[bytes]:
    return [
        sealed
        for table in (accounts, configuration, flow_drafts)
        for sealed in connection.scalars(sa.select(table.c.sealed).limit(SAMPLE))
    ]


def _has_sealed(connection: sa.Connection) -> bool:
    document = sa.cast(flow_versions.c.document, sa.Text)
    inside = sa.select(flow_versions.c.flow_key).where(document.contains(f'"{SEALED}"'))
    return bool(_sealed_rows(connection)) or connection.scalar(inside.limit(1)) is not None
