"""The administrator's API token: where it comes from, and where the command line finds it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from ..errors import StartError
from ..storage.durable import kept

TOKEN_FILE = "api-token"  # noqa: S105  # a name, not a value
TOKEN_VARIABLE = "APPMIXER_API_TOKEN"  # noqa: S105  # the variable's name, not its value
MIN_TOKEN_CHARS = 16
_SECRET = re.compile(rf"[!-~]{{{MIN_TOKEN_CHARS},}}")


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Say whether this can identify anybody: nothing, blanks and what is short never do."""
    return _SECRET.fullmatch(text) is not None


def read_token(data: Path, environment: Mapping[str, str]) -> str:
    """Return the token from the environment, or from the data folder, or "" if it holds none."""
    path = data / TOKEN_FILE
    if given := environment.get(TOKEN_VARIABLE, "").strip():
        return given
    token = path.read_text("ascii", "replace").strip() if path.exists() else ""
    return token if is_secret(token) else ""


def given_or_made_token(data: Path, given: str) -> str:
    """Return the given token, or the data folder's, which the first start makes for its user.

    Raise StartError if it is none that could identify anybody.
    """
    if given:
        if not is_secret(given):
            raise StartError(
                f"{TOKEN_VARIABLE} cannot be used: an API token needs at least {MIN_TOKEN_CHARS}"
                " characters, all of them letters, digits or signs of ASCII, without spaces. Give"
                " another one, or none: then the first start makes one."
            )
        return given
    path = data / TOKEN_FILE
    token = kept(path, lambda: new_secret().encode()).decode("ascii", "replace").strip()
    if not is_secret(token):
        raise StartError(
            f"The file {path} is empty or damaged: it holds no API token. Remove it; the next start"
            " makes a new token, and the old one, if there was one, goes on counting."
        )
    return token
