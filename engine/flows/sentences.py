"""What is wrong with a value, in a sentence for people: no type names of Python or JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError as SchemaError

from ..values import is_list, is_object
from .words import names

UNKNOWN_FIELD = "There is no such field; check its spelling or remove it."
EMPTY = {"type": "null"}
KINDS: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of fields, {…}",
}
BOUNDS: Mapping[str, str] = {
    "minLength": "is too short; it needs {} characters or more",
    "maxLength": "is too long; it may have {} characters",
    "minimum": "has to be {} or more",
    "maximum": "has to be {} or less",
    "exclusiveMinimum": "has to be more than {}",
    "exclusiveMaximum": "has to be less than {}",
    "minItems": "has too few entries; it needs {} or more",
    "maxItems": "has too many entries; it may have {}",
}
# What pydantic calls a fault, by the first part of its name.
MISFITS: Mapping[str, str] = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a group of fields, {…}",
    "model": "a group of fields, {…}",
    "datetime": "a date and time such as 2026-09-21T14:13:20Z",
    "date": "a date such as 2026-09-21",
    "timezone": "a date and time with its time zone, such as 2026-09-21T14:13:20+02:00",
    "url": "a whole address such as https://example.org/",
}


def faults_of_schema(
    error: SchemaError, schema: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield (path of the field, sentence) for what a JSON Schema does not allow."""
    path: tuple[str | int, ...] = tuple(error.absolute_path)
    field: Mapping[str, Any] = error.schema if is_object(error.schema) else {}
    given: Any = error.instance
    choices = [place for place, each in enumerate(field.get("anyOf", ())) if each != EMPTY]
    if error.validator == "anyOf" and len(choices) == 1:
        # The other choice is to leave the field empty, so it is this one that was meant.
        for each in error.context or ():
            if each.schema_path[0] == choices[0]:
                yield from faults_of_schema(each, schema)
        return
    if error.validator == "additionalProperties" and is_object(given):
        fields: Mapping[str, Any] = field.get("properties", {})
        for name in given:
            if name not in fields:
                known = names([*fields])
                yield (*path, name), f"There is no field {name}; the fields are: {known}."
    elif error.validator == "required" and is_object(given):
        for name in field["required"]:
            # jsonschema tells each missing field by an error of its own.
            if name not in given and error.message.startswith(repr(name)):
                about = _resolved(field.get("properties", {}).get(name, {}), schema)
                yield (*path, name), f"{about.get('title', name)} ({name}) is missing; fill it in."
    else:
        yield path, _sentence(error, field, given, schema)


def sentence_of(fault: Mapping[str, Any]) -> str:
    """Return the sentence for a fault that pydantic found."""
    kind: str = fault["type"]
    context: Mapping[str, Any] = fault.get("ctx") or {}
    match kind:
        case "missing":
            return "It is missing; fill it in."
        case "extra_forbidden":
            return UNKNOWN_FIELD
        case "string_pattern_mismatch":
            return "It is not written as it has to be."
        case "string_too_short" | "too_short" if context["min_length"] == 1:
            return "It is empty; fill it in."
        case "string_too_short":
            return f"It is too short; it needs {context['min_length']} characters or more."
        case "string_too_long":
            return f"It is too long; it may have {context['max_length']} characters."
        case "too_short":
            return f"It has too few entries; it needs {context['min_length']} or more."
        case "too_long":
            return f"It has too many entries; it may have {context['max_length']}."
        case "greater_than_equal":
            return f"It has to be {_plain(context['ge'])} or more."
        case "less_than_equal":
            return f"It has to be {_plain(context['le'])} or less."
        case "greater_than":
            return f"It has to be more than {context['gt']}."
        case "less_than":
            return f"It has to be less than {context['lt']}."
        case "literal_error" | "enum":
            return f"It has to be one of: {context['expected']}."
        case "value_error" | "assertion_error":
            text = str(context.get("error") or fault["msg"])
            return text if text.endswith((".", "!")) else f"{text}."
        case _:
            first = kind.partition("_")[0]
            return (
                f"It has to be {MISFITS[first]}." if first in MISFITS else "It does not fit here."
            )


def _plain(bound: Any) -> Any:
    """Return a bound of a number as people write it."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _sentence(
    error: SchemaError, field: Mapping[str, Any], given: Any, schema: Mapping[str, Any]
) -> str:
    field = _titled(error, field, schema)
    title = str(field.get("title", "The value"))
    bound = error.validator_value
    match error.validator:
        case "minLength" | "minItems" if bound == 1:
            return f"{title} is empty; fill it in."
        case str(name) if name in BOUNDS:
            return f"{title} {BOUNDS[name].format(bound)}."
        case "pattern" | "format":
            if given == "":
                return f"{title} is empty; fill it in."
            hint = field.get("x-hint")
            asked = f"has to be {hint}" if hint else "is not written as it has to be"
            return f"{title} {asked}{_example(field)}."
        case _ if given is None:
            return f"{title} is empty; fill it in."
        case _:
            return f"{title} has to be {_expected(field, schema)}."


def _titled(
    error: SchemaError, field: Mapping[str, Any], schema: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the field's schema; what lies in a field without a title is called by its title."""
    here, owner = schema, field
    for part in error.absolute_path:
        here = _resolved(here, schema)
        here = (
            here.get("items", {})
            if isinstance(part, int)
            else here.get("properties", {}).get(part, {})
        )
        owner = here if "title" in here else owner
    return {**field, **{key: owner[key] for key in ("title", "x-hint", "examples") if key in owner}}


def _resolved(place: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema without $ref, and without the choice of leaving the field empty."""
    if "$ref" in place:
        found: Mapping[str, Any] = schema["$defs"][place["$ref"].removeprefix("#/$defs/")]
        return _resolved({**found, **{k: v for k, v in place.items() if k != "$ref"}}, schema)
    choices = [each for each in place.get("anyOf", []) if each.get("type") != "null"]
    if len(choices) == 1:
        rest = {key: value for key, value in place.items() if key != "anyOf"}
        return {**_resolved(choices[0], schema), **rest}
    return place


def _expected(place: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    place = _resolved(place, schema)
    if "enum" in place or "const" in place:
        allowed: list[Any] = place.get("enum") or [place["const"]]
        return f"one of: {', '.join(map(str, allowed))}"
    if "anyOf" in place or "oneOf" in place:
        choices: list[Any] = place.get("anyOf") or place["oneOf"]
        some = [_expected(each, schema) for each in choices if each.get("type") != "null"]
        return ", or ".join(dict.fromkeys(some))
    kind = place.get("type")
    kinds: list[str] = kind if is_list(kind) else [str(kind)]
    known = [KINDS[each] for each in kinds if each in KINDS]
    return " or ".join(known) or "something else"


def _example(field: Mapping[str, Any]) -> str:
    examples: list[Any] = field.get("examples") or []
    simple = [each for each in examples if isinstance(each, str | int | float) and each != ""]
    is_plain = simple and not isinstance(simple[0], bool)
    return f", for example {simple[0]}" if is_plain else ""
