"""Reads connector.json, the example flows and the texts, installed or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

# A wheel keeps the repository's relative layout, so the manifest is one folder up in both.
CONNECTOR = files("appmixer.whatsapp.plugin") / ".."
EXAMPLE = ".flow.json"


@cache
def read_manifest() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((CONNECTOR / "connector.json").read_text("utf-8")))


def read_examples() -> dict[str, dict[str, Any]]:
    """Return the flows of the folder `examples`, by their ids."""
    there = sorted((CONNECTOR / "examples").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(EXAMPLE).replace("_", "-"): json.loads(file.read_text("utf-8"))
        for file in there
        if file.name.endswith(EXAMPLE)
    }


def read_texts() -> dict[str, dict[str, str]]:
    """Return the tables of the folder `texts`, by their languages."""
    tables = (CONNECTOR / "texts").iterdir()
    return {each.name.removesuffix(".json"): json.loads(each.read_text("utf-8")) for each in tables}


def component_modules() -> Mapping[str, str]:
    """Return the module of each component, by the component's full name."""
    return {each["name"]: each["module"] for each in read_manifest()["components"]}
