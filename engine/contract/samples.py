"""Examples of what components give, made from the examples of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from .component import Component
from .values import JsonObject


def sample_of(model: type[BaseModel], **changes: Any) -> JsonObject:
    """Return an example of a model: the first example of each of its fields, or what is given.

    A field without examples that holds a model, or a list of one, has an example of that.
    """
    return {**_sample(model, ()), **{_json_name(model, name): changes[name] for name in changes}}


def samples_of(component: type[Component]) -> Mapping[str, JsonObject]:
    """Return the component's samples: its own, or one named like its port."""
    return component.samples or {component.port: sample_of(component.Output)}


def _sample(model: type[BaseModel], around: tuple[type[BaseModel], ...]) -> JsonObject:
    return {
        _json_name(model, name): field.examples[0]
        if field.examples
        else _of_type(field.annotation, (*around, model))
        for name, field in model.model_fields.items()
    }


def _json_name(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    return field.serialization_alias or field.alias or name


def _of_type(annotation: Any, around: tuple[type[BaseModel], ...]) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return None if annotation in around else _sample(annotation, around)
    inner = [_of_type(each, around) for each in get_args(annotation)]
    found = [each for each in inner if each is not None]
    return found[:1] if get_origin(annotation) is list else next(iter(found), None)
