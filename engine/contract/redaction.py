"""Taking secrets out of texts: one way for a host's log and for a connector's own sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .manifest import Secrets

HIDDEN = "[hidden]"
# Names whose values are secret at every service.
PARAMETERS = ("access_token", "client_secret")
# Between a name and its value, in a query, in JSON and in a sentence.
_IS = r"[\"']?\s*[=:]\s*[\"']?"
_NAMED = (
    r"\b(token=)[^\s\"'&,}]+",
    # A code of a login is long; what a service calls the code of an error is not.
    rf"\b(code{_IS})[^\s\"'&,}}]{{16,}}",
    rf"\b(pin{_IS})\d+",
)
_FORMS = (
    r"(?i:bearer)\s+[\w.~+/=|-]+",
    # JSON Web Tokens, and what the library `cryptography` has encrypted.
    r"\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*",
    r"\bgAAAAA[\w-]{20,}={0,2}",
)


class Redaction:
    """Hides what is secret anywhere, and what the manifests of connectors call so."""

    def __init__(self, secrets: Iterable[Secrets] = ()) -> None:
        given = list(secrets)
        own = [name.lower() for each in given for name in each.parameters]
        self._names = frozenset([*PARAMETERS, *own])
        names = "|".join(map(re.escape, sorted(self._names)))
        named = [*_NAMED, rf"\b((?:{names}){_IS})[^\s\"'&,}}]+"]
        self._values = [re.compile(each, re.IGNORECASE) for each in named]
        patterns = [pattern for each in given for pattern in each.patterns]
        self._forms = [re.compile(each) for each in (*_FORMS, *patterns)]

    def hide(self, text: str) -> str:
        """Return the text without what looks like a secret, by its name or by its own form."""
        for form in self._forms:
            text = form.sub(HIDDEN, text)
        for value in self._values:
            text = value.sub(rf"\1{HIDDEN}", text)
        return text

    def names(self, key: str) -> bool:
        """Say whether the value of this key is secret, because of its name alone."""
        return key.lower() in self._names
