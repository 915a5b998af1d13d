"""Connectors: the hooks by which a host finds one, and its long-lived parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import pluggy

from .component import Component
from .context import HostContext
from .provided import Account
from .texts import Texts
from .values import Check, Credentials, Event, Fact, JsonObject, Listener, Route

PROJECT = "appmixer"
# What the code of a connector may raise, which is its own fault and must be nobody else's.
FOREIGN_FAULTS = (Exception, SystemExit)
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

    async def start(self) -> None:
        """Called once, before anything else but `routes` is asked for."""
        ...

    async def stop(self) -> None:
        """Called once, also if `start` has raised, when nothing else of the connector is at work.

        Steps have ended or were cancelled by then, and what was given to `HostContext.watch` was
        cancelled.
        """
        ...

    async def listener_added(self, listener: Listener, account: Account | None) -> None:
        """Called before a listener is stored, also when it is there already; raise to refuse it.

        One that begins no runs is stored all the same, and the reason told to whoever starts the
        flow: the plugin may make up for it later. There is no account if, and only if, the manifest
        has no `auth`, or one that is not for all.
        """
        ...

    async def listener_removed(self, listener: Listener, account: Account | None) -> None:
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

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        """Return the topics whose events the owner of an account with this profile may see."""
        ...

    async def checks(self, account: Account | None) -> Sequence[Check]:
        """Look at the setup, or at one account of it, and report."""
        ...

    async def claim(self, account: Account) -> Sequence[Check]:
        """Have what the account listens to delivered to this host, and report what was changed.

        Called when a person asks for it, and never otherwise: another system may lose its events.
        """
        ...


@runtime_checkable
class TellsFacts(Protocol):
    """What a plugin has besides that can tell people something of their accounts."""

    async def facts(self, account: Account) -> Sequence[Fact]:
        """Return what is worth knowing of an account, in the order in which to show it.

        The service may be asked; the host calls it when somebody looks at one account. Raises
        ConnectorError where nothing can be told; what only a part of it could not be asked for is a
        fact as well.
        """
        ...


class Hooks:
    """The hooks of the project; a connector's module implements all that its manifest asks for."""

    @hookspec
    def appmixer_manifest(self) -> JsonObject:
        """Return the connector's manifest. Called first; does no more than read package data."""
        raise NotImplementedError

    @hookspec
    def appmixer_components(self) -> Mapping[str, type[Component]]:
        """Return the component classes by their full names. Called once, at the first need.

        `ComponentClasses` loads each when it is asked for: a host is ready sooner, and a component
        that cannot be loaded keeps nobody from the others.
        """
        raise NotImplementedError

    @hookspec
    def appmixer_account_provider(self, host: HostContext) -> AccountProvider:
        """Return what connects accounts. Called once, when the host starts.

        Not called, and not needed, where the manifest has no `auth`.
        """
        raise NotImplementedError

    @hookspec
    def appmixer_plugin(self, host: HostContext) -> Plugin:
        """Return the long-lived part. Called once, when the host starts."""
        raise NotImplementedError

    @hookspec
    def appmixer_examples(self) -> Mapping[str, JsonObject]:
        """Return flow documents to begin with, by an id for each. May be left out.

        Called when somebody first asks for them; does no more than read package data. The host
        checks each before it shows it.
        """
        raise NotImplementedError

    @hookspec
    def appmixer_texts(self) -> Mapping[str, Texts]:
        """Return what the English texts of manifest, schemas and examples are in other languages.

        By language (`de`, `pt-BR`), then by the English text; what is missing stays English. May be
        left out. Called when somebody first asks for one; does no more than read package data.
        """
        raise NotImplementedError
