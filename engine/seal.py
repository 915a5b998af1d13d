"""Encryption of what must not be readable at rest: tokens, secrets and PINs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

KEY_FILE = "secret.key"


class SealError(Exception):
    """A sealed value cannot be opened: the key is not the one it was sealed with."""


class Seal:
    """Seals JSON values with one key."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def close(self, value: Any) -> bytes:
        return self._fernet.encrypt(json.dumps(value).encode())

    def open(self, sealed: bytes) -> Any:
        """Return the value; raise SealError when the key does not fit."""
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SealError(
                "The stored secrets were sealed with another key. Bring back the key file of the"
                " data folder, or the value of APPMIXER_SECRET_KEY, with which they were stored."
            ) from None


def load_seal(data: Path, key: str | None) -> Seal:
    """Use the given key, or the data folder's, which the first start makes for its user only."""
    if key:
        return Seal(key.encode())
    path = data / KEY_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
    return Seal(path.read_bytes())
