"""Flow documents: their shape, and every fault that can be told before a flow runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .contract import RejectedError
from .expressions import (
    LITERAL,
    ExpressionError,
    check_expression,
    find_expressions,
    find_paths,
    has_expression,
)

# CEL's reserved words cannot name a step that expressions refer to.
RESERVED = frozenset(
    "as break const continue else false for function if import in let loop package namespace null"
    " return true var void while".split()
)
BOUNDS: Mapping[str, str] = {
    "minLength": "is too short: its length must be {} or more",
    "maxLength": "is too long: its length must be {} or less",
    "minimum": "must be {} or more",
    "maximum": "must be {} or less",
    "minItems": "has too few entries: there must be {} or more",
    "maxItems": "has too many entries: there may be {} or less",
}
ComponentId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
PortName = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]*$")]


class Position(BaseModel):
    """Where the designer draws the component."""

    model_config = ConfigDict(extra="forbid")

    x: float
    y: float


class FlowComponent(BaseModel):
    """One step of a flow."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(
        description="The component's full name.", examples=["vendor.service.SendText"]
    )
    account: str | None = Field(None, description="The name of the connected account it uses.")
    source: dict[PortName, dict[ComponentId, list[PortName]]] = Field(
        default_factory=dict[str, dict[str, list[str]]],
        description="For its input port: the earlier components and their output ports.",
        examples=[{"in": {"incoming": ["message"]}}],
    )
    input: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="Values of the input fields; texts may hold {{ expressions }}, and"
        ' {"$literal": value} is taken as it stands.',
    )
    label: str | None = Field(default=None, description="A name for people.")
    position: Position | None = None


class FlowDocument(BaseModel):
    """A flow."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    components: dict[ComponentId, FlowComponent] = Field(min_length=1)

    @cached_property
    def listening(self) -> Mapping[tuple[str, str], list[str]]:
        """The steps that each component's port leads to, in the order of the document."""
        found: dict[tuple[str, str], list[str]] = {}
        for key, component in self.components.items():
            for earlier, ports in component.source.get("in", {}).items():
                for port in dict.fromkeys(ports):
                    found.setdefault((earlier, port), []).append(key)
        return found


@dataclass(frozen=True)
class ComponentType:
    """What a host knows of a component from manifest and schema, without its code."""

    name: str
    kind: str
    connector: str
    needs_account: bool
    schema: Mapping[str, Any]

    @property
    def ports(self) -> Mapping[str, Any]:
        ports: Mapping[str, Any] = self.schema["x-ports"]
        return ports


@dataclass(frozen=True)
class Fault:
    """Something wrong in a document: where, and a sentence with cause and cure."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class FlowFaults(ValueError):
    """A document that cannot be used, with all its faults."""

    title = "The flow cannot be used as it is"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class InputFaults(FlowFaults):
    """A component's input that cannot be used, with all its faults."""

    title = "The input cannot be used as it is"


def read_document(raw: object, types: Mapping[str, ComponentType]) -> FlowDocument:
    """Return the checked document; raise FlowFaults with every fault found."""
    try:
        document = FlowDocument.model_validate(raw)
    except ValidationError as error:
        raise FlowFaults([_fault_of(each) for each in error.errors()]) from None
    faults = [fault for key in document.components for fault in _check(key, document, types)]
    if not any(_is_trigger(each, types) for each in document.components.values()):
        faults.append(
            Fault("components", "No component is a trigger, so nothing would ever start this flow.")
        )
    if faults:
        raise FlowFaults(faults)
    return document


def _fault_of(error: Any) -> Fault:
    path = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        return Fault(path, "There is no such field; check its spelling or remove it.")
    if error["type"] == "string_pattern_mismatch":
        return Fault(path, "Names start with a letter and go on with letters, digits and _.")
    return Fault(path, f"{error['msg']}.")


def _is_trigger(component: FlowComponent, types: Mapping[str, ComponentType]) -> bool:
    return component.type in types and types[component.type].kind == "trigger"


