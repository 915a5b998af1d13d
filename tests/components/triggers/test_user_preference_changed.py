"""User Preference Changed tells who wants marketing messages, and who does not."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import outputs

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("choice", ["stop", "resume", "signup"])
async def test_a_choice_is_told_with_its_person(quiet: RecordingContext, choice: str) -> None:
    [told] = await outputs(quiet, "UserPreferenceChanged", f"fields.user_preferences.{choice}")

    assert (told["choice"], told["category"]) == (choice, "marketing_messages")
    assert told["contact"]["profileName"] == "Sheena Nelson"
    assert (told["replyTo"], told["time"]) == ("+16505551234", "2026-09-21T14:13:20Z")
    assert told["signupId"] == ("13176843987434774" if choice == "signup" else None)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"choices": ["stop"]}, True),
        ({"choices": ["resume", "signup"]}, False),
        ({"phoneNumberId": "106540352242922"}, True),
        ({"businessAccountId": "2002", "phoneNumberId": "3003"}, False),
    ],
)
async def test_choices_can_be_chosen(
    quiet: RecordingContext, properties: dict[str, Any], expected: bool
) -> None:
    webhook = "fields.user_preferences.stop"

    assert bool(await outputs(quiet, "UserPreferenceChanged", webhook, **properties)) == expected
