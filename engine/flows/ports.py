"""How expressions read what leaves at a port: `step.port.field`, or `step.field`.

A port whose name is a word of the expression language, such as `true` or `else`, is no part of a
path: what leaves there stands under the step's own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values import is_object

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


def scope_of(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what expressions find under the names of steps that gave this at their ports."""
    scope: dict[str, Any] = {}
    for step, ports in given.items():
        for port, content in ports.items():
            found = under_step(port, content)
            both = is_object(found) and is_object(scope.get(step))
            scope[step] = {**found, **scope[step]} if both else found
    return scope


def under_step(port: str, content: Any) -> Any:
    """Return what an expression finds under a step's name when the content left at the port."""
    return content if port in RESERVED else {port: content}
