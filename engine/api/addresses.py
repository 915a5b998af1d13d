"""The engine's addresses that a person enters at a service, so that it finds its way back here."""

from __future__ import annotations

import re
from typing import Any

from ..contract import Manifest
from ..settings import Settings
from .plugins import PREFIX

# A path of ours and nothing that a browser takes for another host.
OWN_PATH = r"^/([^/\\\s#][^\\\s#]*)?$"
MAX_PATH_CHARS = 1_000


def is_own_path(path: str) -> bool:
    return len(path) <= MAX_PATH_CHARS and re.fullmatch(OWN_PATH, path) is not None


def redirect_uri(settings: Settings, service: str) -> str:
    """Return where the login of a service returns to."""
    return f"{settings.base_url}/auth/{service}/callback"


def describe_addresses(settings: Settings, manifest: Manifest | None) -> dict[str, Any]:
    """Return a connector's addresses, called what the service calls them."""
    addresses = [] if manifest is None else _addresses(settings, manifest)
    return {"addresses": addresses, "isPublic": bool(settings.public_url)}


def _addresses(settings: Settings, manifest: Manifest) -> list[dict[str, str]]:
    base = settings.base_url + PREFIX + manifest.id.replace(":", "/")
    labels = {base + route.path: route.label or route.description for route in manifest.endpoint}
    found = [{"label": label, "url": url} for url, label in labels.items()]
    auth = manifest.auth
    if auth is None or auth.type != "oauth2":
        return found
    return [{"label": auth.redirect_label, "url": redirect_uri(settings, auth.service)}, *found]
