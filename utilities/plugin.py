"""The connector as a host finds it: its hooks; what they load is loaded at the first call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

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


@cache
def _manifest() -> dict[str, Any]:
    text = (files("appmixer.utilities") / "connector.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


@hookimpl
def appmixer_manifest() -> JsonObject:
    return _manifest()


@hookimpl
def appmixer_components() -> Mapping[str, type[Component]]:
    return ComponentClasses({each["name"]: each["module"] for each in _manifest()["components"]})


@hookimpl
def appmixer_account_provider(host: HostContext) -> AccountProvider:
    from .reach.api_keys import ApiKeys

    return ApiKeys()


@hookimpl
def appmixer_texts() -> Mapping[str, Texts]:
    tables = (files("appmixer.utilities") / "texts").iterdir()
    return {each.name.removesuffix(".json"): json.loads(each.read_text("utf-8")) for each in tables}


@hookimpl
def appmixer_plugin(host: HostContext) -> Plugin:
    from .utilities import Utilities

    return Utilities()
