"""Components whose ports and fields matter: ports that no path can name, and forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Component,
    ComponentContext,
    Connector,
    Fields,
    Form,
    FormOf,
    HostContext,
    Json,
    JsonObject,
    RejectedError,
    connectors_of,
    hookimpl,
)

from .conftest import MANIFEST, Echo, Heard, Say, echo_module


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


class Doubtful(Decide):
    """https://example.org/doubtful"""

    label = "Doubtful"
    more_ports: Mapping[str, type[Fields]] = {"text": Passed}  # type: ignore[misc]


PASSED: Mapping[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}


class Switch(Action):
    """https://example.org/switch"""

    label = "Switch"
    port = "else"
    Output = Passed
    form_of = FormOf(inputs=("cases",), ports=True)

    class Input(Fields):
        value: str
        cases: list[str] = Field(default_factory=list[str])

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        cases = input.get("cases")
        if not isinstance(cases, list):
            return Form()
        for case in cases:
            if not isinstance(case, str) or not case.isalnum() or not case[0].islower():
                raise RejectedError(
                    "A case cannot be called so",
                    "It is the name of a port.",
                    "Use letters.",
                    "cases",
                )
        return Form(ports={str(case): PASSED for case in cases})

    async def receive(self, context: ActionContext, input: Input) -> Passed | None:
        passed = Passed(text=input.value)
        if input.value not in input.cases:
            return passed
        await context.send(input.value, passed)
        return None


class Letter(Action):
    """https://example.org/letter"""

    label = "Letter"
    port = "sent"
    Output = Passed
    form_of = FormOf(inputs=("template",), fields=("parameters",), asks_service=True)

    class Input(Fields):
        template: str
        parameters: dict[str, str] = Field(default_factory=dict[str, str])

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        plugin, name = context.plugin, input.get("template")
        assert isinstance(plugin, Post)
        if name is None:
            return Form()
        plugin.asked.append(str(name))
        await plugin.check(context.account)
        if name == "bug":
            raise ZeroDivisionError("a form's fault")
        if name == "slow":
            await plugin.is_over.wait()
        if name not in plugin.letters:
            raise RejectedError(
                "There is no such template", f"{name} is not there.", "Choose another.", "template"
            )
        text = plugin.letters[str(name)]
        names = re.findall(r"<(\w+)>", text)
        fields = {each: {"type": "string", "title": each.title(), "minLength": 1} for each in names}
        parameters: dict[str, Json] = {
            "type": "object",
            "title": "Parameters",
            "description": "What stands in the letter.",
            "properties": fields,
            "required": names,
            "additionalProperties": False,
        }
        return Form(
            fields={"parameters": parameters},
            required=("parameters",) if names else (),
            made_from=text,
            about=f"letter:{name}",
        )

    async def receive(self, context: ActionContext, input: Input) -> Passed:
        plugin = context.plugin
        assert isinstance(plugin, Post)
        text = plugin.letters[input.template]
        for name, value in input.parameters.items():
            text = text.replace(f"<{name}>", value)
        return Passed(text=text)


class Notice(Letter):
    """https://example.org/notice"""

    label = "Notice"

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        fields: dict[str, JsonObject] = {"parameters": {"type": "object", "required": ["name"]}}
        return Form(fields, ("parameters",)) if input else Form()


class Post(Echo):
    """The plugin of those who write letters; `letters` are the service's templates."""

    def __init__(self, host: HostContext) -> None:
        super().__init__(host)
        self.letters = {"hello": "Hello <name>", "thanks": "Thank you"}
        self.asked: list[str] = []


def module_with(*more: type[Component]) -> Any:
    """Return the echo's module with further actions, and templates of letters."""
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

    def plugin(host: HostContext) -> Post:
        return Post(host)

    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_plugin = hookimpl(plugin)
    classes: list[type[Component]] = [Heard, Say, *more]
    module.appmixer_components = hookimpl(
        lambda: {f"test.echo.{each.__name__}": each for each in classes}
    )
    return module


def with_components(*more: type[Component]) -> dict[str, Connector]:
    """Return the echo with further actions."""
    return connectors_of(module_with(*more))
