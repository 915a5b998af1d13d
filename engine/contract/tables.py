"""Tables of fields for people, made from the JSON Schemas of components."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

WORDS = {"string": "text", "integer": "number", "number": "number", "boolean": "yes or no"}
REFERENCE = "#/$defs/"


def input_table(document: Mapping[str, Any]) -> str:
    """Return the table of a component's input; empty where it takes none."""
    needed = document.get("required", ())
    rows = [
        (
            f"`{name}` (needed)" if name in needed else f"`{name}`",
            f"{holds(field, document)}, *list*" if "x-source" in field else holds(field, document),
            f"{field['title']}. {_meaning(field)}" if "title" in field else _meaning(field),
        )
        for name, field in document.get("properties", {}).items()
    ]
    return _table("Takes", rows)


def output_table(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Return the table of an object of the document; empty where it has no fields of its own."""
    found = resolved(schema, document)
    rows = [
        (f"`{name}`", holds(field, document), _meaning(field))
        for name, field in found.get("properties", {}).items()
    ]
    return _table("Holds", rows)


def objects_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the objects that fields of a component hold, by their names."""
    definitions: dict[str, Mapping[str, Any]] = document["$defs"]
    ports = [resolved(port, document) for port in document["x-ports"].values()]
    waiting = [each for schema in (document, *ports) for each in _referred(_fields(schema))]
    waiting += _referred([port for port in document["x-ports"].values() if "x-when" in port])
    found = dict[str, Mapping[str, Any]]()
    while waiting:
        name = waiting.pop()
        if name not in found and "properties" in definitions[name]:
            found[name] = definitions[name]
            waiting += _referred(_fields(definitions[name]))
    return found


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the definition that a schema refers to, or the schema itself."""
    reference: str = schema.get("$ref", "")
    found: Mapping[str, Any] = document["$defs"].get(reference.removeprefix(REFERENCE), schema)
    return found


def holds(field: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Say in words what the values of a field are."""
    if "$ref" in field:
        name, found = field["$ref"].removeprefix(REFERENCE), resolved(field, document)
        return f"[{name}](#{name.lower()})" if "properties" in found else holds(found, document)
    if options := field.get("anyOf", field.get("oneOf")):
        return " or ".join(dict.fromkeys(_options(options, document))) or "nothing"
    if "enum" in field or "const" in field:
        values = [f"`{_cell(_literal(each))}`" for each in field.get("enum", [field.get("const")])]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if field.get("type") == "array":
        inner = field.get("items", {})
        return f"list of {holds(inner, document)}" if inner else "list"
    if field.get("format") in ("date-time", "date", "time", "duration"):
        return "time"
    return WORDS.get(
        str(field.get("type")), "object" if field.get("type") == "object" else "anything"
    )


def _options(options: list[Mapping[str, Any]], document: Mapping[str, Any]) -> Iterator[str]:
    for each in options:
        if each.get("type") != "null":
            yield holds(each, document)


def _fields(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _referred(schema: Any) -> list[str]:
    """Return the names of the definitions that are referred to anywhere in it."""
    text = json.dumps(schema)
    return [part.partition('"')[0] for part in text.split(f'"$ref": "{REFERENCE}')[1:]]


def _meaning(field: Mapping[str, Any]) -> str:
    return str(field.get("description", ""))


def _literal(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _table(middle: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [("Field", middle, "Meaning"), ("---", "---", "---")]
    lines += [(name, kind, _cell(meaning)) for name, kind, meaning in rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
