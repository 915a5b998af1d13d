"""A connector's code as it lies in its folder, installed or not."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from inspect import isclass
from pathlib import Path
from types import ModuleType

from .component import Component
from .loading import ENTRY_POINT_GROUP

MANIFEST = "connector.json"
COMPONENTS = "components"
INIT = "__init__.py"


@dataclass(frozen=True)
class Source:
    """One module's file, and the package that its root folder is."""

    module: str
    file: Path
    root: Path
    package: str

    def siblings(self) -> Iterator[Source]:
        """Yield every module of the topmost folder below the root that holds this one."""
        inner = self.file.relative_to(self.root).parts
        files = (self.root / inner[0]).rglob("*.py") if len(inner) > 1 else self.root.glob("*.py")
        yield from _modules(files, self.root, self.package)


@dataclass(frozen=True)
class _Place:
    """A folder that may be a connector's package."""

    folder: Path
    root: Path
    package: str

    def components(self) -> Iterator[Source]:
        """Yield the modules of the folder `components` in it."""
        return _modules((self.folder / COMPONENTS).rglob("*.py"), self.root, self.package)

    def modules(self) -> Iterator[Source]:
        """Yield all its modules, if it is a package, and those of the packages in it."""
        files = (
            file
            for file in self.folder.rglob("*.py")
            if all((each / INIT).is_file() for each in (self.folder, *_between(self.folder, file)))
        )
        return _modules(files, self.root, self.package)


def modules_of(folder: Path, identifier: str, listed: Iterable[str]) -> list[Source]:
    """Return every module that may hold components of the connector in a folder.

    These are what its folder `components` has, or all of its package where there is none, and what
    lies beside the modules that are listed already. A folder with a manifest of its own is another
    connector.
    """
    known = [find_source(folder, module) for module in listed]
    places = [*_of_hooks(folder), *_of_package(folder, identifier.replace(":", "."))]
    sources = [
        *(each for source in known if source is not None for each in source.siblings()),
        *(each for place in places for each in place.components()),
    ]
    if not any(place.folder.joinpath(COMPONENTS).is_dir() for place in places):
        sources += [each for place in places for each in place.modules()]
    found = dict[Path, Source]()
    for source in sources:
        if not any((above / MANIFEST).is_file() for above in _between(folder, source.file)):
            found.setdefault(source.file.resolve(), source)
    return sorted(found.values(), key=lambda source: source.module)


def hooks_of(folder: Path) -> dict[str, str]:
    """Return the modules that the folder's pyproject.toml names as connectors, by their names."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    points: dict[str, str] = (
        project.get("project", {}).get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    )
    return points


def find_source(folder: Path, module: str) -> Source | None:
    """Return where a module lies in a connector's folder.

    The folder, or `src` in it, is some package, wherever that is mapped to: the longest tail of the
    module's name that is a file there tells which one.
    """
    parts = module.split(".")
    for start in range(len(parts)):
        for root in (folder, folder / "src"):
            path = root.joinpath(*parts[start:])
            for file in (path.with_suffix(".py"), path / INIT):
                if file.is_file():
                    return Source(module, file, root, ".".join(parts[:start]))
    return None


def import_sources(sources: Iterable[Source]) -> None:
    """Let their packages be imported from their folders from now on, in this process."""
    roots = {source.package: source.root.resolve() for source in sources}
    sys.path[:0] = [str(root) for package, root in roots.items() if not package]
    sys.meta_path.insert(0, _Roots({name: root for name, root in roots.items() if name}))
    sys.meta_path.append(_Parents(roots))


def components_in(module: ModuleType) -> Mapping[str, type[Component]]:
    """Return the component classes that a module defines; a base class of some has no label."""
    return {
        name: each
        for name, each in vars(module).items()
        if isclass(each)
        and issubclass(each, Component)
        and each.__module__ == module.__name__
        and "label" in vars(each)
    }


def load_component(module: str, full_name: str) -> type[Component]:
    """Return a component's class; raise AttributeError, or whatever its module raises."""
    name = full_name.rpartition(".")[2]
    found = components_in(import_module(module)).get(name)
    if found is None:
        raise AttributeError(f"it has no component class {name} with a label")
    return found


def _of_hooks(folder: Path) -> Iterator[_Place]:
    """Yield the folders that the connector's hooks lie in, or lie beside."""
    for module in hooks_of(folder).values():
        source = find_source(folder, module)
        if source is not None:
            above = source.file.parent
            for each in (above, above.parent) if source.file.name == INIT else (above,):
                if each.is_relative_to(source.root):
                    yield _Place(each, source.root, source.package)


def _of_package(folder: Path, package: str) -> Iterator[_Place]:
    """Yield the folders that the package may be: the given one itself, or one in it."""
    parts = package.split(".")
    for start in range(len(parts) + 1):
        for root in (folder, folder / "src"):
            yield _Place(root.joinpath(*parts[start:]), root, ".".join(parts[:start]))


def _modules(files: Iterable[Path], root: Path, package: str) -> Iterator[Source]:
    for file in sorted(files):
        parts = file.relative_to(root).with_suffix("").parts
        names = parts[:-1] if file.name == INIT else parts
        yield Source(".".join(filter(None, [package, *names])), file, root, package)


def _between(folder: Path, file: Path) -> list[Path]:
    """Return the folders that a file lies in, up to the given one and without it."""
    return [above for above in file.parents if above != folder and above.is_relative_to(folder)]


class _Roots(MetaPathFinder):
    """Finds the packages whose folders are given, before anything that is installed."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._roots:
            return None
        root = self._roots[fullname]
        if (root / INIT).is_file():
            return spec_from_file_location(
                fullname, root / INIT, submodule_search_locations=[str(root)]
            )
        return _namespace(fullname, str(root))


class _Parents(MetaPathFinder):
    """Stands in for the packages above those, where nothing installed does."""

    def __init__(self, packages: Iterable[str]) -> None:
        self._prefixes = [f"{package}." for package in packages]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_parent = any(each.startswith(f"{fullname}.") for each in self._prefixes)
        return _namespace(fullname) if is_parent else None


def _namespace(name: str, *places: str) -> ModuleSpec:
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(places)
    return spec
