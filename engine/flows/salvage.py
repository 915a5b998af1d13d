"""What can be read of a document that is not finished, so that all its faults can be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..values import is_object
from .models import ComponentId, FlowComponent, FlowDocument

_ID: TypeAdapter[str] = TypeAdapter(ComponentId)


def salvaged(raw: object) -> FlowDocument | None:
    """Return a document of the steps that have a name, each with those fields that can be read."""
    components = raw.get("components") if is_object(raw) else None
    if not is_object(components):
        return None
    steps = {key: _step(each) for key, each in components.items() if _is_id(key)}
    return FlowDocument(name="unfinished", components=steps) if steps else None


def types_of(raw: object) -> dict[str, str]:
    """Return the component of each step of a document that may be anything, where it names one."""
    components = raw.get("components") if is_object(raw) else None
    steps: Mapping[str, Any] = components if is_object(components) else {}
    named = ((key, each.get("type")) for key, each in steps.items() if is_object(each))
    return {key: name for key, name in named if isinstance(name, str)}


def _is_id(key: object) -> bool:
    try:
        _ID.validate_python(key)
    except ValidationError:
        return False
    return True


def _step(raw: object) -> FlowComponent:
    fields: Mapping[str, Any] = raw if is_object(raw) else {}
    readable: dict[str, Any] = {"type": ""}
    for name, value in fields.items():
        try:
            FlowComponent.model_validate({"type": "", name: value})
        except ValidationError:
            continue
        readable[name] = value
    return FlowComponent.model_validate(readable)