def _check(key: str, document: FlowDocument, types: Mapping[str, ComponentType]) -> Iterator[Fault]:
    component = document.components[key]
    here = f"components.{key}"
    if key in RESERVED:
        yield Fault(here, f"{key!r} is a word of the expression language; choose another name.")
    if component.type not in types:
        yield Fault(
            f"{here}.type",
            f"There is no component {component.type!r}; {_nearest(component.type, types)}",
        )
        return
    kind = types[component.type]
    yield from _check_sources(here, key, component, document, types)
    if kind.kind == "trigger" and has_expression(component.input):
        yield Fault(f"{here}.input", "A trigger starts the flow, so its input cannot use {{ }}.")
        return
    yield from _check_expressions(here, key, component, document, types)
    for error in input_errors(component.input, kind.schema, with_expressions=True):
        yield Fault(f"{here}.input{error.path}", error.text)


def _nearest(name: str, types: Mapping[str, ComponentType]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, types, n=1)
    return f"did you mean {close[0]!r}?" if close else "see `appmixer components`."


def _check_sources(
    here: str,
    key: str,
    component: FlowComponent,
    document: FlowDocument,
    types: Mapping[str, ComponentType],
) -> Iterator[Fault]:
    if types[component.type].kind == "trigger":
        if component.source:
            yield Fault(f"{here}.source", "A trigger has no input port; remove its source.")
        return
    if not component.source.get("in"):
        yield Fault(f"{here}.source", "Nothing leads here; name a component and a port under 'in'.")
    for port in component.source:
        if port != "in":
            yield Fault(f"{here}.source.{port}", "The only input port is 'in'.")
    for earlier, ports in component.source.get("in", {}).items():
        if earlier not in document.components:
            yield Fault(f"{here}.source.in.{earlier}", f"There is no component {earlier!r}.")
            continue
        kind = types.get(document.components[earlier].type)
        for port in ports if kind else []:
            if kind and port not in kind.ports:
                known = ", ".join(kind.ports)
                yield Fault(
                    f"{here}.source.in.{earlier}",
                    f"{earlier} has no output port {port!r}; it has: {known}.",
                )
    if key in _before(key, document):
        yield Fault(f"{here}.source", "This path leads back to where it came from.")


def _before(key: str, document: FlowDocument) -> set[str]:
    found: set[str] = set()
    open_keys = list(document.components[key].source.get("in", {}))
    while open_keys:
        earlier = open_keys.pop()
        if earlier not in found and earlier in document.components:
            found.add(earlier)
            open_keys += document.components[earlier].source.get("in", {})
    return found


def _check_expressions(
    here: str,
    key: str,
    component: FlowComponent,
    document: FlowDocument,
    types: Mapping[str, ComponentType],
) -> Iterator[Fault]:
    before = _before(key, document)
    for field, expression in find_expressions(component.input):
        where = f"{here}.input.{field}"
        try:
            check_expression(expression)
        except ExpressionError as error:
            yield Fault(where, str(error))
            continue
        for path in find_paths(expression):
            step, *rest = path
            if rest or step in document.components:
                yield from _check_path(where, path, before, document, types)


def _check_path(
    where: str,
    path: tuple[str, ...],
    before: set[str],
    document: FlowDocument,
    types: Mapping[str, ComponentType],
) -> Iterator[Fault]:
    step, dotted = path[0], ".".join(path)
    if step not in before:
        if step in document.components:
            yield Fault(where, f"{dotted}: {step} does not run before this step on any path.")
        elif len(path) > 1 and not _is_macro_name(step):
            known = ", ".join(sorted(before)) or "none"
            yield Fault(where, f"{dotted}: there is no step {step!r} before; there is: {known}.")
        return
    kind = types.get(document.components[step].type)
    if kind is None or len(path) < 2:
        return
    if path[1] not in kind.ports:
        yield Fault(
            where, f"{dotted}: {step} has no port {path[1]!r}; it has: {', '.join(kind.ports)}."
        )
        return
    missing = _missing(kind.schema, kind.ports[path[1]], path[2:])
    if missing:
        yield Fault(where, f"{dotted}: {'.'.join(path[:2])} {missing}")


def _is_macro_name(name: str) -> bool:
    # The variable of map, filter, all or exists is short by custom and has no step's name.
    return len(name) <= 2


