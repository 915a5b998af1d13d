"""What the paths in expressions name: steps, their ports, and fields of what these give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..values import cut, is_object
from .budget import ExpressionError
from .evaluation import Has, Path
from .expressions import LITERAL, find_expressions, find_named
from .models import ComponentType, FlowComponent
from .order import Check
from .ports import RESERVED
from .words import names


def path_findings(
    check: Check, key: str, component: FlowComponent, *, for_sure: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the expressions, or what of them is only likely to be wrong."""
    for name, expression in find_expressions(component.input):
        where = f"components.{key}.input.{name}"
        try:
            named = find_named(expression)
        except ExpressionError as error:
            if for_sure:
                yield where, str(error)
            continue
        asked = {(*each.path.keys, each.field)[:2] for each in named if isinstance(each, Has)}
        reader = _Reader(check, key, asked)
        for each in named:
            text, is_sure = reader.finding(each)
            if text and is_sure is for_sure:
                yield where, text


@dataclass(frozen=True)
class _Reader:
    """A step whose expression reads others; `asked` is what it asks has() for: step and name.

    What is found is a sentence, or none, and whether that is for sure.
    """

    check: Check
    key: str
    asked: Set[tuple[str | int, ...]]

    def finding(self, named: Path | Has) -> tuple[str, bool]:
        path = named.path if isinstance(named, Has) else named
        step, rest = str(path.keys[0]), path.keys[1:]
        if not self.check.comes_before(step, self.key):
            return self._not_before(named, path, step), True
        kind = self.check.type_of(step)
        if kind is None:
            return "", True
        if isinstance(named, Has) and not rest:
            # Only the port has to be there: what is asked for is whether anything else is.
            is_port = named.field in kind.ports or not self._unnamed(step, kind)
            return self._of_port(path, step, named.field, kind) if is_port else "", True
        if not rest:
            is_sure = self.check.surely_comes_before(step, self.key)
            is_sure |= any(each[0] == step for each in self.asked)
            return "" if is_sure else _not_sure(path, f"{step}.…"), True
        first = str(rest[0])
        if first in kind.ports or not self._unnamed(step, kind):
            text = self._of_port(path, step, first, kind)
            if text or first not in kind.ports:
                return text, True
            return _field_finding(path, kind, f"{step}.{first}", first, rest[1:])
        return self._of_content(path, step, first, kind)

    def _not_before(self, named: Path | Has, path: Path, step: str) -> str:
        if collecting := self.check.collected_by(step, self.key):
            return (
                f"{named}: {step} runs once for each value of the list that {names(collecting)}"
                " collects, so it has no value of its own here; read what is above the list, or"
                " what was collected."
            )
        if step in self.check.bits:
            return f"{named}: {step} does not run before this step on any path."
        known = self.check.steps_before(self.key)
        text = f"{path}: there is no step {step!r} before; there is: {known}."
        mark = f' A {{{{ }}}} that is meant for the service is marked: {{"{LITERAL}": …}}.'
        return text if path.keys[1:] else text + mark

    def _unnamed(self, step: str, kind: ComponentType) -> list[str]:
        """Return the ports that lead here and that no path can name."""
        ports = self.check.ports_to(step, self.key)
        return [port for port in ports if port in RESERVED and port in kind.ports]

    def _of_port(self, path: Path, step: str, port: str, kind: ComponentType) -> str:
        if port not in kind.ports:
            return "" if step in self.check.open_ports else _no_port(path, step, port, kind)
        if port in RESERVED:
            return _no_port(path, step, port, kind)
        ports = self.check.ports_to(step, self.key)
        if not all(each in kind.ports for each in ports):
            return ""  # one of them is a fault of its own, or is not known yet
        if port not in ports:
            return f"{path}: {step} leads here by: {names(ports)}; by {port} on no path."
        for other in self._unnamed(step, kind):
            fields, _ = _properties(kind.schema, kind.ports[other])
            if port in (fields or ()):
                return (
                    f"{path}: {port} is a port of {step} and a field of what leaves at {other};"
                    " lead only one of the two here."
                )
        is_sure = self.check.surely_came_by(step, port, self.key) or (step, port) in self.asked
        return "" if is_sure else _not_sure(path, f"{step}.{port}")

    def _of_content(
        self, path: Path, step: str, first: str, kind: ComponentType
    ) -> tuple[str, bool]:
        """Return what is wrong with a field of what left at a port that no path can name."""
        unnamed = self._unnamed(step, kind)
        is_sure = self.check.surely_comes_before(step, self.key)
        is_sure &= unnamed == self.check.ports_to(step, self.key)
        if not is_sure and (step, first) not in self.asked:
            return _not_sure(path, f"{step}.{first}"), True
        # What one of the ports gives is there, if that was the way.
        found = [_field_finding(path, kind, step, port, path.keys[1:]) for port in unnamed]
        return min(found, key=lambda finding: bool(finding[0]))


def _not_sure(path: Path, asked: str) -> str:
    return (
        f"{path}: not every path to this step passes there, so it may not have a value; ask for it"
        f" first: has({asked}) ? {path} : …"
    )


def _no_port(path: Path, step: str, port: str, kind: ComponentType) -> str:
    if port in RESERVED and port in kind.ports:
        return (
            f"{path}: {port} is a word of the expression language and no part of a path; what"
            f" leaves there is read as {step}.field."
        )
    named = [each for each in kind.ports if each not in RESERVED]
    return f"{path}: {step} has no port {port!r}; it has: {names(named)}."


def _field_finding(
    path: Path, kind: ComponentType, place: str, port: str, fields: tuple[str | int, ...]
) -> tuple[str, bool]:
    samples = list(kind.schema["x-samples"].values()) if port == kind.schema["x-main-port"] else []
    missing, is_sure = _missing(kind.schema, kind.ports[port], fields, samples)
    return (f"{path}: {place}{missing}" if missing else ""), is_sure


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
