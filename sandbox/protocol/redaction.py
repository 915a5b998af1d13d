"""Bodies and queries of Graph calls without tokens, secrets and PINs."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode

from .shapes import is_array, is_object

HIDDEN = "***"
SECRET_NAMES = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "client_secret",
        "code",
        "fb_exchange_token",
        "input_token",
        "pin",
        "verify_token",
    }
)
# A code is also a language or an error; only as a parameter of login and confirmation it is secret.
CODE_PATHS = ("oauth/access_token", "verify_code")
TOKEN = re.compile(r"\bEAA\w+|\b\d{6,}\|[\w-]{8,}")


def redacted(text: str, path: str) -> str:
    """A body without what must not be read again; untouched where there is nothing to hide."""
    names = _secret_names(path)
    try:
        parsed: object = json.loads(text)
        hidden = _hide(parsed, names)
    except (ValueError, RecursionError):
        return _redacted_anyhow(text, names)
    return text if hidden == parsed else json.dumps(hidden)


def redacted_form(text: str, path: str) -> str:
    """The same for a query or a form."""
    names = _secret_names(path)
    pairs = parse_qsl(text, keep_blank_values=True)
    hidden = [
        (name, HIDDEN if name in names else TOKEN.sub(HIDDEN, value)) for name, value in pairs
    ]
    return text if hidden == pairs else urlencode(hidden, safe=HIDDEN)


def _secret_names(path: str) -> frozenset[str]:
    return SECRET_NAMES if path.endswith(CODE_PATHS) else SECRET_NAMES - {"code"}


def _redacted_anyhow(text: str, names: frozenset[str]) -> str:
    """What is neither form nor JSON may still be half of one."""
    members = re.compile(rf'("(?:{"|".join(sorted(names))})"\s*:\s*)("[^"]*"?|\d+)')
    return TOKEN.sub(HIDDEN, members.sub(rf'\1"{HIDDEN}"', text))


def _hide(value: object, names: frozenset[str]) -> object:
    if is_object(value):
        return {
            name: HIDDEN if name in names and not is_object(item) else _hide(item, names)
            for name, item in value.items()
        }
    if is_array(value):
        return [_hide(item, names) for item in value]
    return TOKEN.sub(HIDDEN, value) if isinstance(value, str) else value
