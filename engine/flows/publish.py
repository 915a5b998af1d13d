"""What `appmixer publish` writes: what is generated from connectors, and the schema of flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..contract import publish
from ..contract.schema import DIALECT
from .models import FlowDocument

FLOW_SCHEMA = f"{publish.SCHEMAS}/flow.schema.json"
GENERAL: Mapping[str, dict[str, Any]] = {
    **publish.GENERAL,
    FLOW_SCHEMA: {"$schema": DIALECT, **FlowDocument.model_json_schema()},
}


def generated(folders: Iterable[Path]) -> dict[Path, bytes | None]:
    """Return what every generated file has to hold, the schema of flows where there is one."""
    connectors = [publish.Folder.load(folder) for folder in folders]
    contents = publish.published(connectors)
    for each in connectors:
        if (each.folder / FLOW_SCHEMA).is_file():
            contents[each.folder / FLOW_SCHEMA] = publish.as_json(GENERAL[FLOW_SCHEMA])
    return contents
