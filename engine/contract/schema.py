"""JSON Schemas (2020-12) made from a component's models: what `schemas/` publishes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from .component import Action, Component, Trigger
from .forms import FormOf
from .samples import samples_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def component_schema(name: str, component: type[Component]) -> dict[str, Any]:
    """Return the component's document: the schema of its input, and `x-ports` with its outputs.

    `x-samples` are examples for the main port. Fields keep the order in which they are declared.
    """
    ports: dict[str, type[BaseModel]] = {component.port: component.Output, **component.more_ports}
    outputs: list[tuple[type[BaseModel], JsonSchemaMode]]
    outputs = [(model, "serialization") for model in ports.values()]
    places, shared = models_json_schema(
        [(component.Input, "validation"), *outputs], ref_template="#/$defs/{model}"
    )
    definitions: dict[str, Any] = shared.get("$defs", {})
    input_name = places[(component.Input, "validation")]["$ref"].removeprefix("#/$defs/")
    input_schema = dict(definitions[input_name])
    input_schema.pop("title", None)
    input_schema.pop("description", None)
    at_ports = {
        port: _port(component, port, places[model, "serialization"])
        for port, model in ports.items()
    }
    if not _is_referenced(input_name, {**definitions, "": at_ports}):
        definitions = {key: value for key, value in definitions.items() if key != input_name}
    is_trigger = issubclass(component, Trigger)
    reports = issubclass(component, Trigger) and component.reports_own_effects
    has_fate = issubclass(component, Action) and component.has_later_fate
    collects = issubclass(component, Action) and component.collects
    return {
        "$schema": DIALECT,
        "$id": f"urn:appmixer:{name}",
        "title": component.label,
        "x-kind": "trigger" if is_trigger else "action",
        **({"x-reports-own-effects": True} if reports else {}),
        **({"x-later-fate": True} if has_fate else {}),
        **({"x-form": _form(component.form_of)} if component.form_of else {}),
        **({"x-collects": True} if collects else {}),
        **({"x-collects-within": within} if (within := _collects_within(component)) else {}),
        **({"x-last-ports": list(component.last_ports)} if component.last_ports else {}),
        **input_schema,
        "x-ports": at_ports,
        "x-main-port": component.port,
        "x-samples": dict(samples_of(component)),
        "$defs": dict(sorted(definitions.items())),
    }


def _port(component: type[Component], port: str, place: dict[str, Any]) -> dict[str, Any]:
    when = component.ports_when.get(port, {})
    shown = {field: [*values] for field, values in when.items()}
    return {**place, **({"x-when": shown} if shown else {})}


def _collects_within(component: type[Component]) -> str:
    """Return the name in JSON of the field that limits how long it collects."""
    name = component.collects_within if issubclass(component, Action) else ""
    return str(component.Input.model_fields[name].alias or name) if name else ""


def _form(form_of: FormOf) -> dict[str, Any]:
    return {
        "inputs": [*form_of.inputs],
        "fields": [*form_of.fields],
        "ports": form_of.ports,
        "asksService": form_of.asks_service,
    }


def port_schema(document: dict[str, Any], port: str) -> dict[str, Any]:
    """Return a schema of its own for one output port of a component's document."""
    return {"$schema": DIALECT, "$defs": document["$defs"], **document["x-ports"][port]}


def _is_referenced(name: str, definitions: dict[str, Any]) -> bool:
    return f"'#/$defs/{name}'" in repr(definitions)


# The shape of what component_schema returns, for hosts and tools in other languages.
COMPONENT_DOCUMENT: dict[str, Any] = {
    "$schema": DIALECT,
    "title": "Component",
    "description": "A schema of the component's input, with its ports and samples.",
    "$ref": DIALECT,
    "type": "object",
    "properties": {
        "$id": {"type": "string", "pattern": "^urn:appmixer:"},
        "title": {"type": "string"},
        "type": {"const": "object"},
        "additionalProperties": {"const": False},
        "properties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}},
        "x-kind": {"enum": ["action", "trigger"]},
        "x-ports": {
            "description": "The schema of the values that leave at each output port; with `x-when`,"
            " the values of fields without which nothing leaves there.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": DIALECT},
        },
        "x-main-port": {"type": "string"},
        "x-reports-own-effects": {
            "description": "A trigger whose events actions of the connector can cause.",
            "const": True,
        },
        "x-later-fate": {
            "description": "An action of whose effect more becomes known after its step has ended.",
            "const": True,
        },
        "x-form": {
            "description": "What of the component depends on its input. The host asks for it.",
            "type": "object",
            "properties": {
                "inputs": {
                    "description": "The fields that decide; after `[].`, one of each entry's.",
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                },
                "fields": {
                    "description": "The fields whose schema depends on them.",
                    "type": "array",
                    "items": {"type": "string"},
                },
                "ports": {
                    "description": "Whether there can be further output ports.",
                    "type": "boolean",
                },
                "asksService": {
                    "description": "Whether the network and the account are needed to tell.",
                    "type": "boolean",
                },
            },
            "required": ["inputs", "fields", "ports", "asksService"],
            "additionalProperties": False,
        },
        "x-collects": {
            "description": "An action that acts once for a list, when all its values are done.",
            "const": True,
        },
        "x-collects-within": {
            "description": "The field with the seconds after which it does not wait any longer.",
            "type": "string",
        },
        "x-last-ports": {
            "description": "Ports whose values go on after all others of the step are done.",
            "type": "array",
            "items": {"type": "string"},
        },
        "x-samples": {
            "description": "Examples of values at the main port, by a name for people.",
            "type": "object",
        },
        "x-labels": {
            "description": "In another language, what people call the ports and the samples.",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
    },
    "required": [
        "$id",
        "title",
        "type",
        "additionalProperties",
        "x-kind",
        "x-ports",
        "x-main-port",
        "x-samples",
    ],
    "$defs": {
        "field": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "description": {"type": "string"},
                "writeOnly": {"description": "Secret: never shown or recorded.", "type": "boolean"},
                "x-hint": {
                    "description": "What it has to be, in words that follow 'has to be'.",
                    "type": "string",
                },
                "x-labels": {
                    "description": "In another language, what people call the values to choose.",
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                },
                "x-widget": {"description": "How a form shows it.", "type": "string"},
                "x-from": {
                    "description": "The outputs of earlier steps that fit it, best first.",
                    "type": "array",
                    "items": {"type": "string", "minLength": 1},
                    "minItems": 1,
                },
                "x-source": {"description": "The host can ask for a list of choices."},
                "x-when": {"description": "Other fields' values for which it is shown."},
                "x-long-list": {
                    "description": "A list of any length, as an earlier step has given it.",
                    "const": True,
                },
                "x-group": {"description": "A heading to show it under.", "type": "string"},
            },
        }
    },
}
