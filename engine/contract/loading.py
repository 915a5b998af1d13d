"""Finding the installed connectors, and leaving out what breaks the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

import pluggy
from pydantic import ValidationError

from .component import Component
from .connector import FOREIGN_FAULTS, PROJECT, AccountProvider, Hooks, Plugin
from .context import HostContext
from .manifest import Manifest
from .texts import Texts
from .values import JsonObject
from .version import misfit

ENTRY_POINT_GROUP = "appmixer"


class ComponentClasses(Mapping[str, "type[Component]"]):
    """The classes of components by their full names, each loaded when it is asked for.

    `modules` are where they stand. Asking for one raises whatever its module raises.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._loaded: dict[str, type[Component]] = {}

    def __getitem__(self, name: str) -> type[Component]:
        if name not in self._loaded:
            module = import_module(self._modules[name])
            self._loaded[name] = getattr(module, name.rpartition(".")[2])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class UnusableConnectorError(Exception):
    """A connector breaks the contract; the text says how."""


@dataclass(frozen=True)
class LeftOut:
    """An installed connector that the host goes on without, and why.

    `reason` may be shown to anybody; what `error` says is for the log and the terminal.
    """

    distribution: str
    entry_point: str
    reason: str
    error: BaseException

    def __str__(self) -> str:
        return f"{self.distribution} (entry point {self.entry_point}) is left out: {self.reason}"


@dataclass(frozen=True)
class Connector:
    """One connector: its manifest, and its hooks, which load the code behind it."""

    manifest: Manifest
    distribution: str
    entry_point: str
    _hooks: pluggy.HookRelay

    def components(self) -> Mapping[str, type[Component]]:
        """Return the component classes of the manifest by their full names."""
        return self._components

    @cached_property
    def _components(self) -> Mapping[str, type[Component]]:
        hook = self._hooks.appmixer_components
        components: Mapping[str, type[Component]] = _answer("appmixer_components", hook)
        for entry in self.manifest.components:
            if entry.name not in components:
                raise UnusableConnectorError(f"its hook appmixer_components gives no {entry.name}")
        return components

    def account_provider(self, host: HostContext) -> AccountProvider | None:
        """Return what connects its accounts; None if it has none."""
        if self.manifest.auth is None:
            return None
        hook = self._hooks.appmixer_account_provider
        provider: AccountProvider = _answer("appmixer_account_provider", hook, host=host)
        return provider

    def plugin(self, host: HostContext) -> Plugin:
        plugin: Plugin = _answer("appmixer_plugin", self._hooks.appmixer_plugin, host=host)
        return plugin

    def examples(self) -> Mapping[str, JsonObject]:
        """Return its example flows by id; none where it has no such hook."""
        found: list[Mapping[str, JsonObject]] = self._hooks.appmixer_examples()
        return found[0] if found else {}

    def texts(self) -> Mapping[str, Texts]:
        """Return its texts by language; none where it has no such hook."""
        found: list[Mapping[str, Texts]] = self._hooks.appmixer_texts()
        return found[0] if found else {}

    def left_out(self, error: BaseException) -> LeftOut:
        """Return what to report when a host goes on without it."""
        return LeftOut(self.distribution, self.entry_point, _reason(error), error)


class Connectors(dict[str, Connector]):
    """Connectors by id, and those that have to be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.left_out: list[LeftOut] = []

    def register(self, distribution: str, entry_point: str, load: Callable[[], object]) -> None:
        """Take on the connector whose module `load` returns, or leave it out."""
        try:
            manager = pluggy.PluginManager(PROJECT)
            manager.add_hookspecs(Hooks)
            manager.register(load())
            raw = _answer("appmixer_manifest", manager.hook.appmixer_manifest)
            # First: what else is not right may be right for another version.
            if why := isinstance(raw, dict) and misfit(cast("JsonObject", raw).get("contract")):
                raise UnusableConnectorError(why)
            manifest = Manifest.model_validate(raw)
            self._refuse_names_of_others(manifest)
        except FOREIGN_FAULTS as error:
            self.left_out.append(LeftOut(distribution, entry_point, _reason(error), error))
        else:
            self[manifest.id] = Connector(manifest, distribution, entry_point, manager.hook)

    def _refuse_names_of_others(self, manifest: Manifest) -> None:
        """Raise if it would answer for another connector, whose flows and logins it then got."""
        for other in self.values():
            names, others = _names(manifest), _names(other.manifest)
            for kind, name in names.items():
                if name == others.get(kind):
                    raise UnusableConnectorError(
                        f"its {kind} {name} is that of {other.distribution} as well"
                    )
        prefix = manifest.id.replace(":", ".") + "."
        for entry in manifest.components:
            if not entry.name.startswith(prefix):
                raise UnusableConnectorError(
                    f"the name of its component {entry.name} does not begin with {prefix}"
                )


def load_connectors() -> Connectors:
    """Return the installed connectors by id; those that break the contract are in `left_out`."""
    found = Connectors()
    points = entry_points(group=ENTRY_POINT_GROUP)
    # In an order of their own, so that of two with one id it is always the same that is left out.
    named = [(each.dist.name if each.dist else each.value, each.name, each) for each in points]
    for distribution, name, point in sorted(named, key=lambda each: each[:2]):
        found.register(distribution, name, point.load)
    return found


def connectors_of(*modules: object) -> Connectors:
    """Return the connectors that these modules implement, without their being installed."""
    found = Connectors()
    for module in modules:
        name = str(getattr(module, "__name__", module))
        found.register(name, name, partial(_itself, module))
    return found


def _itself(module: object) -> object:
    return module


def _names(manifest: Manifest) -> Mapping[str, str]:
    login = {"login": manifest.auth.service} if manifest.auth else {}
    return {"id": manifest.id, **login}


def _answer(name: str, hook: pluggy.HookCaller, **arguments: object) -> Any:
    # pluggy leaves out the answer None.
    answers = hook(**arguments)
    if len(answers) != 1:
        raise UnusableConnectorError(f"its hook {name} is missing or returns nothing")
    return answers[0]


def _reason(error: BaseException) -> str:
    """Say what went wrong without the words of foreign code, which may hold anything."""
    match error:
        case UnusableConnectorError():
            return str(error)
        case ImportError():
            return f"its code cannot be imported: {error}"
        case ValidationError():
            places = [".".join(map(str, each["loc"])) for each in error.errors()]
            return f"its manifest is not right at {', '.join(places)}"
        case _:
            return f"its code raises {type(error).__name__}"
