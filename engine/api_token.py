"""The administrator's API token: where it comes from, and where the command line finds it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

TOKEN_FILE = "api-token"  # noqa: S105  # a name, not a value
TOKEN_VARIABLE = "APPMIXER_API_TOKEN"  # noqa: S105  # the variable's name, not its value


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def read_token(data: Path, environment: Mapping[str, str]) -> str:
    """Return the token from the environment, or from the data folder, or ""."""
    path = data / TOKEN_FILE
    return environment.get(TOKEN_VARIABLE) or (path.read_text().strip() if path.exists() else "")


def given_or_made_token(data: Path, given: str) -> str:
    """Return the given token, or the data folder's, which the first start makes for its user."""
    path = data / TOKEN_FILE
    if not given and not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(new_secret())
    return given or path.read_text().strip()
