"""What is wrong with the input of a step, by its schema."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import BaseModel, ValidationError

from ..contract import ConnectorError, RejectedError
from ..values import cut, is_list, is_object
from .expressions import LITERAL, has_expression
from .long_lists import without_entries
from .models import ComponentType, Fault
from .secret_fields import hidden_fields
from .sentences import faults_of_schema, sentence_of

MAX_INPUT_VALUES = 10_000
MAX_FAULTS = 1_000


def limited(faults: Iterator[Fault]) -> Iterator[Fault]:
    yield from islice(faults, MAX_FAULTS)
    if next(faults, None) is not None:
        yield Fault("", f"There are more than {MAX_FAULTS:,} of these; the others are not shown.")


def _pattern(_: Any, pattern: str, instance: Any, schema: Any) -> Iterator[SchemaError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield SchemaError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # JSON Schema's $ is the end of the text; Python's also stands before a last line break.
    ends = r"\\.|\[(?:\\.|[^\]\\])*\]|\$"
    strict = re.sub(ends, lambda part: r"\Z" if part[0] == "$" else part[0], pattern)
    return re.compile(strict)


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[SchemaError]:
    # What is wrong with a long list is told long before its end, and each error costs.
    found = Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)
    yield from islice(found or (), MAX_FAULTS)


def _any_of(validator: Any, choices: Sequence[Any], instance: Any, _: Any) -> Iterator[SchemaError]:
    """Do as the library does, but look for no more faults than are shown."""
    context: list[SchemaError] = []
    for place, choice in enumerate(choices):
        found = [*islice(validator.descend(instance, choice, schema_path=place), MAX_FAULTS)]
        if not found:
            return
        context += found
    yield SchemaError("It is none of what it may be", context=context)


MAX_VALIDATORS = 1_000
_validators: dict[int, tuple[Mapping[str, Any], Any]] = {}
# Its own types leave half of it open.
_Validator: Any = cast("Any", validators).extend(
    Draft202012Validator, {"pattern": _pattern, "items": _items, "anyOf": _any_of}
)


def input_errors(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with an input; fields that may be left out may be empty as well."""
    if has_more_values(value, MAX_INPUT_VALUES):
        yield Fault("", f"The input holds more than {MAX_INPUT_VALUES:,} values.")
        return
    found = _input_errors(value, schema, _validator(schema))
    yield from limited(fault for _, fault in found)


def read_at_once(value: Mapping[str, Any], kind: ComponentType) -> BaseModel | None:
    """Return a typed input that is right without a doubt: its schema's own model takes it as it is.

    That takes a twentieth of the time that its schema takes. What the model does not take like
    that may be right all the same, and the schema has the words for what is wrong.
    """
    if kind.model is None:
        return None
    given = _filled_in(value, kind.schema.get("required", ()))
    try:
        return kind.model.model_validate(given, strict=True, by_alias=True, by_name=False)
    except Exception:  # whatever its own code says or breaks at is met again, where it is answered
        return None


def literal_errors(value: Mapping[str, Any], kind: ComponentType) -> Iterator[Fault]:
    """Yield what can be told of an input before its expressions have values."""
    value = without_entries(value, kind.long_lists)
    if has_more_values(value, MAX_INPUT_VALUES):
        yield Fault("", f"The input holds more than {MAX_INPUT_VALUES:,} values.")
        return
    plain: dict[str, Any] = {name: _without_marks(item) for name, item in value.items()}
    hidden = hidden_fields(plain, kind.schema)
    has_faults = False
    validator = _Validator(kind.schema) if kind.is_formed else _validator(kind.schema)
    for error, fault in _input_errors(plain, kind.schema, validator):
        if error.absolute_path and error.absolute_path[0] in hidden:
            continue
        # Of what an expression gives nothing is known, but the names around it are.
        if error.validator in ("required", "additionalProperties") or not has_expression(
            _marked_at(error.absolute_path, value)
        ):
            has_faults = True
            yield fault
    if kind.model is not None and not has_faults:
        open_ones = {*hidden, *(name for name, item in value.items() if has_expression(item))}
        yield from _model_errors(kind.model, kind.schema, plain, open_ones)


def read_input(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Return the typed input; raise RejectedError for what its schema could not tell."""
    required = [
        info.alias or name for name, info in model.model_fields.items() if info.is_required()
    ]
    try:
        return model.model_validate(_filled_in(values, required))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise RejectedError(
            "The input is not right", sentence_of(first), "Correct it and run it again.", field
        ) from None


def _validator(schema: Mapping[str, Any]) -> Any:
    """Return the validator of a schema, which is made once: that takes as long as a small input."""
    kept = _validators.get(id(schema))
    if kept is None or kept[0] is not schema:
        if len(_validators) >= MAX_VALIDATORS:
            _validators.clear()
        # Its types know JSON as invariant containers.
        kept = _validators[id(schema)] = (schema, _Validator(cast("Any", schema)))
    return kept[1]


def _input_errors(
    value: Mapping[str, Any], schema: Mapping[str, Any], validator: Any
) -> Iterator[tuple[SchemaError, Fault]]:
    given = _filled_in(value, schema.get("required", ()))
    errors: list[SchemaError] = list(islice(validator.iter_errors(given), MAX_FAULTS))
    told: set[Fault] = set()
    for error in sorted(errors, key=lambda each: list(map(str, each.path))):
        for path, text in faults_of_schema(error, schema):
            fault = Fault(_dotted(path), text)
            if fault not in told:
                told.add(fault)
                yield error, fault


def _model_errors(
    model: type[BaseModel],
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    open_ones: Collection[str],
) -> Iterator[Fault]:
    """Yield the first thing that only the input's own code can tell of what is written out.

    `open_ones` are the fields of which nothing is known yet.
    """
    fields: Mapping[str, Any] = schema.get("properties", {})
    examples = {
        name: fields[name]["examples"][0] for name in open_ones if "examples" in fields[name]
    }
    written = {name: value for name, value in values.items() if name not in open_ones}
    try:
        read_input(model, {**written, **examples})
    except ConnectorError as error:
        if error.field.partition(".")[0] not in open_ones:
            path = f".{error.field}" if error.field else ""
            yield Fault(path, " ".join(filter(None, [error.cause, error.cure])))


def _filled_in(values: Mapping[str, Any], required: Any) -> dict[str, Any]:
    # An empty field of a form means that it is left out.
    return {
        name: value
        for name, value in values.items()
        if name in required or (value is not None and value != "")
    }


def _without_marks(value: Any) -> Any:
    """Return a value as it will be: what is marked as literal without its mark."""
    if is_list(value):
        return [_without_marks(item) for item in value]
    if is_object(value):
        if set(value) == {LITERAL}:
            return value[LITERAL]
        return {name: _without_marks(item) for name, item in value.items()}
    return value


def _marked_at(path: Sequence[Any], value: Any) -> Any:
    """Return what stands at the path of a plain input in the input as it was written."""
    for part in path:
        if is_object(value) and set(value) == {LITERAL}:
            return value  # what is further down is taken as it stands as well
        value = value[part]
    return value


def has_more_values(value: Any, limit: int) -> bool:
    """Return whether there are more values than that in it, at whatever depth."""
    found, left = 0, [value]
    while left and found <= limit:
        each = left.pop()
        found += len(each) if is_object(each) or is_list(each) else 0
        if found <= limit:
            left.extend(each.values() if is_object(each) else each if is_list(each) else ())
    return found > limit


def _dotted(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{cut(part)}" for part in path)
