"""Secret fields (`writeOnly` in a component's schema), and how an input is shown without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HIDDEN = "••••••"


def secret_fields(schema: Mapping[str, Any]) -> list[str]:
    """Return the input fields that are secret."""
    return [name for name, field in schema.get("properties", {}).items() if field.get("writeOnly")]


def hidden_fields(value: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return the secret fields of an input that are shown and not there, as `hide` left them."""
    return [name for name in secret_fields(schema) if value.get(name) == HIDDEN]


def hide(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input fit for a record: secret fields hold HIDDEN."""
    hidden = [name for name in secret_fields(schema) if name in value]
    return {**value, **dict.fromkeys(hidden, HIDDEN)}
