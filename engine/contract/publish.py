"""Writes what is generated from connectors: `python -m appmixer.engine.contract.publish FOLDER…`.

That are the schemas of a connector's components, their entries in its manifest, the tables of its
pages, and the keys in the tables of other languages. The connector need not be installed, and
nothing is needed but the contract.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from .catalogues import FOLDER, English
from .component import Component
from .connector import FOREIGN_FAULTS
from .entries import component_entry, entry_faults
from .manifest import IDENTIFIER, ComponentEntry, Manifest
from .pages import BEGIN, Described, PageError, fill
from .schema import COMPONENT_DOCUMENT, DIALECT, component_schema
from .sources import COMPONENTS, MANIFEST, components_in, import_sources, modules_of

SCHEMAS, EXAMPLES = "schemas", "examples"
GENERAL: Mapping[str, dict[str, Any]] = {
    f"{SCHEMAS}/connector.schema.json": {"$schema": DIALECT, **Manifest.model_json_schema()},
    f"{SCHEMAS}/component.schema.json": COMPONENT_DOCUMENT,
}


class PublishError(Exception):
    """What is generated cannot be; the text names each reason on a line of its own."""


@dataclass(frozen=True)
class Folder:
    """A connector as it lies in its folder."""

    folder: Path
    raw: Mapping[str, Any]
    classes: Mapping[str, type[Component]]
    """Its component classes by their full names, in the order of the manifest."""

    @classmethod
    def load(cls, folder: Path) -> Folder:
        """Read the manifest and import the components; raise PublishError where one cannot be."""
        folder = folder.resolve()
        raw = _read(folder / MANIFEST)
        return cls(folder, raw, _load_classes(folder, raw))


def stale(contents: Mapping[Path, bytes | None]) -> list[Path]:
    """Return the files that are not as they have to be."""
    return [path for path, content in contents.items() if content != _there(path)]


def write(contents: Mapping[Path, bytes | None]) -> list[Path]:
    """Give these files their contents, or remove them; return those that have changed."""
    changed = stale(contents)
    for path in changed:
        content = contents[path]
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    return changed


def published(connectors: Sequence[Folder]) -> dict[Path, bytes | None]:
    """Return what every generated file has to hold; None for one that has to go."""
    contents, described = dict[Path, bytes | None](), list[Described]()
    for each in connectors:
        raw, manifest = _manifest(each)
        documents = {name: component_schema(name, of) for name, of in each.classes.items()}
        schemas = {of.schema_file: documents[of.name] for of in manifest.components}
        there = (each.folder / SCHEMAS).glob("*.json")
        contents |= {path: None for path in there if re.fullmatch("[A-Za-z0-9]+", path.stem)}
        contents[each.folder / MANIFEST] = as_json(raw)
        for name, schema in {**schemas, **GENERAL}.items():
            contents[each.folder / name] = as_json(schema)
        shown = manifest.model_dump(mode="json", by_alias=True)
        contents |= _tables(each.folder, [shown, *documents.values()])
        described.append(Described(manifest, documents))
    return {**contents, **_pages(connectors, described)}


def _pages(connectors: Sequence[Folder], described: Sequence[Described]) -> dict[Path, bytes]:
    """Return those pages in the connectors' folders of which parts are generated."""
    contents = dict[Path, bytes]()
    for each in connectors:
        for path in (each.folder / "README.md", *sorted((each.folder / "docs").rglob("*.md"))):
            page = path.read_text("utf-8") if path.is_file() else ""
            if BEGIN.search(page):
                try:
                    contents[path] = fill(page, described).encode()
                except PageError as error:
                    raise PublishError(f"{path}: {error}.") from None
    return contents


def _tables(folder: Path, documents: Sequence[Any]) -> dict[Path, bytes]:
    """Return the tables of its texts, with an empty text for each that has yet to be translated."""
    flows = [_json(path) for path in sorted((folder / EXAMPLES).glob("*.json"))]
    english = English.of(documents, flows)
    return {
        path: as_json(english.in_order(_json(path)))
        for path in sorted((folder / FOLDER).glob("*.json"))
    }


def _json(path: Path) -> dict[str, Any]:
    """Return the object in a file; an empty one where there is another value."""
    try:
        raw: object = json.loads(path.read_bytes())
    except OSError as error:
        raise PublishError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise PublishError(f"{path} is not JSON: {error}.") from None
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}


def _read(path: Path) -> Mapping[str, Any]:
    content = _json(path)
    identifier: object = content.get("id")
    if not isinstance(identifier, str) or not re.fullmatch(IDENTIFIER[1:-1], identifier):
        raise PublishError(f"{path} has no id of the form vendor:service.")
    return content


def _listed(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the manifest's entries, whatever state they are in."""
    listed: object = raw.get("components")
    for each in cast("list[object]", listed) if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield cast("dict[str, Any]", each)


def _load_classes(folder: Path, raw: Mapping[str, Any]) -> dict[str, type[Component]]:
    listed = [str(each.get("module", "")) for each in _listed(raw)]
    modules = modules_of(folder, raw["id"], filter(None, listed))
    import_sources(modules)
    classes, faults = dict[str, type[Component]](), list[str]()
    for source in modules:
        try:
            found = components_in(import_module(source.module))
        except FOREIGN_FAULTS as error:
            place = source.file.relative_to(folder)
            faults.append(f"{place} cannot be imported: {type(error).__name__}: {error}")
            continue
        for short, component in found.items():
            name = f"{raw['id'].replace(':', '.')}.{short}"
            if name in classes:
                other = classes[name].__module__
                faults.append(f"{name}: there is one in {other} and one in {source.module}.")
            classes[name] = component
    if faults:
        raise PublishError("\n".join(faults))
    if listed and not classes:
        raise PublishError(f"No component is found; they belong into {folder / COMPONENTS}.")
    return _in_order(classes, [str(each.get("name", "")) for each in _listed(raw)])


def _in_order(
    classes: Mapping[str, type[Component]], listed: Sequence[str]
) -> dict[str, type[Component]]:
    """Keep the order that the manifest has; what is new comes after the others of its group."""
    order = [name for name in listed if name in classes]
    for name, component in classes.items():
        if name not in order:
            group = getattr(component, "group", "")
            beside = [each for each in order if getattr(classes[each], "group", "") == group]
            order.insert(order.index(beside[-1]) + 1 if beside else len(order), name)
    return {name: classes[name] for name in dict.fromkeys(order)}


def _manifest(connector: Folder) -> tuple[dict[str, Any], Manifest]:
    """Return the manifest with its components as their classes are, raw and read."""
    entries, faults = list[ComponentEntry](), list[str]()
    for name, component in connector.classes.items():
        try:
            entries.append(component_entry(name, component))
        except ValidationError as error:
            faults += [f"{name}: {fault}." for fault in entry_faults(error)]
    if faults:
        raise PublishError("\n".join(faults))
    shown = [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in entries]
    raw = {**connector.raw, "components": shown}
    try:
        return raw, Manifest.model_validate(raw)
    except ValidationError as error:
        path = connector.folder / MANIFEST
        places = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise PublishError("\n".join(f"{path}: {place}." for place in places)) from None


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as its file holds it."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _there(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def told(changed: Sequence[Path]) -> str:
    """Name what publishing has changed, a file a line."""
    return "\n".join(map(str, changed)) or "Everything was published already."


def main(folders: Sequence[str]) -> None:
    """Publish the folders, or the present one, and say what has changed."""
    try:
        changed = write(published([Folder.load(Path(each)) for each in folders or ["."]]))
    except PublishError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{told(changed)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
