"""How large a document may be: its checks are linear in that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..values import is_list, is_object
from .models import Fault

MAX_STEPS = 2_000
MAX_VALUES = 50_000
MAX_CHARS = 2_000_000
MAX_DEPTH = 50


def size_faults(raw: object) -> Iterator[Fault]:
    """Yield what makes a document too large to be looked at; it stops counting where that shows."""
    components = raw.get("components") if is_object(raw) else None
    if is_object(components) and len(components) > MAX_STEPS:
        yield Fault(
            "components",
            f"The flow has {len(components):,} steps; {MAX_STEPS:,} are allowed. Split it.",
        )
        return
    values, chars = 0, 0
    level: list[Any] = [raw]
    for _ in range(MAX_DEPTH):
        values += len(level)
        chars += sum(len(each) for each in level if isinstance(each, str))
        chars += sum(len(key) for each in level if is_object(each) for key in each)
        if values > MAX_VALUES or chars > MAX_CHARS:
            break
        level = [
            item
            for each in level
            for item in (each.values() if is_object(each) else each if is_list(each) else ())
        ]
        if not level:
            return
    if values > MAX_VALUES:
        yield Fault("", f"The flow holds more than {MAX_VALUES:,} values. Split it.")
    elif chars > MAX_CHARS:
        yield Fault("", f"The texts of the flow have more than {MAX_CHARS:,} characters. Split it.")
    else:
        yield Fault("", f"The flow is nested more than {MAX_DEPTH} levels deep. Make it flatter.")
