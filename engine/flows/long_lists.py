"""Lists of any length in inputs: handed on as they are, and shown by their first entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..values import is_list

SHOWN = 50


def long_lists(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of an input that are marked `x-long-list`."""
    fields: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return frozenset(name for name, each in fields.items() if each.get("x-long-list"))


def without_entries(values: Mapping[str, Any], fields: Collection[str]) -> Mapping[str, Any]:
    """Return an input as it is checked: nobody looks into its long lists."""
    if not fields:
        return values
    return {k: [] if k in fields and is_list(each) else each for k, each in values.items()}


def with_first_entries(values: Mapping[str, Any], fields: Collection[str]) -> Mapping[str, Any]:
    """Return an input as it is recorded."""
    if not fields:
        return values
    return {k: _first(each) if k in fields else each for k, each in values.items()}


def _first(value: Any) -> Any:
    if not is_list(value) or len(value) <= SHOWN:
        return value
    return [*value[:SHOWN], f"… and {len(value) - SHOWN:,} more"]
