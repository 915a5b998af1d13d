"""Components whose ports matter: a decision with ports that no path can name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Component,
    Connector,
    Fields,
    connectors_of,
    hookimpl,
)

from .conftest import MANIFEST, Heard, Say, echo_module


class Passed(Fields):
    text: str


class Decide(Action):
    """https://example.org/decide"""

    label = "Decide"
    port = "true"
    more_ports: Mapping[str, type[Fields]] = {"false": Passed, "maybe": Passed}  # type: ignore[misc]
    Output = Passed

    class Input(Fields):
        text: str

    async def receive(self, context: ActionContext, input: Input) -> Passed | None:
        passed = Passed(text=input.text)
        if input.text.startswith("yes"):
            return passed
        await context.send("false" if input.text.startswith("no") else "maybe", passed)
        return None


def with_components(*more: type[Component]) -> dict[str, Connector]:
    """Return the echo with further actions."""
    module: Any = echo_module()
    say = MANIFEST["components"][1]
    entries = [
        {
            **say,
            "name": f"test.echo.{each.__name__}",
            "label": each.label,
            "module": each.__module__,
            "schema": f"schemas/{each.__name__}.json",
        }
        for each in more
    ]
    manifest = {**MANIFEST, "components": [*MANIFEST["components"], *entries]}
    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(
        lambda: {f"test.echo.{each.__name__}": each for each in (Heard, Say, *more)}
    )
    return connectors_of(module)
