"""docs/components.md names everything that can be filled in or comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import ComponentEntry, component_schema, load_connectors

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "components.md").read_text("utf-8")
CONNECTOR = load_connectors()["appmixer:whatsapp"]
COMPONENTS = CONNECTOR.components()
ENTRIES = CONNECTOR.manifest.components


def section(heading: str) -> str:
    """The part of the page under a heading, up to the next one of its level or above."""
    level, _, title = heading.partition(" ")
    found = re.search(
        rf"^{level} {re.escape(title)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", PAGE, re.M | re.S
    )
    assert found is not None, f"the page has no section {heading!r}"
    return found[1]


def fields_of(document: dict[str, Any]) -> dict[str, str]:
    """Every field of input and outputs, with its description."""
    outputs = [
        document["$defs"][port["$ref"].rpartition("/")[2]] for port in document["x-ports"].values()
    ]
    return {
        name: field.get("description", "")
        for schema in (document, *outputs)
        for name, field in schema.get("properties", {}).items()
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_component_is_documented_with_its_ports_and_fields(entry: ComponentEntry) -> None:
    document = component_schema(entry.name, COMPONENTS[entry.name])
    page = section(f"### {entry.label}")

    missing = [
        name
        for name, description in fields_of(document).items()
        if f"| `{name}`" not in page or description not in page
    ]

    assert missing == []
    assert f"`{entry.name}`" in page
    assert [port for port in document["x-ports"] if f"`{port}`" not in page] == []
    assert [part for part in ("**Needs**", "**Gives back**", "**Fails**") if part not in page] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_example_on_the_page_is_the_components_sample(entry: ComponentEntry) -> None:
    found = re.search(r"^```json\n(.*?)^```$", section(f"### {entry.label}"), re.M | re.S)
    assert found is not None
    shown: dict[str, Any] = json.loads(found[1])

    [sample, *_] = COMPONENTS[entry.name].samples.values()

    assert shown.items() <= sample.items()
    assert {key: each for key, each in sample.items() if each not in (None, [], False)} == {
        key: sample[key] for key in (*shown, *({"raw"} & sample.keys())) if sample[key]
    }


@pytest.mark.parametrize("key", CONNECTOR.manifest.configuration, ids=lambda key: key.name)
def test_a_configuration_key_is_documented(key: Any) -> None:
    assert f"| `{key.name}` | `{key.environment}` | {key.label}. {key.description}" in section(
        "## Configuration"
    )
