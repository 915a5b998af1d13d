"""Write the published schemas into a folder: `python -m appmixer.engine.flows.publish`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..contract import Component, Manifest, component_schema
from ..contract.connector import FOREIGN_FAULTS
from ..contract.schema import COMPONENT_DOCUMENT, DIALECT
from .models import FlowDocument
from .sources import find_source, import_sources, load_component

MANIFEST = "connector.json"
SCHEMAS = "schemas"
GENERAL: Mapping[str, dict[str, Any]] = {
    f"{SCHEMAS}/connector.schema.json": {"$schema": DIALECT, **Manifest.model_json_schema()},
    f"{SCHEMAS}/component.schema.json": COMPONENT_DOCUMENT,
    f"{SCHEMAS}/flow.schema.json": {"$schema": DIALECT, **FlowDocument.model_json_schema()},
}


class PublishError(Exception):
    """The schemas of a folder cannot be written; the text says why."""


def published_schemas(
    manifest: Manifest, classes: Mapping[str, type[Component]]
) -> dict[str, dict[str, Any]]:
    """Return the connector's schema files by their paths below its folder."""
    files = {
        entry.schema_file: component_schema(entry.name, classes[entry.name])
        for entry in manifest.components
    }
    return {**files, **GENERAL}


def write_schemas(folder: Path) -> list[str]:
    """Write every schema file of the folder's connector, and remove those of components gone.

    The code is imported from the folder, so that it need not be the one that is installed. Returns
    the names of the files.
    """
    manifest = _read_manifest(folder)
    classes = _load_classes(folder, manifest)
    files = published_schemas(manifest, classes)
    (folder / SCHEMAS).mkdir(exist_ok=True)
    for path in (folder / SCHEMAS).glob("*.json"):
        if f"{SCHEMAS}/{path.name}" not in files:
            path.unlink()
    for name, schema in files.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(files)


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PublishError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise PublishError(
            f"{path} is not right; `appmixer validate {folder}` names what."
        ) from None


def _load_classes(folder: Path, manifest: Manifest) -> dict[str, type[Component]]:
    found = {entry.name: find_source(folder, entry.module) for entry in manifest.components}
    import_sources(source for source in found.values() if source is not None)
    classes = dict[str, type[Component]]()
    for entry in manifest.components:
        if found[entry.name] is None:
            raise PublishError(f"{entry.name}: no file below {folder} belongs to {entry.module}.")
        try:
            classes[entry.name] = load_component(entry.module, entry.name)
        except FOREIGN_FAULTS as error:
            raise PublishError(
                f"{entry.name}: {entry.module} cannot be loaded: {type(error).__name__}: {error}"
            ) from error
    return classes


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    try:
        names = write_schemas(place)
    except PublishError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{len(names)} schemas are written below {place / SCHEMAS}.\n")
