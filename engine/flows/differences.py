"""How two documents of a flow differ: steps that came, went or changed, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..values import cut, is_object
from .models import ComponentType
from .secret_fields import HIDDEN, secret_fields

STEPS = "components"
# Beside this one, the others of the same step have nothing to tell.
_ABSENT = object()


def differences(before: Any, after: Any, types: Mapping[str, ComponentType]) -> dict[str, Any]:
    """Return what changed from one document to the other, whose secrets are open and stay hidden.

    Either may be anything, as drafts may.
    """
    old, new = _steps(before), _steps(after)
    return {
        "flow": [*_fields(_without_steps(before), _without_steps(after))],
        "steps": [
            step
            for key in dict.fromkeys([*old, *new])
            if (step := _step(key, old.get(key, _ABSENT), new.get(key, _ABSENT), types))
        ],
    }


def _steps(raw: Any) -> Mapping[str, Any]:
    steps = raw.get(STEPS) if is_object(raw) else None
    return steps if is_object(steps) else {}


def _without_steps(raw: Any) -> Any:
    return {name: value for name, value in raw.items() if name != STEPS} if is_object(raw) else {}


def _step(
    key: str, before: Any, after: Any, types: Mapping[str, ComponentType]
) -> dict[str, Any] | None:
    present = before if after is _ABSENT else after
    kind = str(present.get("type", "")) if is_object(present) else ""
    change = {"step": key, "type": kind, "fields": list[Any]()}
    if before is _ABSENT or after is _ABSENT:
        return {**change, "change": "added" if before is _ABSENT else "removed"}
    secret = {name for each in (before, after) for name in _secrets(each, types)}
    fields = [*_fields(before, after, secret=secret)]
    return {**change, "change": "changed", "fields": fields} if fields else None


def _secrets(step: Any, types: Mapping[str, ComponentType]) -> Iterator[str]:
    kind = types.get(str(step.get("type"))) if is_object(step) else None
    if kind is not None:
        yield from (f"input.{name}" for name in secret_fields(kind.schema))


def _fields(
    before: Any, after: Any, path: str = "", *, secret: set[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the fields that differ; a list is one field."""
    if before == after and type(before) is type(after):
        return
    if path in (secret or ()):
        yield {"path": path, "before": _hidden(before), "after": _hidden(after)}
    elif is_object(before) and is_object(after):
        for name in dict.fromkeys([*before, *after]):
            place = f"{path}.{cut(name)}" if path else cut(name)
            old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
            yield from _fields(old, new, place, secret=secret)
    else:
        yield {"path": path, "before": _shown(before), "after": _shown(after)}


def _hidden(value: Any) -> str | None:
    return None if value in (_ABSENT, None) else HIDDEN


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value
