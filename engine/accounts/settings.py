"""What a person may set for one account, as the connector's manifest declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..contract import JsonObject, RejectedError
from ..contract.manifest import AccountSetting

MAX_TEXT_CHARS = 200


def available(setting: AccountSetting, profile: JsonObject) -> dict[str, Any]:
    """Return what a form needs to know of a setting; its choices are those of the account."""
    shown = setting.model_dump(mode="json", by_alias=True, exclude={"choices"})
    listed = choices(setting, profile)
    return {**shown, "choices": [{"value": key, "label": label} for key, label in listed.items()]}


def choices(setting: AccountSetting, profile: JsonObject) -> Mapping[str, Any]:
    """Return the values that the manifest or the account's profile offers, each with its label."""
    if isinstance(setting.choices, dict):
        return setting.choices
    listed = profile.get(setting.choices) if setting.choices else None
    return listed if isinstance(listed, Mapping) else {}


def with_choices(
    profile: JsonObject, settings: JsonObject, declared: Sequence[AccountSetting]
) -> JsonObject:
    """Put what was chosen into the profile, as long as the profile still lists it."""
    chosen = {
        each.name: settings[each.name]
        for each in declared
        if each.name in settings and settings[each.name] in choices(each, profile)
    }
    return {**profile, **chosen}


def checked_settings(
    declared: Sequence[AccountSetting], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values that are to be set; raise RejectedError for what the manifest forbids."""
    known = {each.name: each for each in declared}
    for name in changes:
        if name not in known:
            raise RejectedError(
                "There is no such setting",
                f"The settings of this account are: {', '.join(known) or 'none'}.",
                "Check the spelling.",
                name[:MAX_TEXT_CHARS],
            )
        if changes[name] is None and known[name].required:
            label, why = known[name].label, known[name].description
            raise RejectedError(f"{label} is needed", why, "Give another value instead.", name)
    return {
        name: _checked(known[name], value) for name, value in changes.items() if value is not None
    }


def _checked(setting: AccountSetting, value: Any) -> Any:
    if setting.type == "switch":
        if isinstance(value, bool):
            return value
        cure = "Give true or false."
    else:
        is_text = isinstance(value, str) and 0 < len(value) <= MAX_TEXT_CHARS
        is_choice = not isinstance(setting.choices, dict) or value in setting.choices
        if is_text and is_choice and re.fullmatch(setting.pattern or "(?s:.*)", value):
            return value
        cure = f"Give a text such as {setting.example}." if setting.example else "Give a text."
        if isinstance(setting.choices, dict):
            cure = f"Give one of {', '.join(setting.choices)}."
    raise RejectedError(
        f"{setting.label} cannot be this value",
        setting.description,
        cure if setting.required else f"{cure} null takes the setting back.",
        setting.name,
    )
