"""The conformance suite over a connector: `python -m appmixer.engine.flows.conforming FOLDER`.

It runs foreign code, so `appmixer validate` runs it in a process of its own, with `check_code`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from ..contract import ComponentEntry, connectors_of
from ..contract.conformance import component_complaints
from ..contract.connector import FOREIGN_FAULTS
from ..contract.publish import SCHEMAS
from ..contract.sources import (
    MANIFEST,
    Source,
    components_in,
    find_source,
    hooks_of,
    import_sources,
    load_component,
    modules_of,
)
from .models import Fault
from .publish import GENERAL

PATIENCE_S = 120.0
PUBLISH = "appmixer publish"


def check_code(folder: Path) -> list[Fault]:
    """Return what is wrong with the code below a folder and with what is published of it."""
    # -P and -B: what lies in the present folder is not in the way, and nothing is left behind.
    command = [sys.executable, "-P", "-B", "-m", __name__, str(folder.resolve())]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return [Fault("", f"Importing the code took more than {PATIENCE_S:.0f} s; it was stopped.")]
    try:
        told: list[list[str]] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return [Fault("", f"The code ended the check before its time ({last}).")]
    return [Fault(path, text) for path, text in told]


def entries_of(raw: Any) -> Iterator[ComponentEntry]:
    """Yield the manifest's entries that can be read, each on its own."""
    content = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    listed: object = content.get("components")
    for each in cast("list[object]", listed) if isinstance(listed, list) else ():
        with contextlib.suppress(ValidationError):
            yield ComponentEntry.model_validate(each)


def read_schema(folder: Path, name: str) -> Any:
    """Return a published document, or None where there is none that can be read."""
    try:
        return json.loads((folder / name).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _faults(folder: Path) -> Iterator[Fault]:
    raw = json.loads((folder / MANIFEST).read_text("utf-8"))
    entries = list(entries_of(raw))
    sources = {entry.name: find_source(folder, entry.module) for entry in entries}
    points = hooks_of(folder)
    hooks = [find_source(folder, module) for module in points.values()]
    modules = modules_of(folder, str(raw.get("id")), [entry.module for entry in entries])
    import_sources([*modules, *(source for source in hooks if source is not None)])
    for entry in entries:
        if sources[entry.name] is not None:
            yield from _faults_of(folder, entry)
    yield from _unlisted(folder, entries, modules)
    yield from _stale(folder, entries)
    yield from _hooks_faults(points)


def _faults_of(folder: Path, entry: ComponentEntry) -> Iterator[Fault]:
    try:
        component = load_component(entry.module, entry.name)
        complaints = component_complaints(entry, component, read_schema(folder, entry.schema_file))
    except FOREIGN_FAULTS as error:
        told = f"{entry.module} cannot be used: {type(error).__name__}: {error}"
        yield Fault(entry.name, f"{told}. Its other faults show once it can.")
        return
    for complaint in complaints:
        cure = f" Run: {PUBLISH} {folder}" if "publish" in complaint else ""
        yield Fault(entry.name, f"{complaint.removeprefix(f'{entry.name}: ')}.{cure}")


def _unlisted(
    folder: Path, entries: list[ComponentEntry], modules: list[Source]
) -> Iterator[Fault]:
    listed = {(entry.module, entry.name.rpartition(".")[2]) for entry in entries}
    for source in modules:
        name, place = source.module, str(source.file.relative_to(folder))
        try:
            found = components_in(import_module(name))
        except FOREIGN_FAULTS as error:
            if all(entry.module != name for entry in entries):
                yield Fault(place, f"It cannot be imported: {type(error).__name__}: {error}.")
            continue
        for each in found:
            if (name, each) not in listed:
                told = f"{MANIFEST} does not list its component {each}. Run: {PUBLISH} {folder}"
                yield Fault(place, told)


def _stale(folder: Path, entries: list[ComponentEntry]) -> Iterator[Fault]:
    wanted = {entry.schema_file for entry in entries}
    for path in sorted((folder / SCHEMAS).glob("*.json")):
        name = f"{SCHEMAS}/{path.name}"
        if name in GENERAL:
            if read_schema(folder, name) != GENERAL[name]:
                yield Fault(name, f"It is not that of this version. Run: {PUBLISH} {folder}")
        elif name not in wanted:
            told = f"No component in {MANIFEST} has this schema. Run: {PUBLISH} {folder}"
            yield Fault(name, told)


def _hooks_faults(points: Mapping[str, str]) -> Iterator[Fault]:
    for name, module in points.items():
        place = f"pyproject.toml: entry point {name}"
        try:
            found = connectors_of(import_module(module))
            for left_out in found.left_out:
                yield Fault(place, f"{left_out.reason} ({left_out.error}).")
            for connector in found.values():
                connector.components()
        except FOREIGN_FAULTS as error:
            yield Fault(place, f"{module} cannot be used: {type(error).__name__}: {error}.")


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        told = [(fault.path, fault.text) for fault in _faults(Path(sys.argv[1]))]
    sys.stdout.write(json.dumps(told))
