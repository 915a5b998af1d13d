"""Flow documents: every fault that can be told before a flow runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from ..values import cut, is_list, is_object
from .evaluation import Path, names
from .expressions import LITERAL, ExpressionError, find_expressions, find_paths, has_expression
from .inputs import limited, literal_errors
from .models import ComponentType, Fault, FlowComponent, FlowDocument, FlowFaults
from .sentences import sentence_of

# CEL's reserved words cannot name a step that expressions refer to.
RESERVED = frozenset(
    "as break const continue else false for function if import in let loop package namespace null"
    " return true var void while".split()
)
# What a document may have. Its checks are linear in these.
MAX_STEPS = 2_000
MAX_VALUES = 50_000
MAX_CHARS = 2_000_000
MAX_EXPRESSIONS_CHARS = 200_000
MAX_DEPTH = 50
# A path such as a.b.c, which costs next to nothing.
_PLAIN = re.compile(r"[A-Za-z0-9_.]*")


def read_document(raw: object, types: Mapping[str, ComponentType]) -> FlowDocument:
    """Return the checked document; raise FlowFaults with every fault found."""
    faults = [*_size_faults(raw)]
    if faults:
        raise FlowFaults(faults)
    try:
        document = FlowDocument.model_validate(raw)
    except ValidationError as error:
        raise FlowFaults([*limited(map(_fault_of, error.errors()))]) from None
    inputs = [each.input for each in document.components.values()]
    sources = (source for _, source in find_expressions(inputs) if not _PLAIN.fullmatch(source))
    if sum(map(len, sources)) > MAX_EXPRESSIONS_CHARS:
        text = f"The expressions of the flow have more than {MAX_EXPRESSIONS_CHARS:,} characters"
        raise FlowFaults([Fault("components", f"{text}, plain paths aside. Split it.")])
    faults = [*limited(_faults(_Check(document, types)))]
    if faults:
        raise FlowFaults(faults)
    return document


def find_warnings(document: FlowDocument, types: Mapping[str, ComponentType]) -> list[Fault]:
    """Return what is allowed in a checked document, and yet likely a mistake."""
    check = _Check(document, types)
    unknown = (
        Fault(where, text)
        for key, component in document.components.items()
        for where, text in _path_findings(check, key, component, for_sure=False)
    )
    return [*limited(unknown), *_loops(check)]


def _size_faults(raw: object) -> Iterator[Fault]:
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


def _fault_of(error: Any) -> Fault:
    path = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "string_pattern_mismatch":
        return Fault(path, "Names start with a letter and go on with letters, digits and _.")
    return Fault(path, sentence_of(error))


@dataclass
class _Check:
    """A document under check. Which steps run before which is a number of one bit a step."""

    document: FlowDocument
    types: Mapping[str, ComponentType]
    bits: Mapping[str, int] = field(init=False)
    before: Mapping[str, int] = field(init=False)
    circular: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.bits = {key: 1 << place for place, key in enumerate(self.document.components)}
        self.before, self.circular = _order(self.document, self.bits)

    def comes_before(self, earlier: str, key: str) -> bool:
        return bool(self.before[key] & self.bits.get(earlier, 0))

    def steps_before(self, key: str) -> str:
        return names(sorted(each for each in self.bits if self.comes_before(each, key))) or "none"

    def type_of(self, key: str) -> ComponentType | None:
        return self.types.get(self.document.components[key].type)


def _order(
    document: FlowDocument, bits: Mapping[str, int]
) -> tuple[dict[str, int], frozenset[str]]:
    """Return for each step those before it, and the steps that stand on or behind a circle."""
    sources = {
        key: [each for each in component.source.get("in", {}) if each in bits]
        for key, component in document.components.items()
    }
    followers: dict[str, list[str]] = {key: [] for key in sources}
    open_sources = {key: len(earlier) for key, earlier in sources.items()}
    for key, earlier in sources.items():
        for each in earlier:
            followers[each].append(key)
    before = dict.fromkeys(sources, 0)
    free = [key for key, count in open_sources.items() if count == 0]
    while free:
        done = free.pop()
        del open_sources[done]
        for key in followers[done]:
            before[key] |= before[done] | bits[done]
            open_sources[key] -= 1
            if open_sources[key] == 0:
                free.append(key)
    for key in open_sources:
        for each in sources[key]:
            before[key] |= before[each] | bits[each]
    return before, _on_circles(set(open_sources), sources, followers)


def _on_circles(
    left: set[str], sources: Mapping[str, list[str]], followers: Mapping[str, list[str]]
) -> frozenset[str]:
    """Return the steps without those that only come after a circle."""
    open_followers = {key: sum(each in left for each in followers[key]) for key in left}
    free = [key for key, count in open_followers.items() if count == 0]
    while free:
        done = free.pop()
        left.discard(done)
        for each in sources[done]:
            if each in left:
                open_followers[each] -= 1
                if open_followers[each] == 0:
                    free.append(each)
    return frozenset(left)


def _faults(check: _Check) -> Iterator[Fault]:
    for key, component in check.document.components.items():
        yield from _step_faults(check, key, component)
    kinds = [check.type_of(key) for key in check.document.components]
    if not any(kind is not None and kind.kind == "trigger" for kind in kinds):
        yield Fault(
            "components", "No component is a trigger, so nothing would ever start this flow."
        )


def _step_faults(check: _Check, key: str, component: FlowComponent) -> Iterator[Fault]:
    here = f"components.{key}"
    if key in RESERVED:
        yield Fault(here, f"{key!r} is a word of the expression language; choose another name.")
    yield from _dollar_faults(component.input, f"{here}.input")
    kind = check.type_of(key)
    if kind is None:
        yield Fault(
            f"{here}.type",
            f"There is no component {cut(component.type)!r};"
            f" {_nearest(component.type, check.types)}",
        )
        return
    yield from _source_faults(here, key, component, check)
    if kind.kind == "trigger" and has_expression(component.input):
        yield Fault(f"{here}.input", "A trigger starts the flow, so its input cannot use {{ }}.")
        return
    for where, text in _path_findings(check, key, component, for_sure=True):
        yield Fault(where, text)
    for fault in literal_errors(component.input, kind):
        yield Fault(f"{here}.input{fault.path}", fault.text)


def _dollar_faults(value: Any, path: str) -> Iterator[Fault]:
    if is_list(value):
        for index, item in enumerate(value):
            yield from _dollar_faults(item, f"{path}[{index}]")
    elif is_object(value) and set(value) != {LITERAL}:
        for name, item in value.items():
            if name.startswith("$"):
                yield Fault(
                    f"{path}.{cut(name)}",
                    "Names that begin with $ are the engine's own; only"
                    f' {{"{LITERAL}": value}}, with nothing beside it, is yours to write.',
                )
            else:
                yield from _dollar_faults(item, f"{path}.{cut(name)}")


def _nearest(name: str, types: Mapping[str, ComponentType]) -> str:
    close = get_close_matches(cut(name), types, n=1)
    return f"did you mean {close[0]!r}?" if close else "see `appmixer components`."


def _source_faults(here: str, key: str, component: FlowComponent, check: _Check) -> Iterator[Fault]:
    if check.types[component.type].kind == "trigger":
        if component.source:
            yield Fault(f"{here}.source", "A trigger has no input port; remove its source.")
        return
    if not component.source.get("in"):
        yield Fault(f"{here}.source", "Nothing leads here; name a component and a port under 'in'.")
    for port in component.source:
        if port != "in":
            yield Fault(f"{here}.source.{port}", "The only input port is 'in'.")
    for earlier, ports in component.source.get("in", {}).items():
        if earlier not in check.bits:
            yield Fault(f"{here}.source.in.{earlier}", f"There is no component {earlier!r}.")
            continue
        kind = check.type_of(earlier)
        for port in ports if kind else []:
            if kind and port not in kind.ports:
                known = ", ".join(kind.ports)
                yield Fault(
                    f"{here}.source.in.{earlier}",
                    f"{earlier} has no output port {port!r}; it has: {known}.",
                )
    if key in check.circular:
        yield Fault(f"{here}.source", "This path leads back to where it came from.")


def _path_findings(
    check: _Check, key: str, component: FlowComponent, *, for_sure: bool
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


def _path_finding(path: Path, key: str, check: _Check) -> tuple[str, bool]:
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


def _loops(check: _Check) -> Iterator[Fault]:
    reporting: dict[str, int] = {}
    for key, bit in check.bits.items():
        kind = check.type_of(key)
        if kind is not None and kind.schema.get("x-reports-own-effects"):
            reporting[kind.connector] = reporting.get(kind.connector, 0) | bit
    for key, component in check.document.components.items():
        kind = check.types[component.type]
        if kind.writes and check.before[key] & reporting.get(kind.connector, 0):
            yield Fault(
                f"components.{key}",
                "The flow starts when the service reports on what you sent, and this step sends"
                " again: that can go round in a circle. Let it happen only for what ends, or remove"
                " the step.",
            )