def _missing(schema: Mapping[str, Any], place: Mapping[str, Any], path: tuple[str, ...]) -> str:
    for name in path:
        fields = _properties(schema, place)
        if fields is None:
            return ""
        if name not in fields:
            return f"has no {name!r}; it has: {', '.join(fields)}."
        place = fields[name]
    return ""


def _properties(schema: Mapping[str, Any], place: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the properties of a closed object schema, or None when any name may be there."""
    if "$ref" in place:
        return _properties(schema, schema["$defs"][place["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in place:
        choices: list[Any] = [each for each in place["anyOf"] if each.get("type") != "null"]
        return _properties(schema, choices[0]) if len(choices) == 1 else None
    if place.get("additionalProperties") is False:
        properties: Mapping[str, Any] = place.get("properties", {})
        return properties
    return None


def _pattern(_: Any, pattern: str, instance: Any, schema: Any) -> Iterator[SchemaError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield SchemaError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # JSON Schema's $ is the end of the text; Python's also stands before a last line break.
    ends = r"\\.|\[(?:\\.|[^\]\\])*\]|\$"
    strict = re.sub(ends, lambda part: r"\Z" if part[0] == "$" else part[0], pattern)
    return re.compile(strict)


# Its own types leave half of it open.
_Validator: Any = cast("Any", validators).extend(Draft202012Validator, {"pattern": _pattern})


def input_errors(
    value: Mapping[str, Any], schema: Mapping[str, Any], *, with_expressions: bool = False
) -> Iterator[Fault]:
    """Yield what is wrong with an input; where it holds expressions only the names are known."""
    validator: Any = _Validator(schema)  # its types know JSON as invariant containers
    errors: list[SchemaError] = list(validator.iter_errors(value))
    for error in sorted(errors, key=lambda each: list(map(str, each.path))):
        if with_expressions and error.path and has_expression(_root_value(value, error)):
            continue
        if with_expressions and _is_literal(error.instance):
            continue
        yield Fault(_dotted(error), _sentence(error))


def read_input(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Return the typed input; raise RejectedError for what its schema could not tell."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise RejectedError(
            "The input is not right", f"{first['msg']}.", "Correct it and run it again.", field
        ) from None


def _root_value(value: Mapping[str, Any], error: SchemaError) -> Any:
    return value[str(error.absolute_path[0])]


def _is_literal(value: Any) -> bool:
    return isinstance(value, Mapping) and LITERAL in value


def _dotted(error: SchemaError) -> str:
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    )


def _sentence(error: SchemaError) -> str:
    field: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    match error.validator:
        case "required":
            name = error.message.split("'")[1]
            title = field.get("properties", {}).get(name, {}).get("title", name)
            return f"{title} ({name}) is missing; fill it in."
        case "additionalProperties":
            known = ", ".join(field.get("properties", {})) or "none"
            unknown = re.findall(r"'([^']*)'", error.message)
            return f"There is no field {', '.join(unknown)}; the fields are: {known}."
        case "pattern" | "format":
            return f"{_shown(error, field)} does not have the form that is asked for{_hint(field)}."
        case str(bound) if bound in BOUNDS:
            return f"{_title(field)} {BOUNDS[bound].format(error.validator_value)}."
        case "type":
            return f"{_shown(error, field)} is not of type {error.validator_value}."
        case "enum" | "const":
            return f"{_shown(error, field)} is not one of: {error.validator_value}."
        case _:
            return f"{_shown(error, field)} does not fit what this field takes{_hint(field)}."


def _title(field: Mapping[str, Any]) -> str:
    return str(field.get("title", "The value"))


def _shown(error: SchemaError, field: Mapping[str, Any]) -> str:
    if field.get("writeOnly") or field.get("x-widget") == "password":
        return _title(field)
    text = repr(error.instance)
    return text if len(text) <= 60 else f"{_title(field)} ({len(text)} characters)"


def _hint(field: Mapping[str, Any]) -> str:
    examples: list[Any] = field.get("examples") or []
    return f", for example {examples[0]!r}" if examples else ""
