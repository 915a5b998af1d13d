"""The manifest of the suite's connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..component import Component, Trigger
from ..version import CONTRACT_VERSION

PROBE = "suite:probe"


def probe_manifest(
    components: Mapping[str, type[Component]], *, has_accounts: bool
) -> dict[str, Any]:
    auth = {"type": "oauth2", "service": "probe", "scopes": ["any"], "token": True}
    return {
        "id": PROBE,
        "label": "Probe",
        "version": "1.0.0",
        "contract": CONTRACT_VERSION,
        "description": "Tries a host.",
        "icon": "data:image/svg+xml,",
        **({"auth": auth} if has_accounts else {}),
        "configuration": [
            {
                "name": "secret",
                "label": "Secret",
                "description": "A secret.",
                "environment": "SUITE_PROBE_SECRET",
                "secret": True,
            }
        ],
        "endpoint": [{"method": "POST", "path": "/events", "description": "Takes events."}],
        "quotas": [
            {
                "name": "calls",
                "limit": 2,
                "windowS": 3600,
                "scope": "text",
                "description": "Calls for each text.",
            }
        ],
        "secrets": {"parameters": ["sesame"], "patterns": ["SES-[0-9]+"]},
        "components": [
            {
                "name": name,
                "kind": "trigger" if issubclass(component, Trigger) else "action",
                "label": component.label,
                "description": "Tries a host.",
                "group": "Suite",
                "module": component.__module__,
                "schema": f"schemas/{component.__name__}.json",
                **({"scopes": ["any"]} if has_accounts else {}),
                "effect": "write",
                "idempotent": False,
            }
            for name, component in components.items()
        ],
    }
