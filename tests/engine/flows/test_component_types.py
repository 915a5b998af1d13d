"""Components are made when they are asked for, and what takes a while is done in a thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import (
    ComponentClasses,
    ConfigurationError,
    Connector,
    connectors_of,
    hookimpl,
)
from appmixer.engine.flows.component_types import ComponentTypes, component_types
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings

from ..conftest import CONNECTOR, echo_module

pytestmark = pytest.mark.anyio
SLOW = """
import threading
from tests_of_echo import Say as Told
LOADED_IN = threading.current_thread()
class Say(Told): pass
"""


async def test_what_is_needed_soon_is_loaded_in_a_thread_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    module: Any = echo_module()
    classes = module.appmixer_components()
    monkeypatch.setitem(
        sys.modules, "tests_of_echo", sys.modules[classes["test.echo.Say"].__module__]
    )
    (tmp_path / "slow_say.py").write_text(SLOW)
    modules = {name: f"nowhere.{name}" for name in classes} | {"test.echo.Say": "slow_say"}
    module.appmixer_components = hookimpl(lambda: ComponentClasses(modules))
    types = component_types(connectors_of(module))

    await types.load(["test.echo.Say", "test.echo.Nosuch", None, {}])

    assert sys.modules["slow_say"].LOADED_IN is not threading.main_thread()
    assert types["test.echo.Say"].kind == "action"
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        types["test.echo.Heard"]


async def test_what_a_stored_flow_needs_is_loaded_when_it_is_read(
    settings: Settings, connectors: dict[str, Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {"type": "test.echo.Heard", "account": "keys", "input": {"room": "hall"}}
    async with open_engine(settings, connectors) as engine:
        owner_id = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner_id, CONNECTOR, "hall", "keys")
        await engine.flows.put(owner_id, "hall", {"name": "Hall", "components": {"heard": heard}})
    loaded = list[object]()
    load = ComponentTypes.load

    async def noted(types: ComponentTypes, names: Iterable[object]) -> None:
        wanted = [*names]
        loaded.extend(wanted)
        await load(types, wanted)

    monkeypatch.setattr(ComponentTypes, "load", noted)
    async with open_engine(settings, connectors) as engine:
        await engine.flows.get(engine.owners.first_owner_id, "hall")

    assert loaded == ["test.echo.Heard"]
