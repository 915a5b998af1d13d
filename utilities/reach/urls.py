"""Addresses that people write."""

from __future__ import annotations

import re

import httpx

# https://www.rfc-editor.org/rfc/rfc1123#section-2 , with underscores as they occur; or one of IPv6
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def parse(text: str) -> httpx.URL:
    """Return an http or https URL; raise ValueError with a sentence that says what else it is."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("It is no URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("It is not an http or https URL.")
    if not _HOST.fullmatch(url.raw_host.decode("ascii")):
        raise ValueError("Its host can be nobody's.")
    if url.userinfo:
        raise ValueError("It holds a user name, which everybody could read who looks at the run.")
    return url


def origin_of(url: httpx.URL) -> str:
    """Return scheme, host and port of an address, the same for every way of writing them."""
    return f"{url.scheme}://{url.netloc.decode('ascii').lower()}"
