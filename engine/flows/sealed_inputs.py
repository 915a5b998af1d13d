"""Secret inputs in documents: sealed where they are stored, hidden where they are shown."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..storage.seal import SEALED, Seal
from ..values import cut, is_object
from .expressions import has_expression
from .models import ComponentType, Fault, FlowDocument
from .secret_fields import HIDDEN, hidden_fields, hide, secret_fields


def hide_secrets(document: dict[str, Any], types: Mapping[str, ComponentType]) -> dict[str, Any]:
    """Return a document as its author may see it again; it may be anything."""
    hidden = {key: _step_hidden(step, types) for key, step in _steps(document)}
    if not hidden:
        return document
    return {**document, "components": {**document["components"], **hidden}}


def _step_hidden(step: Mapping[str, Any], types: Mapping[str, ComponentType]) -> Mapping[str, Any]:
    values = step.get("input")
    if not is_object(values):
        return step
    kind = types.get(str(step.get("type")))
    if kind is not None:
        return {**step, "input": hide(values, kind.schema)}
    # Its connector is not here, and only what is sealed tells what is secret.
    sealed = [name for name, value in values.items() if _is_sealed(value)]
    return {**step, "input": {**values, **dict.fromkeys(sealed, HIDDEN)}}


def with_hidden(
    raw: object, kept: Sequence[Mapping[str, Any]], types: Mapping[str, ComponentType]
) -> object:
    """Return a document in which HIDDEN is replaced by the secret that is kept in its place.

    `kept` are documents whose secrets are open; the first that has the place decides. The document
    may be anything.
    """
    found = {
        place: value
        for place, value in ((place, _first(kept, place)) for place in _hidden(raw, types))
        if value is not None
    }
    if not found or not is_object(raw):
        return raw
    components = {**raw["components"]}
    for (key, name), value in found.items():
        step = components[key]
        components[key] = {**step, "input": {**step["input"], name: value}}
    return {**raw, "components": components}


def hidden_faults(raw: object, types: Mapping[str, ComponentType]) -> Iterator[Fault]:
    """Yield a fault for each HIDDEN that stands for nothing."""
    for key, name in _hidden(raw, types):
        text = "It is hidden here, and nothing is kept in its place; enter it again."
        yield Fault(f"components.{cut(key)}.input.{cut(name)}", text)


def _hidden(raw: object, types: Mapping[str, ComponentType]) -> Iterator[tuple[str, str]]:
    for key, step in _steps(raw):
        kind = types.get(str(step.get("type")))
        values = step.get("input")
        if kind is not None and is_object(values):
            yield from ((key, name) for name in hidden_fields(values, kind.schema))


def _first(kept: Sequence[Mapping[str, Any]], place: tuple[str, str]) -> Any:
    key, name = place
    for document in kept:
        for each, step in _steps(document):
            values = step.get("input")
            if each == key and is_object(values) and values.get(name) not in (None, HIDDEN):
                return values[name]
    return None


def _steps(raw: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    components = raw.get("components") if is_object(raw) else None
    if is_object(components):
        yield from ((key, step) for key, step in components.items() if is_object(step))


def seal_secrets(
    document: dict[str, Any], types: Mapping[str, ComponentType], seal: Seal
) -> dict[str, Any]:
    """Return a document to store, whose secrets are sealed."""
    for component in document["components"].values():
        values = component.get("input", {})
        for name in secret_fields(types[component["type"]].schema):
            if name in values and not has_expression(values[name]):
                values[name] = {SEALED: b64encode(seal.close(values[name])).decode()}
    return document


def opened(document: FlowDocument, seal: Seal) -> dict[str, Any]:
    """Return a stored document with its secrets open."""
    raw = document.model_dump(mode="json", exclude_unset=True)
    for component in raw["components"].values():
        if "input" in component:
            component["input"] = open_secrets(component["input"], seal)
    return raw


def open_secrets(values: Mapping[str, Any], seal: Seal) -> dict[str, Any]:
    """Return an input with its sealed fields opened."""
    return {
        name: seal.open(b64decode(value[SEALED])) if _is_sealed(value) else value
        for name, value in values.items()
    }


def _is_sealed(value: Any) -> bool:
    return is_object(value) and SEALED in value
