"""docs/hosting.md describes every word of the schemas and everything that is called: no more."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from appmixer.engine import contract
from appmixer.engine.contract import Component, choices, starts, values

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hosting.md").read_text("utf-8")
HEADING = re.compile(r"^##+ (.*)$", re.M)
ROW = re.compile(r"^\| `([\w-]+)` \|", re.M)
# Protocols without a name of their own in the tables: what they ask is `Store.put`.
CALLABLE = {"KeepEntries"}


# The values that pass between a connector and its host.
VALUES = tuple(
    each
    for module in (values, starts, choices)
    for each in vars(module).values()
    if isinstance(each, type) and each.__module__ == module.__name__
)


def sections() -> dict[str, str]:
    """Return what stands below each heading of the page."""
    parts = HEADING.split(PAGE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def words(document: Any) -> Iterator[str]:
    """Yield the words of a schema that are not JSON Schema's own."""
    if isinstance(document, dict):
        entries = cast("dict[str, Any]", document)
        for key, value in entries.items():
            if key.startswith("x-"):
                yield key
            yield from words(value)
    elif isinstance(document, list):
        for each in cast("Sequence[Any]", document):
            yield from words(each)


def members(described: type) -> set[str]:
    """Return what a host and a connector use of a protocol, a base class or a value."""
    if issubclass(described, VALUES):
        return {field.name for field in dataclasses.fields(cast("Any", described))}
    named = {*vars(described), *inspect.get_annotations(described)}
    return {name for name in named if not name.startswith("_")}


def described() -> dict[str, type]:
    """Return all protocols, values and bases of components that the contract exports."""
    found: dict[str, type] = {}
    for name in contract.__all__:
        each: Any = getattr(contract, name)
        if not isinstance(each, type) or name in CALLABLE:
            continue
        is_protocol: bool = getattr(each, "_is_protocol", False)
        if is_protocol or issubclass(each, (*VALUES, Component)):
            found[name] = each
    return found


DESCRIBED = described()


def test_every_word_of_the_schemas_is_described_and_no_other() -> None:
    used = {
        word
        for file in (ROOT / "schemas").glob("*.json")
        for word in words(json.loads(file.read_text("utf-8")))
    }

    assert set(ROW.findall(sections()["Every word of a schema"])) == used


def test_what_is_described_is_what_the_contract_has() -> None:
    below = {name.strip("`") for name in sections() if name.startswith("`")}

    assert below == set(DESCRIBED)
    assert {"Plugin", "HostContext", "Event", "Action"} <= below


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_member_of_the_contract_is_described_and_no_other(name: str) -> None:
    assert set(ROW.findall(sections()[f"`{name}`"])) == members(DESCRIBED[name])
