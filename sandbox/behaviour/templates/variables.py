"""Variables in the texts of a template: how they are written, numbered, placed and exampled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...protocol.shapes import Json, is_array, is_object, is_text, objects, text
from .parameters import PLACEHOLDER, placeholders
from .refusals import (
    BAD_BODY,
    BAD_HEADER,
    TOO_MANY_VARIABLES,
    VARIABLE_AT_THE_EDGE,
    missing,
    parameter,
    refusal,
)

BRACES = re.compile(r"\{\{|\}\}")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
NAMED = re.compile(r"[a-z_][a-z0-9_]*")
ADJACENT = re.compile(r"\}\}\s*\{\{")
MAX_HEADER_VARIABLES = 1


@dataclass(frozen=True)
class Place:
    """Where a text stands: the component, and its position in the request."""

    kind: str
    path: str
    is_named: bool

    @property
    def subcode(self) -> int:
        return BAD_HEADER if self.kind == "HEADER" else BAD_BODY


def check_variables(said: str, example: object, place: Place) -> None:
    """Check the variables of a header or body, and the example that each of them needs."""
    names = placeholders(said)
    _check_form(said, names, place)
    if place.kind == "HEADER":
        if len(names) > MAX_HEADER_VARIABLES:
            raise refusal(place.subcode, "The header of your template may have one variable.")
    else:
        _check_edges(said)
        _check_share(said, names)
    if names:
        _check_example(names, example, place)


def has_neighbours(said: str) -> bool:
    """Whether two variables stand side by side; the review finds that, not the call."""
    return ADJACENT.search(said) is not None


def _check_form(said: str, names: list[str], place: Place) -> None:
    where = place.kind.lower()
    if BRACES.search(PLACEHOLDER.sub("", said)):
        raise refusal(place.subcode, f"The {where} of your template has a variable that is broken.")
    if place.is_named:
        wrong = next((name for name in names if not NAMED.fullmatch(name)), None)
        if wrong is not None:
            raise refusal(
                place.subcode,
                f"The variable {wrong} in the {where} is not lower-case letters, digits and "
                "underscores.",
            )
    elif sorted(names) != sorted(str(number + 1) for number in range(len(names))):
        raise refusal(
            place.subcode,
            f"The variables in the {where} must be numbered from {{{{1}}}} on without a gap.",
        )


def _check_edges(said: str) -> None:
    trimmed = said.strip()
    found = list(PLACEHOLDER.finditer(trimmed))
    if found and (found[0].start() == 0 or found[-1].end() == len(trimmed)):
        raise refusal(
            VARIABLE_AT_THE_EDGE, "Variables can't be at the start or end of the template."
        )


def _check_share(said: str, names: list[str]) -> None:
    # Meta publishes the rule and not the number. One word more than twice the variables,
    # variables counted, lets every example of Meta's own pages through.
    if names and len(PLACEHOLDER.sub("x", said).split()) < 2 * len(names) + 1:
        raise refusal(
            TOO_MANY_VARIABLES,
            "This template has too many variables for its length. Reduce the number of variables "
            "or increase the message length.",
        )


def _check_example(names: list[str], example: object, place: Place) -> None:
    if not is_object(example):
        raise missing(place.kind, "example")
    key = f"{place.kind.lower()}_text" + ("_named_params" if place.is_named else "")
    given = example.get(key)
    if given is None:
        raise missing(place.kind, "example")
    path = f"{place.path}['example']['{key}']"
    if not is_array(given):
        raise parameter(path, "must be an array.")
    if place.is_named:
        _check_named(names, objects(given), place.kind)
        return
    values: object = given
    if place.kind == "BODY":
        values = given[0] if given else given
    if not is_array(values):
        raise parameter(f"{path}[0]", "must be an array.")
    if len(values) < len(names) or not all(is_text(value) for value in values):
        raise missing(place.kind, "example")


def _check_named(names: list[str], given: list[Json], kind: str) -> None:
    known = {text(one.get("param_name")) for one in given if is_text(one.get("example"))}
    if not known.issuperset(names):
        raise missing(kind, "example")
