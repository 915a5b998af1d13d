"""The connector as a host finds it: its hooks; what they load is loaded at the first call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from appmixer.engine.contract import ComponentClasses, hookimpl

if TYPE_CHECKING:
    from appmixer.engine.contract import (
        AccountProvider,
        Component,
        HostContext,
        JsonObject,
        Plugin,
        Texts,
    )


@hookimpl
def appmixer_manifest() -> JsonObject:
    from .configuration.manifest import read_manifest

    return read_manifest()


@hookimpl
def appmixer_components() -> Mapping[str, type[Component]]:
    from .configuration.manifest import component_modules

    return ComponentClasses(component_modules())


@hookimpl
def appmixer_account_provider(host: HostContext) -> AccountProvider:
    from ..auth.provider import WhatsAppAccounts
    from .graph.redaction import hide_queries

    hide_queries()
    return WhatsAppAccounts(host)


@hookimpl
def appmixer_examples() -> Mapping[str, JsonObject]:
    from .configuration.manifest import read_examples

    return read_examples()


@hookimpl
def appmixer_texts() -> Mapping[str, Texts]:
    from .configuration.manifest import read_texts

    return read_texts()


@hookimpl
def appmixer_plugin(host: HostContext) -> Plugin:
    from .graph.redaction import hide_queries
    from .whatsapp import WhatsApp

    hide_queries()
    return WhatsApp(host)
