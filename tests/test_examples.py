"""The example flows are sound, and are offered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from appmixer.engine.contract import load_connectors
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import find_warnings, read_document

GUIDE = Path(__file__).parents[1] / "docs" / "flow-builder.md"
FILES = sorted((Path(__file__).parents[1] / "examples").glob("*.flow.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_is_a_flow_without_faults_or_doubts(file: Path) -> None:
    types = component_types(load_connectors())

    document = read_document(json.loads(file.read_text("utf-8")), types)

    assert find_warnings(document, types) == []
    assert document.description.endswith(".")


def test_every_example_stands_in_the_guide_as_it_is() -> None:
    documents = [(file.name, json.loads(file.read_text("utf-8"))) for file in FILES]

    rows = re.findall(r"^\| \[.*\]\(\.\./examples/.*$", GUIDE.read_text("utf-8"), re.MULTILINE)

    assert rows == [
        f"| [{each['name']}](../examples/{name}) | {each['description']} |"
        for name, each in documents
    ]


def test_every_example_is_offered_by_the_connector() -> None:
    offered = load_connectors()["appmixer:whatsapp"].examples()

    assert [*offered.values()] == [json.loads(file.read_text("utf-8")) for file in FILES]
    assert "auto-reply" in offered
