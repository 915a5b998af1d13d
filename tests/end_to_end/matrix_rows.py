"""The rows of matrix.md: what happens, what was asked for, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "SendText.json").read_text("utf-8"))
TABLE = Path(__file__).with_name("matrix.md")
# What a policy adds to the input of a send.
POLICIES: Mapping[str, Mapping[str, Any]] = {
    "refuse": {},
    "send": {"windowPolicy": "send"},
}


@dataclass(frozen=True)
class Outcome:
    """What the run and the phone say in the end; `-` for nothing."""

    run: str
    step: str
    fate: str
    code: str
    port: str
    taken: str
    shown: str


@dataclass(frozen=True)
class Row:
    window: str
    behaviour: str
    policy: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.window}, {self.behaviour}, {self.policy}"


def table() -> list[Row]:
    """Return every row of matrix.md."""
    lines = [each for each in TABLE.read_text("utf-8").splitlines() if each.startswith("| ")]
    found: list[Row] = []
    for line in lines[2:]:
        window, behaviour, policy, *outcome = (each.strip() for each in line.strip("|").split("|"))
        found.append(Row(window, behaviour, policy, Outcome(*outcome)))
    return found


def is_published(policy: str) -> bool:
    """Say whether a send has the fields of a policy and takes its values, as its schema says."""
    fields = POLICIES[policy]
    properties = SCHEMA["properties"]
    shape = {"$defs": SCHEMA.get("$defs", {}), "properties": properties}
    return fields.keys() <= properties.keys() and Draft202012Validator(shape).is_valid(fields)
