"""Connectors: the hooks by which a host finds one, and its long-lived parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pluggy

from .component import Component
from .context import Account, HostContext
from .manifest import Manifest
from .values import Check, Credentials, Event, JsonObject, Listener, Route

PROJECT = "appmixer"
ENTRY_POINT_GROUP = "appmixer"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class AccountProvider(Protocol):
    """Connects accounts. One lives as long as the host; every call is for one account."""

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        """Return where to send the person; raise ConfigurationError if the setup is incomplete."""
        ...

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        """Turn the query of the redirect into credentials, or raise with reason and cure."""
        ...

    async def connect_token(self, access_token: str) -> Credentials:
        """Take a token that a person pasted, after proving that it can be used."""
        ...

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        """Return the profile to which these settings may be added, or raise RejectedError.

        The host has held them to the manifest; the error names the setting in `field`.
        """
        ...

    async def refresh(self, credentials: Credentials) -> Credentials:
        """Return credentials that live longer, if they can be renewed, and prove them as well."""
        ...

    async def validate(self, credentials: Credentials) -> JsonObject:
        """Prove what the credentials reach now, and return the profile as it is now.

        What is in their profile is no proof. Raises AuthorizationError when the service no longer
        accepts them, or when nothing is left that they reach.
        """
        ...


class Plugin(Protocol):
    """What all components of a connector share. One lives as long as the host."""

    @property
    def routes(self) -> Sequence[Route]:
        """The HTTP routes to mount, read once before `start`."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def listener_added(self, listener: Listener, account: Account) -> None:
        """Called before a listener is stored, also when it is there already; raise to refuse it."""
        ...

    async def listener_removed(self, listener: Listener, account: Account) -> None:
        """Called after a listener was removed; may be called twice."""
        ...

    def read(self, content: bytes) -> Sequence[Event]:
        """Return the events of what was accepted, without side effects; called in any thread.

        What it cannot make sense of it returns as an event too, so that it is kept.
        """
        ...

    async def before_routing(self, events: Sequence[Event]) -> None:
        """Called with new events, without duplicates, before any flow sees them; at least once."""
        ...

    def visible_routes(self, profile: JsonObject) -> Sequence[str]:
        """Return the routes whose events the owner of an account with this profile may see."""
        ...

    async def checks(self, account: Account | None) -> Sequence[Check]:
        """Look at the setup, or at one account of it, and report."""
        ...

    async def claim(self, account: Account) -> Sequence[Check]:
        """Have what the account listens to delivered to this host, and report what was changed.

        Called when a person asks for it, and never otherwise: another system may lose its events.
        """
        ...


class Hooks:
    """The hooks of the project; a connector's module implements all four."""

    @hookspec
    def appmixer_manifest(self) -> JsonObject:
        """Return the connector's manifest. Called first; does no more than read package data."""
        raise NotImplementedError

    @hookspec
    def appmixer_components(self) -> Mapping[str, type[Component]]:
        """Return the component classes by their full names. Called once, at the first need."""
        raise NotImplementedError

    @hookspec
    def appmixer_account_provider(self, host: HostContext) -> AccountProvider:
        """Return what connects accounts. Called once, when the host starts."""
        raise NotImplementedError

    @hookspec
    def appmixer_plugin(self, host: HostContext) -> Plugin:
        """Return the long-lived part. Called once, when the host starts."""
        raise NotImplementedError


@dataclass(frozen=True)
class Connector:
    """One connector: its manifest, and its hooks, which load the code behind it."""

    manifest: Manifest
    _manager: pluggy.PluginManager
    _module: object

    def components(self) -> Mapping[str, type[Component]]:
        components: Mapping[str, type[Component]] = self._ask("appmixer_components")
        return components

    def account_provider(self, host: HostContext) -> AccountProvider:
        provider: AccountProvider = self._ask("appmixer_account_provider", host=host)
        return provider

    def plugin(self, host: HostContext) -> Plugin:
        plugin: Plugin = self._ask("appmixer_plugin", host=host)
        return plugin

    def _ask(self, hook: str, **arguments: object) -> Any:
        return _answer(self._manager, self._module, hook, **arguments)


def load_connectors() -> dict[str, Connector]:
    """Return the installed connectors by id; raise ValidationError for a bad manifest."""
    manager = _manager()
    manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP)
    return _connectors(manager)


def connectors_of(*modules: object) -> dict[str, Connector]:
    """Return the connectors that these modules implement, without their being installed."""
    manager = _manager()
    for module in modules:
        manager.register(module)
    return _connectors(manager)


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    return manager


def _connectors(manager: pluggy.PluginManager) -> dict[str, Connector]:
    connectors: dict[str, Connector] = {}
    for module in manager.get_plugins():
        manifest = Manifest.model_validate(_answer(manager, module, "appmixer_manifest"))
        connectors[manifest.id] = Connector(manifest, manager, module)
    return connectors


def _answer(manager: pluggy.PluginManager, module: object, hook: str, **arguments: object) -> Any:
    others = [each for each in manager.get_plugins() if each is not module]
    [answer] = manager.subset_hook_caller(hook, remove_plugins=others)(**arguments)
    return answer
