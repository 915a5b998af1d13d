"""Components are made when they are asked for, and what takes a while is done in a thread."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import (
    ComponentClasses,
    ConfigurationError,
    connectors_of,
    hookimpl,
)
from appmixer.engine.flows.component_types import component_types

from ..conftest import echo_module

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
