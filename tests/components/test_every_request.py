"""Meta's own examples of requests: a component sends it, or it is named here with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from .live import REQUESTS
from .templates.fillings import FILLED_IN

HERE, PACKAGE = Path(__file__).parent, __name__.rpartition(".")[0]
CALLBACKS = (
    "where the events of an account go is the plugin's to say: it subscribes when flows start"
)
WITHOUT_COMPONENT = {
    "phone.webhook_override": CALLBACKS,
    "subscribed_apps.override": CALLBACKS,
}


def test_every_request_that_meta_documents_is_compared_with_what_a_component_sends() -> None:
    examples = {each.stem for each in REQUESTS.glob("*.json")}
    compared = {name for file in HERE.rglob("test_*.py") for name in _compared(file)}
    # Held to be all of them in test_filled_in_templates.py.
    compared |= {f"send.template.{name}" for name in FILLED_IN}

    assert examples - compared == {*WITHOUT_COMPONENT}
    assert not compared & {*WITHOUT_COMPONENT}


def _compared(file: Path) -> Iterator[str]:
    """Yield the names that the tests of a file give to `documented`, as they are parametrized."""
    module = import_module("." + ".".join(file.relative_to(HERE).with_suffix("").parts), PACKAGE)
    for part in ast.parse(file.read_text("utf-8")).body:
        for call in ast.walk(part):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "documented":
                test = getattr(module, getattr(part, "name", ""), None)
                match call.args[0]:
                    case ast.Constant(value=str(name)):
                        yield name
                    case ast.Name(id=parameter):
                        yield from _given(test, parameter)
                    case ast.JoinedStr(
                        values=[
                            ast.Constant(value=str(start)),
                            ast.FormattedValue(value=ast.Name(id=parameter)),
                        ]
                    ):
                        yield from (f"{start}{each}" for each in _given(test, parameter))
                    case other:
                        raise AssertionError(f"{file}: nobody can tell {ast.unparse(other)}")


def _given(test: object, parameter: str) -> Iterator[str]:
    """Yield what a test is parametrized with; nothing for what is no test."""
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    for names, values in (mark.args for mark in marks if mark.name == "parametrize"):
        if names == parameter:
            yield from values
        elif parameter in names and not isinstance(names, str):
            yield from (each[names.index(parameter)] for each in values)
