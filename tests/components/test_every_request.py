"""Meta's own examples of requests: a component sends it, or it is named here with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .live import REQUESTS
from .templates.fillings import FILLED_IN

HERE = Path(__file__).parent
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
    """Yield the names that a file gives to `documented`, or may give where a test has a table."""
    tree = ast.parse(file.read_text("utf-8"))
    texts = {each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "documented":
            match call.args[0]:
                case ast.Constant(value=str(name)):
                    yield name
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                    yield from (f"{start}{text}" for text in texts if isinstance(text, str))
                case _:
                    yield from (text for text in texts if isinstance(text, str))
