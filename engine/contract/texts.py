"""Manifests and schemas in other languages: which of their texts are meant for people.

A connector is written in English. What it says in another language is a table by the English text,
because the same words stand in many places and mean the same in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeGuard, cast

from .values import Json, JsonObject

# The keys whose texts people read, in connector.json and in the schemas.
SHOWN = frozenset(
    ["label", "description", "group", "keyLabel", "redirectLabel", "title", "x-group", "x-hint"]
)
# What stands below these is data, whatever its keys are called.
DATA = frozenset(["default", "const", "enum", "examples", "x-samples", "x-source", "x-when"])
# What stands below these is named by its author: a field may be called `title` or `default`.
NAMED = frozenset(["properties", "patternProperties", "$defs", "x-ports"])
# In a table, what people call a value of an `enum`, a port or a sample stands behind this.
NAME = "= "
LABELS = "x-labels"
# In a text that forms say, what is not known before.
GAP = "{}"
LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"

Texts = Mapping[str, str]
"""What each English text is in one language; one that is empty counts as missing."""


def texts_in(document: Json) -> Iterator[str]:
    """Yield every text of a manifest or a schema that is meant for people, repeats included.

    The keywords of a component are one text, and names have `NAME` before them.
    """
    if isinstance(document, Mapping):
        yield from (NAME + name for name in _names(document))
        for key, value in document.items():
            yield from _texts_at(key, value)
    elif isinstance(document, list):
        for each in document:
            yield from texts_in(each)


def examples_in(document: Json) -> Iterator[str]:
    """Yield the examples that a table may have and need not: those of several words."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key == "examples" and isinstance(value, list):
                yield from (str(each) for each in value if _is_prose(each))
            elif key in NAMED and isinstance(value, Mapping):
                for each in value.values():
                    yield from examples_in(each)
            elif key not in DATA:
                yield from examples_in(value)
    elif isinstance(document, list):
        for each in document:
            yield from examples_in(each)


def texts_of_flow(flow: JsonObject) -> Iterator[str]:
    """Yield the texts of an example flow that are meant for people."""
    for each in (flow.get("name"), flow.get("description")):
        if isinstance(each, str) and each:
            yield each


def translate(document: Any, texts: Texts) -> Any:
    """Return a manifest or a schema with its texts in another language, as far as they are there.

    Names stay, as flows are written with them: what they are called is in `x-labels` beside them.
    `document` is what JSON holds, and stays as it is.
    """
    return _Language(texts).of(document)


def _texts_at(key: str, value: Json) -> Iterator[str]:
    if isinstance(value, str):
        if key in SHOWN and value:
            yield value
    elif key == "keywords" and isinstance(value, list):
        if value:
            yield _joined(value)
    elif key == "texts" and isinstance(value, list):
        yield from map(str, value)
    elif key == "choices" and isinstance(value, Mapping):
        yield from map(str, value.values())
    elif key in NAMED and isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif key not in DATA:
        yield from texts_in(value)


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values, ports and samples that stand at this place and that people choose from."""
    for key in ("enum", "x-ports", "x-samples"):
        if isinstance(names := document.get(key), list | Mapping):
            yield from (each for each in cast("list[object]", names) if isinstance(each, str))


def _joined(keywords: Any) -> str:
    return ", ".join(map(str, keywords))


class _Language:
    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def of(self, document: Any) -> Any:
        if _is_object(document):
            found = {key: self._at(key, value) for key, value in document.items()}
            called = {name: self._texts.get(NAME + name, "") for name in _names(document)}
            labels = {name: label for name, label in called.items() if label}
            return {**found, LABELS: labels} if labels else found
        if _is_list(document):
            return [self.of(each) for each in document]
        return document

    def _at(self, key: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._said(value) if key in SHOWN else value
        if _is_list(value):
            if key == "keywords":
                # By the English ones, people find what they know from elsewhere.
                more = self._texts.get(_joined(value), "").split(", ")
                return [*dict.fromkeys([*value, *filter(None, more)])]
            if key == "examples":
                return [self._example(each) for each in value]
        if _is_object(value):
            if key == "choices":
                return {name: self._said(label) for name, label in value.items()}
            if key in NAMED:
                return {name: self.of(each) for name, each in value.items()}
        return value if key in DATA else self.of(value)

    def _example(self, example: Any) -> Any:
        return (self._texts.get(example) or example) if _is_prose(example) else example

    def _said(self, text: str) -> str:
        if said := self._texts.get(text):
            return said
        for pattern, parts in self._with_gaps:
            if found := pattern.fullmatch(text):
                gaps = iter(found.groups())
                return "".join(next(gaps) if each == GAP else each for each in parts)
        return text

    @cached_property
    def _with_gaps(self) -> list[tuple[re.Pattern[str], list[str]]]:
        """The texts of forms, which are known but for what stands in their gaps."""
        return [
            (
                re.compile("(.+)".join(map(re.escape, text.split(GAP))), re.DOTALL),
                re.split(f"({re.escape(GAP)})", said),
            )
            for text, said in self._texts.items()
            if said and GAP in text
        ]


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_prose(example: object) -> bool:
    return isinstance(example, str) and " " in example
