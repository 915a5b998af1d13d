"""The documented bodies of webhooks, by name: one for each kind that Meta sends."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ..fixtures import FIXTURES
from ..protocol.shapes import Json

# Fields other than messages begin with this in a name; it may be left out.
PREFIX = "fields."
MAX_NEAR = 5


@dataclass(frozen=True)
class Example:
    """One body: of which field, how sure its shape is, and where it was found.

    Confidence is `documented` by Meta, `observed` in public logs, or `derived` from documented
    fields without having been seen as one body.
    """

    name: str
    field: str
    confidence: str
    source: str
    description: str

    def body(self) -> Json:
        """A copy of its own for whoever asks."""
        body: Json = json.loads(_text(self.name))
        return body


@cache
def examples() -> Mapping[str, Example]:
    rows = json.loads(FIXTURES.joinpath("webhooks.json").read_text("utf-8"))
    return MappingProxyType({row["name"]: Example(**row) for row in rows})


def example(name: str) -> Example | None:
    """By its name, which counts in any case and without its `fields.`."""
    known = examples()
    found = known.get(name) or known.get(PREFIX + name)
    return found or _by_lower_case().get(name.lower().removeprefix(PREFIX))


def near(name: str) -> list[str]:
    """Names that may have been meant: those that hold it, then those that look like it."""
    wanted = name.lower()
    holding = [each for each in examples() if wanted in each.lower()]
    short = {each.lower().removeprefix(PREFIX): each for each in examples()}
    alike = [
        short[each]
        for each in difflib.get_close_matches(wanted.removeprefix(PREFIX), short, MAX_NEAR, 0.5)
    ]
    return list(dict.fromkeys([*holding, *alike]))[:MAX_NEAR]


@cache
def _by_lower_case() -> Mapping[str, Example]:
    known = examples().values()
    return MappingProxyType({each.name.lower().removeprefix(PREFIX): each for each in known})


@cache
def _text(name: str) -> str:
    return FIXTURES.joinpath("webhooks", f"{name}.json").read_text("utf-8")
