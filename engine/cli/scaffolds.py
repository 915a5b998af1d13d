"""Where new components and connectors are written, and what of."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import CONTRACT_VERSION, RejectedError
from ..contract.publish import PublishError
from ..contract.publish import write as write_generated
from ..contract.sources import COMPONENTS, INIT, MANIFEST, find_source, hooks_of
from ..flows.publish import generated
from ..strict_json import read_json
from ..values import is_list, is_object
from . import templates
from .output import fail, say

# SendHTTPRequest2 is made of Send, HTTP and Request2.
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*")
FIRST_COMPONENT = "SayHello"


@dataclass(frozen=True)
class Place:
    """Where a new module belongs, and what it is called there."""

    folder: Path
    module: str
    group: str
    tests: Path


def connector_files(folder: Path, vendor: str, service: str) -> Iterator[tuple[Path, str]]:
    label = service.capitalize()
    words = {"vendor": vendor, "service": service, "label": label, "plugin": f"{label}Plugin"}
    manifest: dict[str, Any] = {
        "id": f"{vendor}:{service}",
        "label": label,
        "version": "0.1.0",
        "contract": CONTRACT_VERSION,
        "description": f"What {label} offers to flows.",
        "icon": templates.ICON.substitute(letter=label[0]),
        "configuration": [],
        "endpoint": [],
        "quotas": [],
        "components": [],
    }
    yield folder / "pyproject.toml", templates.PROJECT.substitute(words)
    yield folder / "README.md", templates.README.substitute(words)
    yield folder / MANIFEST, json.dumps(manifest, indent=2) + "\n"
    yield folder / "plugin" / "__init__.py", templates.HOOKS.substitute(words)
    yield folder / "components" / "__init__.py", ""
    yield folder / "tests" / "conftest.py", templates.CONFTEST
    yield folder / "tests" / "test_connector.py", templates.CONNECTOR_TEST.substitute(words)
    package = f"{vendor}.{service}.components"
    place = Place(folder / "components", package, label, folder / "tests")
    yield from component_files(FIRST_COMPONENT, place, is_trigger=False)


def component_files(name: str, place: Place, *, is_trigger: bool) -> Iterator[tuple[Path, str]]:
    stem = stem_of(name)
    module, test = (
        (templates.TRIGGER, templates.TRIGGER_TEST)
        if is_trigger
        else (templates.ACTION, templates.ACTION_TEST)
    )
    words = {
        "name": name,
        "label": " ".join(WORD.findall(name)),
        "group": json.dumps(place.group, ensure_ascii=False)[1:-1],
        "module": f"{place.module}.{stem}",
    }
    yield place.folder / f"{stem}.py", module.substitute(words)
    yield place.tests / f"test_{stem}.py", test.substitute(words)


def write(files: Iterator[tuple[Path, str]]) -> list[Path]:
    """Write new files, all or none of them."""
    wanted = dict(files)
    for path in wanted:
        if path.exists():
            fail(f"{path} is there already.")
    for path, text in wanted.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            fail(f"{path} cannot be written: {error.strerror}.")
        say(os.path.relpath(path))
    return list(wanted)


def publish(connector: Path, written: list[Path]) -> None:
    """Write what is generated from the code; the new files stay when it cannot be."""
    try:
        for path in write_generated(generated([connector])):
            if path not in written:
                say(os.path.relpath(path))
    except PublishError as error:
        fail(f"It is written, but not published:\n{error}\nThen run: appmixer publish")


def connector_around(folder: Path) -> Path:
    """Return the folder of the connector that one is in."""
    found = next((each for each in (folder, *folder.parents) if (each / MANIFEST).is_file()), None)
    if found is None:
        fail(
            f"There is no {MANIFEST} in {folder} or above it. Go to a connector's folder, or write"
            " one: appmixer new connector acme:mail"
        )
    return found


def manifest_of(connector: Path) -> Mapping[str, Any]:
    """Return what is in the manifest, as far as placing a component depends on it."""
    path = connector / MANIFEST
    try:
        content = read_json(path.read_bytes())
    except (OSError, ValueError, RejectedError) as error:
        fail(f"{path} cannot be read: {error}")
    manifest: Mapping[str, Any] = content if is_object(content) else {}
    listed = manifest.get("components")
    if (
        not isinstance(manifest.get("id"), str)
        or not is_list(listed)
        or not all(map(_fits, listed))
    ):
        fail(f"{path} is not right; `appmixer validate {connector}` names what.")
    return manifest


def _fits(entry: object) -> bool:
    keys = ("name", "module", "group")
    return is_object(entry) and all(isinstance(entry.get(key), str) for key in keys)


def place_of(connector: Path, manifest: Mapping[str, Any], group: str | None) -> Place:
    """Return where a component of the group goes: beside those that there are."""
    listed: list[dict[str, str]] = manifest["components"]
    heading = group or (listed[-1]["group"] if listed else str(manifest.get("label", "")))
    beside = [each for each in listed if each["group"].lower() == heading.lower()]
    for entry in beside or listed[-1:]:
        source = find_source(connector, entry["module"])
        if source is not None:
            package = entry["module"].rpartition(".")[0]
            heading = entry["group"] if beside else heading
            folder = source.file.parent
            return Place(folder, package, heading, _tests(connector, folder))
    folder, package = _components_folder(connector)
    return Place(folder, package, heading, _tests(connector, folder))


def _components_folder(connector: Path) -> tuple[Path, str]:
    """Return the folder `components` beside the hooks, and the package that it is."""
    for module in hooks_of(connector).values():
        source = find_source(connector, module)
        if source is not None:
            package = source.file.parent if source.file.name == INIT else source.file
            folder = package.parent / COMPONENTS
            parts = folder.relative_to(source.root).parts
            return folder, ".".join(filter(None, [source.package, *parts]))
    fail(f"Nothing tells where components of {connector} belong; write the first one by hand.")


def _tests(connector: Path, folder: Path) -> Path:
    """Return the folder of the tests that mirrors a folder of components, as far as it does."""
    tests = connector / "tests"
    if not tests.is_dir() and (connector.parent / "tests" / connector.name).is_dir():
        tests = connector.parent / "tests" / connector.name
    for mirror in (tests / COMPONENTS / folder.name, tests / COMPONENTS, tests / folder.name):
        if mirror.is_dir():
            return mirror
    return tests


def stem_of(name: str) -> str:
    return "_".join(WORD.findall(name)).lower()
