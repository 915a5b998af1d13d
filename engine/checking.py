"""What `appmixer validate` finds in a flow, a manifest or a connector's folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import ValidationError

from .contract import ComponentEntry, Manifest, load_connectors
from .documents import Fault, FlowDocument, FlowFaults, find_warnings, read_document
from .schemas import component_types

MANIFEST = "connector.json"


def find_faults(path: Path) -> tuple[str, list[Fault]]:
    """Return what the path holds, in a word, and every fault of it."""
    if path.is_dir():
        manifest = path / MANIFEST
        if not manifest.is_file():
            return "connector", [
                Fault(str(manifest), "There is no such file; every connector has one.")
            ]
        return "connector", _check_connector(manifest)
    raw, faults = _read(path)
    if faults:
        return "file", faults
    if isinstance(raw, dict) and isinstance(cast("dict[str, Any]", raw).get("components"), list):
        return "manifest", _check_manifest(raw)[1]
    return "flow", _check_flow(raw)


def warnings_of(path: Path) -> list[Fault]:
    """Return what is allowed in a flow without faults, and yet likely a mistake."""
    raw, _ = _read(path)
    return find_warnings(FlowDocument.model_validate(raw), component_types(load_connectors()))


def _read(path: Path) -> tuple[Any, list[Fault]]:
    try:
        return json.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return None, [Fault(str(path), "There is no such file.")]
    except UnicodeDecodeError:
        return None, [Fault(str(path), "The file is not UTF-8 text.")]
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        return None, [Fault(where, f"The file is not JSON: {error.msg}.")]


def _check_flow(raw: Any) -> list[Fault]:
    try:
        read_document(raw, component_types(load_connectors()))
    except FlowFaults as error:
        return error.faults
    return []


def _check_manifest(raw: Any) -> tuple[Manifest | None, list[Fault]]:
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        return None, [
            Fault(".".join(map(str, each["loc"])), f"{each['msg']}.") for each in error.errors()
        ]
    return manifest, [*_check_names(manifest)]


def _check_names(manifest: Manifest) -> Iterator[Fault]:
    prefix = manifest.id.replace(":", ".") + "."
    for position, entry in enumerate(manifest.components):
        if not entry.name.startswith(prefix):
            yield Fault(f"components.{position}.name", f"{entry.name} does not begin with {prefix}")
    names: dict[str, list[str]] = {
        "components": [entry.name for entry in manifest.components],
        "configuration": [key.name for key in manifest.configuration],
        "quotas": [quota.name for quota in manifest.quotas],
    }
    for part, given in names.items():
        for name, count in Counter(given).items():
            if count > 1:
                yield Fault(part, f"{name} is there {count} times; names are unique.")


def _check_connector(path: Path) -> list[Fault]:
    raw, faults = _read(path)
    if faults:
        return faults
    manifest, faults = _check_manifest(raw)
    for entry in manifest.components if manifest else ():
        faults += _check_schema(path.parent, entry)
        faults += _check_module(path.parent, entry)
    return faults


def _check_schema(folder: Path, entry: ComponentEntry) -> list[Fault]:
    raw, faults = _read(folder / entry.schema_file)
    if faults:
        return [Fault(f"{entry.name}: {fault.path}", fault.text) for fault in faults]
    try:
        Draft202012Validator.check_schema(raw)
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        return [Fault(f"{entry.schema_file}:{where}", f"No valid schema: {error.message}.")]
    found = list[Fault]()
    if raw.get("$id") != f"urn:appmixer:{entry.name}":
        found.append(Fault(f"{entry.schema_file}:$id", f"It is not that of {entry.name}."))
    if raw.get("x-kind") != entry.kind:
        found.append(
            Fault(
                f"{entry.schema_file}:x-kind", f"The manifest says {entry.name} is a {entry.kind}."
            )
        )
    if not raw.get("x-ports"):
        found.append(Fault(f"{entry.schema_file}:x-ports", "It names no output port."))
    return found


def _check_module(folder: Path, entry: ComponentEntry) -> list[Fault]:
    # The folder is the connector's package, wherever it is mapped to: look for the longest tail.
    parts = entry.module.split(".")
    tails = [folder.joinpath(*parts[start:]).with_suffix(".py") for start in range(len(parts))]
    if any(tail.is_file() for tail in tails):
        return []
    return [Fault(f"{entry.name}: module", f"No file below {folder} belongs to {entry.module}.")]
