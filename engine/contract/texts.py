"""Manifests and schemas in other languages: which of their texts are meant for people.

A connector is written in English. What it says in another language is a table by the English text,
because the same words stand in many places and mean the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from .values import Json

# The keys whose texts people read, in connector.json and in the schemas.
SHOWN = frozenset(["label", "description", "group", "redirectLabel", "title", "x-group", "x-hint"])
# What stands below these is data, whatever its keys are called.
DATA = frozenset(["default", "const", "enum", "examples", "x-samples", "x-source", "x-when"])
LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"

Texts = Mapping[str, str]
"""What each English text is in one language."""


def texts_in(document: Json) -> Iterator[str]:
    """Yield every text of a manifest or a schema that is meant for people, repeats included."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if isinstance(value, str):
                if key in SHOWN and value:
                    yield value
            elif key not in DATA:
                yield from texts_in(value)
    elif isinstance(document, list):
        for each in document:
            yield from texts_in(each)


def translate(document: Any, texts: Texts) -> Any:
    """Return a manifest or a schema with its texts in another language, as far as they are there.

    `document` is what JSON holds, and stays as it is.
    """
    if isinstance(document, Mapping):
        content = cast("Mapping[str, Any]", document)
        return {key: _translated(key, value, texts) for key, value in content.items()}
    if isinstance(document, list):
        return [translate(each, texts) for each in document]  # pyright: ignore[reportUnknownVariableType]
    return document


def _translated(key: str, value: Any, texts: Texts) -> Any:
    if isinstance(value, str):
        return texts.get(value, value) if key in SHOWN else value
    return value if key in DATA else translate(value, texts)
