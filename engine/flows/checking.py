"""What `appmixer validate` finds in a flow, a manifest or a connector's folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from ..contract import ComponentEntry, Manifest, RejectedError, load_connectors
from ..contract.sources import MANIFEST, find_source
from ..contract.version import misfit
from ..strict_json import read_json
from .component_types import component_types
from .conforming import check_code, entries_of
from .documents import find_warnings, read_document
from .models import Fault, FlowFaults


@dataclass(frozen=True)
class Findings:
    """What a path holds, in a word, every fault of it, and what is likely a mistake."""

    kind: str
    faults: Sequence[Fault]
    warnings: Sequence[Fault] = ()


def examine(path: Path) -> Findings:
    """Look at a flow, a manifest or a connector's folder."""
    if path.is_dir():
        manifest = path / MANIFEST
        if not manifest.is_file():
            told = "There is no such file; every connector has one."
            return Findings("connector", [Fault(str(manifest), told)])
        return Findings("connector", _check_connector(manifest))
    raw, faults = _read(path)
    if faults:
        return Findings("file", faults)
    if isinstance(raw, dict) and isinstance(cast("dict[str, Any]", raw).get("components"), list):
        return Findings("manifest", _check_manifest(raw))
    return _examine_flow(raw)


def _read(path: Path) -> tuple[Any, list[Fault]]:
    try:
        return read_json(path.read_bytes()), []
    except FileNotFoundError:
        return None, [Fault(str(path), "There is no such file.")]
    except OSError as error:
        return None, [Fault(str(path), f"The file cannot be read: {error.strerror}.")]
    except RejectedError as error:
        where = f"{path}: {error.field}" if error.field else str(path)
        return None, [Fault(where, f"The file cannot be used: {error.cause}")]
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        return None, [Fault(where, f"The file is not JSON: {error.msg}.")]


def _examine_flow(raw: Any) -> Findings:
    types = component_types(load_connectors())
    try:
        document = read_document(raw, types)
    except FlowFaults as error:
        return Findings("flow", error.faults)
    return Findings("flow", [], find_warnings(document, types))


def _check_manifest(raw: Any) -> list[Fault]:
    try:
        return [*_check_names(Manifest.model_validate(raw))]
    except ValidationError as error:
        return [_manifest_fault(each) for each in error.errors()]


def _manifest_fault(error: Any) -> Fault:
    match error["type"]:
        case "missing":
            text = "It is missing."
        case "extra_forbidden":
            text = "There is no such key; check its spelling or remove it."
        case "string_pattern_mismatch":
            text = f"{error['input']!r} does not have the form that is asked for there."
        case _:
            text = f"{error['msg']}."
    return Fault(".".join(map(str, error["loc"])), text)


def _check_names(manifest: Manifest) -> Iterator[Fault]:
    if why := misfit(manifest.contract):
        yield Fault("contract", f"{why[0].upper()}{why[1:]}.")
    prefix = manifest.id.replace(":", ".") + "."
    for position, entry in enumerate(manifest.components):
        here = f"components.{position}"
        if not entry.name.startswith(prefix):
            yield Fault(f"{here}.name", f"{entry.name} does not begin with {prefix}")
        for scope in entry.scopes:
            if scope not in manifest.scopes:
                yield Fault(f"{here}.scopes", f"{scope} is not in auth.scopes; no login asks it.")
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
    folder = path.parent
    return [
        *_check_manifest(raw),
        *(fault for entry in entries_of(raw) for fault in _check_files(folder, entry)),
        *check_code(folder),
    ]


def _check_files(folder: Path, entry: ComponentEntry) -> Iterator[Fault]:
    path = folder / entry.schema_file
    has_code = find_source(folder, entry.module) is not None
    # Where there is code, its check tells that the schema is not there.
    if path.exists() or not has_code:
        for fault in _read(path)[1]:
            yield Fault(f"{entry.name}: {fault.path}", fault.text)
    if not has_code:
        told = f"No file below {folder} belongs to {entry.module}; so its code is not checked."
        yield Fault(f"{entry.name}: module", told)
