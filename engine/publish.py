"""Write the published schemas into a connector's folder: `python -m appmixer.engine.publish`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .contract import Connector, Manifest, component_schema, load_connectors
from .contract.schema import COMPONENT_DOCUMENT, DIALECT
from .documents import FlowDocument


def published_schemas(connector: Connector) -> dict[str, dict[str, Any]]:
    """Return the connector's schema files by their paths below its folder."""
    classes = connector.components()
    files = {
        entry.schema_file: component_schema(entry.name, classes[entry.name])
        for entry in connector.manifest.components
    }
    return {
        **files,
        "schemas/connector.schema.json": {"$schema": DIALECT, **Manifest.model_json_schema()},
        "schemas/component.schema.json": COMPONENT_DOCUMENT,
        "schemas/flow.schema.json": {"$schema": DIALECT, **FlowDocument.model_json_schema()},
    }


def write_schemas(connector: Connector, folder: Path) -> None:
    """Write every schema file, and remove those of components that are gone."""
    files = published_schemas(connector)
    for path in (folder / "schemas").glob("*.json"):
        if f"schemas/{path.name}" not in files:
            path.unlink()
    for name, schema in files.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    [only] = load_connectors().values()
    write_schemas(only, Path(sys.argv[1] if len(sys.argv) > 1 else "."))
