"""Objects of Meta's as models: each field says once what Meta calls it and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from appmixer.engine.contract import Fields

from .shapes import as_id, as_int, as_object, as_objects, as_text, is_object

# The last second that a datetime can hold.
END_OF_TIME_S = 253402300799


@dataclass(frozen=True)
class At:
    """What Meta calls a field that has another name here; dots lead into objects."""

    path: str


class MetaFields(Fields):
    """A model of one of Meta's objects.

    A field with one of the types below is Meta's, under the field's own name if no `At` says
    otherwise. Meta leaves fields out, sends null, and writes numbers as texts and ids as numbers:
    the types take all of that. Any other field is ours, and is given when the object is read.
    """

    @classmethod
    def from_meta(cls, node: Mapping[str, Any], **ours: Any) -> Self:
        """Read Meta's object; what is given besides goes before what it says."""
        found = {
            name: node.get(path[0]) if len(path) == 1 else _inner(node, path)
            for name, path in _paths(cls).items()
        }
        return cls(**{**found, **ours})

    @classmethod
    def asking(cls) -> dict[str, str]:
        """Return the parameter with which Meta is asked for just these fields."""
        names = dict.fromkeys(path[0] for path in _paths(cls).values())
        return {"fields": ",".join(names)}


def says(*words: str) -> BeforeValidator:
    """Read whether Meta's word is one of these."""
    return BeforeValidator(lambda value: value in words)


def read_time(timestamp: object) -> datetime | None:
    """Return the moment of a timestamp in seconds, which Meta writes as text or as a number."""
    seconds = as_int(timestamp)
    if seconds is None or not 0 <= seconds <= END_OF_TIME_S:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _word(value: object) -> str | None:
    return as_text(value) or None


def _id_or_none(value: object) -> str | None:
    return as_id(value) or None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _object(value: object) -> dict[str, Any] | None:
    return dict(value) if is_object(value) else None


Text = Annotated[str, BeforeValidator(as_text)]
"""A text, empty where there is none."""
Word = Annotated[str | None, BeforeValidator(_word)]
"""A text, or None where there is none or an empty one."""
Id = Annotated[str, BeforeValidator(as_id)]
"""An id, which Meta may write as a number; empty where there is none."""
IdOrNone = Annotated[str | None, BeforeValidator(_id_or_none)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Whole = Annotated[int | None, BeforeValidator(as_int)]
"""A whole number, also one that is written as a text."""
Moment = Annotated[datetime | None, BeforeValidator(read_time)]
"""The moment of a timestamp in seconds."""
Object = Annotated[dict[str, Any] | None, BeforeValidator(_object)]
Objects = Annotated[list[dict[str, Any]], BeforeValidator(as_objects)]


@cache
def _paths(model: type[MetaFields]) -> Mapping[str, tuple[str, ...]]:
    """Return where Meta has the fields of a model that are Meta's, by their names here."""
    found = dict[str, tuple[str, ...]]()
    for name, field in model.model_fields.items():
        if any(isinstance(each, BeforeValidator) for each in field.metadata):
            named = [each.path for each in field.metadata if isinstance(each, At)]
            found[name] = tuple((named[-1] if named else name).split("."))
    return found


def _inner(node: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for name in path[:-1]:
        node = as_object(node.get(name))
    return node.get(path[-1])
