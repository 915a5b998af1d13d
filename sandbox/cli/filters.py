"""What `tail` is asked to show: conditions on Graph calls and webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..protocol.shapes import Json

OF_CALLS = ("method", "path", "status")
OF_WEBHOOKS = ("field", "state")
KINDS = ("call", "webhook")


class FilterError(Exception):
    """A condition that cannot be: a sentence that says what can."""


@dataclass(frozen=True)
class Filters:
    """All of them have to hold. One that only calls can meet lets no webhook through."""

    conditions: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, texts: Iterable[str]) -> Filters:
        return cls(tuple(_condition(text) for text in texts))

    def take(self, kind: str, told: Json) -> bool:
        return kind in KINDS and all(
            _holds(name, value, kind, told) for name, value in self.conditions
        )


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in ("kind", *OF_CALLS, *OF_WEBHOOKS):
        known = ", ".join(("kind", *OF_CALLS, *OF_WEBHOOKS))
        raise FilterError(f"{text!r} is no filter; one is NAME=VALUE with a name of: {known}.")
    if name == "kind" and value not in KINDS:
        raise FilterError(f"There is no kind {value!r}; there are call and webhook.")
    return name, value


def _holds(name: str, value: str, kind: str, told: Json) -> bool:
    if name == "kind":
        return kind == value
    if (name in OF_CALLS) != (kind == "call"):
        return False
    if name == "path":
        return value in told["path"]
    if name == "field":
        return value in told["fields"]
    found = str(told[name]).lower()
    wanted = value.lower()
    return found == wanted or (name == "status" and wanted == f"{found[:1]}xx")
