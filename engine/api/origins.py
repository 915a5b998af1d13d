"""Under which names the engine answers, and whose pages may call it.

A name that somebody else lets point here (DNS rebinding) would make their page one of ours to the
browser. So only the public address and the loopback are answered. Who sends an API token is no
such page, and may come by any name.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import Scope

from ..errors import ForbiddenError, MisdirectedError

# Asked by address by whoever watches a machine, and of no use to a page.
EXEMPT = ("/healthz", "/readyz", "/metrics")
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")


def check_origin(scope: Scope, base_url: str) -> None:
    """Raise MisdirectedError for a foreign Host, ForbiddenError for a foreign Origin."""
    if scope["path"] in EXEMPT:
        return
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    has_token = any(name == b"authorization" for name, _ in scope["headers"])
    if not has_token and (len(hosts) != 1 or not _is_own_host(hosts[0], base_url)):
        raise MisdirectedError(
            "The engine does not answer under this name",
            f"The request is for {(hosts or ['no host'])[0][:100]!r}; the engine answers for"
            f" {urlsplit(base_url).netloc} and on its own machine.",
            "Send an API token, or set APPMIXER_PUBLIC_URL to the address that you use; a proxy"
            " has to pass the header Host on.",
        )
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if not all(is_own_origin(each, "".join(hosts), base_url) for each in origins):
        raise ForbiddenError(
            "The request comes from another page",
            "Only the engine's own pages may call it from a browser.",
            "Use an API token, and not from a page.",
        )


def is_own_origin(origin: str, host: str, base_url: str) -> bool:
    """Say whether a page of this origin is the engine's, asked for as `host`."""
    if _origin(origin) is not None and _origin(origin) == _origin(base_url):
        return True
    # On this machine other ports are other people's pages, under the same name and cookies.
    return _is_loopback(_name(host)) and origin.partition("://")[2].lower() == host.lower()


def _is_own_host(host: str, base_url: str) -> bool:
    name = _name(host)
    return _is_loopback(name) or (name != "" and name == urlsplit(base_url).hostname)


def _name(host: str) -> str:
    found = _HOST.fullmatch(host.lower())
    return found["name"].strip("[]").rstrip(".") if found else ""


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
