"""What the paths in expressions name: steps, their ports, and fields of what these give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ..values import cut, is_object
from .budget import ExpressionError
from .evaluation import Path
from .expressions import LITERAL, find_expressions, find_paths
from .models import FlowComponent
from .order import Check
from .words import names


def path_findings(
    check: Check, key: str, component: FlowComponent, *, for_sure: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the expressions, or what of them is only likely to be wrong."""
    for name, expression in find_expressions(component.input):
        where = f"components.{key}.input.{name}"
        try:
            paths = find_paths(expression)
        except ExpressionError as error:
            if for_sure:
                yield where, str(error)
            continue
        for path in paths:
            text, is_sure = _path_finding(path, key, check)
            if text and is_sure is for_sure:
                yield where, text


def _path_finding(path: Path, key: str, check: Check) -> tuple[str, bool]:
    """Return what is wrong with a path, if anything, and whether that is for sure."""
    step, rest = str(path.keys[0]), path.keys[1:]
    if not check.comes_before(step, key):
        if step in check.bits:
            return f"{path}: {step} does not run before this step on any path.", True
        known = check.steps_before(key)
        text = f"{path}: there is no step {step!r} before; there is: {known}."
        mark = f' A {{{{ }}}} that is meant for the service is marked: {{"{LITERAL}": …}}.'
        return (text if rest else text + mark), True
    kind = check.type_of(step)
    if kind is None or not rest:
        return "", True
    if rest[0] not in kind.ports:
        return f"{path}: {step} has no port {rest[0]!r}; it has: {', '.join(kind.ports)}.", True
    port = str(rest[0])
    samples = list(kind.schema["x-samples"].values()) if port == kind.schema["x-main-port"] else []
    missing, is_sure = _missing(kind.schema, kind.ports[port], rest[1:], samples)
    return (f"{path}: {step}.{port}{missing}" if missing else ""), is_sure


def _missing(
    schema: Mapping[str, Any],
    place: Mapping[str, Any],
    path: tuple[str | int, ...],
    samples: list[Any],
) -> tuple[str, bool]:
    """Return which name of the path is not there; of an open object that is for sure only if it
    is nearly like one that is known.
    """
    done = ""
    for name in path:
        fields, is_closed = _properties(schema, place)
        examples = [each for each in (*place.get("examples", ()), *samples) if is_object(each)]
        if isinstance(name, int) or fields is None:
            return "", True
        if name not in fields:
            if is_closed:
                return f"{done} has no {name!r}; it has: {names([*fields])}.", True
            known = sorted({*fields, *(key for each in examples for key in each)})
            if name in known:
                return "", True
            close = get_close_matches(cut(name), known, n=1, cutoff=0.75)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            return (
                f"{done} has no {name!r} that is known of; it has: {names(known)}{meant}",
                bool(close),
            )
        place = fields[name]
        samples = [each[name] for each in examples if name in each]
        done += f".{name}"
    return "", True


def _properties(
    schema: Mapping[str, Any], place: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, bool]:
    """Return the properties that are known of an object, if any are, and whether it has no more."""
    if "$ref" in place:
        return _properties(schema, schema["$defs"][place["$ref"].removeprefix("#/$defs/")])
    choices: list[Any] = [each for each in place.get("anyOf", ()) if each.get("type") != "null"]
    if len(choices) == 1 and "properties" not in place:
        return _properties(schema, choices[0])
    properties: Mapping[str, Any] = place.get("properties", {})
    is_closed = place.get("additionalProperties") is False
    return (properties if properties or is_closed else None), is_closed
