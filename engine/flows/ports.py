"""How expressions read what leaves at a port: `step.port.field`, or `step.field`.

A port whose name is a word of the expression language, such as `true` or `else`, is no part of a
path: what leaves there stands under the step's own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
RESERVED = frozenset(
    "as break const continue else false for function if import in let loop package namespace null"
    " return true var void while".split()
)


def path_of(port: str) -> tuple[str, ...]:
    """Return the names that stand between a step's name and a field of what left at the port."""
    return () if port in RESERVED else (port,)


def described(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the output ports of a component's document, and how expressions read each."""
    return [
        {"name": port, "isMain": port == schema["x-main-port"], "path": [*path_of(port)]}
        for port in schema["x-ports"]
    ]


def under_step(port: str, content: Any) -> Any:
    """Return what an expression finds under a step's name when the content left at the port."""
    return content if port in RESERVED else {port: content}
