"""The rows of matrix.md: what happens, what was asked for, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from appmixer.sandbox.world.settings import Settings

from .matrix_behaviours import BEHAVIOURS

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "SendText.json").read_text("utf-8"))
TABLE = Path(__file__).with_name("matrix.md")
TEMPLATE = {
    "windowPolicy": "template",
    "fallbackTemplate": "hello_world",
    "fallbackLanguage": "en_US",
}
# A shorter time than the engine's clock is moved by.
DELIVERED = {"waitFor": "delivered", "waitSeconds": 600}
READ = {"waitFor": "read", "waitSeconds": 600}
AGAIN = "send again"
# What a policy adds to the input of a send.
POLICIES: Mapping[str, Mapping[str, Any]] = {
    "refuse": {},
    "send": {"windowPolicy": "send"},
    "refuse when unknown": {"unknownWindowPolicy": "refuse"},
    "template": TEMPLATE,
    "template when unknown": {**TEMPLATE, "unknownWindowPolicy": "template"},
    "wait for delivered": DELIVERED,
    "wait for delivered, go on when failed": DELIVERED,
    "wait for read": READ,
    "send, wait for delivered": {"windowPolicy": "send", **DELIVERED},
    "template, wait for delivered": {**TEMPLATE, **DELIVERED},
    AGAIN: {"whenUnknown": "sendAgain"},
}
# The ports from which something leads on.
LEADING: Mapping[str, Sequence[str]] = {"wait for delivered, go on when failed": ["failed"]}


@dataclass(frozen=True)
class Outcome:
    """What the run and the phone say in the end; `-` for nothing."""

    run: str
    step: str
    fate: str
    code: str
    ports: str
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


def missing_for(row: Row) -> str:
    """Return what a send or the sandbox has no field for, as they publish it; empty if nothing."""
    asked, properties = POLICIES[row.policy], SCHEMA["properties"]
    if not asked.keys() <= properties.keys():
        return f"the input {', '.join(sorted(asked.keys() - properties.keys()))}"
    shape = {"$defs": SCHEMA.get("$defs", {}), "properties": properties}
    if not Draft202012Validator(shape).is_valid(asked):  # pyright: ignore[reportUnknownMemberType]
        return f"the policy {row.policy}"
    try:
        Settings.model_validate(BEHAVIOURS[row.behaviour].settings)
    except ValidationError:
        return f"the setting {', '.join(BEHAVIOURS[row.behaviour].settings)}"
    return ""
