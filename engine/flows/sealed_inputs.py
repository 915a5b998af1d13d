"""Secret inputs (`writeOnly` in a component's schema): sealed in documents, hidden in records."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from ..storage.seal import SEALED, Seal
from ..values import is_object
from .expressions import has_expression
from .models import ComponentType, FlowDocument

HIDDEN = "••••••"


def secret_fields(schema: Mapping[str, Any]) -> list[str]:
    """Return the input fields that are secret."""
    return [name for name, field in schema.get("properties", {}).items() if field.get("writeOnly")]


def hide(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input fit for a record: secret fields hold HIDDEN."""
    hidden = [name for name in secret_fields(schema) if name in value]
    return {**value, **dict.fromkeys(hidden, HIDDEN)}


def hide_secrets(document: dict[str, Any], types: Mapping[str, ComponentType]) -> dict[str, Any]:
    """Return a stored document as its author may see it again."""
    for component in document["components"].values():
        values = component.get("input")
        if values and component["type"] in types:
            component["input"] = hide(values, types[component["type"]].schema)
        elif values:  # its connector is not here, and only what is sealed tells what is secret
            sealed = [name for name, value in values.items() if _is_sealed(value)]
            component["input"] = {**values, **dict.fromkeys(sealed, HIDDEN)}
    return document


def keep_secrets(
    document: dict[str, Any],
    previous: FlowDocument | None,
    types: Mapping[str, ComponentType],
    seal: Seal,
) -> dict[str, Any]:
    """Return a document to store: secrets are sealed, and HIDDEN stands for the previous one."""
    for key, component in document["components"].items():
        values = component.get("input", {})
        for name in secret_fields(types[component["type"]].schema):
            if name not in values or has_expression(values[name]):
                continue
            before = previous.components.get(key) if previous else None
            if values[name] == HIDDEN and before and name in before.input:
                values[name] = before.input[name]
            else:
                values[name] = {SEALED: b64encode(seal.close(values[name])).decode()}
    return document


def open_secrets(values: Mapping[str, Any], seal: Seal) -> dict[str, Any]:
    """Return an input with its sealed fields opened."""
    return {
        name: seal.open(b64decode(value[SEALED])) if _is_sealed(value) else value
        for name, value in values.items()
    }


def _is_sealed(value: Any) -> bool:
    return is_object(value) and SEALED in value
