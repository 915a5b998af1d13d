"""Message Echoed starts a run when a colleague writes from the phone app."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import body, outputs

pytestmark = pytest.mark.anyio


async def test_an_echo_tells_who_was_written_to_and_what(quiet: RecordingContext) -> None:
    [echo] = await outputs(quiet, "MessageEchoed", "fields.smb_message_echoes.text")

    assert (echo["from"], echo["to"], echo["replyTo"]) == (
        "15550783881",
        "16505551234",
        "+16505551234",
    )
    assert echo["contact"]["waId"] == "16505551234"
    assert (echo["type"], echo["text"]) == ("text", {"body": "Here's the info you requested!"})
    assert (echo["phoneNumberId"], echo["isStandby"]) == ("106540352242922", False)


async def test_a_file_is_typed_as_in_a_message_and_a_hidden_number_is_known_by_its_user_id(
    quiet: RecordingContext,
) -> None:
    parsed = copy.deepcopy(body("fields.smb_message_echoes.text"))
    [echo] = parsed["entry"][0]["changes"][0]["value"]["message_echoes"]
    del echo["to"], echo["text"]
    image = {"id": "1003383421387256", "mime_type": "image/jpeg", "caption": "Map"}
    echo |= {"to_user_id": "US.1", "type": "image", "image": image}

    [output] = await outputs(quiet, "MessageEchoed", parsed)

    assert (output["to"], output["replyTo"], output["contact"]["bsuid"]) == (None, "US.1", "US.1")
    assert (output["media"]["caption"], output["media"]["mimeType"]) == ("Map", "image/jpeg")


@pytest.mark.parametrize("kind", ["edit", "revoke"])
async def test_what_a_colleague_changes_or_deletes_afterwards_is_told(
    quiet: RecordingContext, kind: str
) -> None:
    [echo] = await outputs(quiet, "MessageEchoed", f"fields.smb_message_echoes.{kind}")

    original = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBJBQkY3RjZCQTQ5ODgzODA3QjcA"
    assert (echo["type"], echo[kind]["original_message_id"]) == (kind, original)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"people": ["+1 650 555 1234"]}, True),
        ({"people": ["+1 650 555 9876"]}, False),
        ({"messageTypes": ["text"]}, True),
        ({"messageTypes": ["edit", "revoke"]}, False),
        ({"phoneNumberId": "106540352242922"}, True),
        ({"businessAccountId": "2002", "phoneNumberId": "3003"}, False),
    ],
)
async def test_echoes_can_be_chosen_by_person_type_and_number(
    quiet: RecordingContext, properties: dict[str, Any], expected: bool
) -> None:
    found = await outputs(quiet, "MessageEchoed", "fields.smb_message_echoes.text", **properties)

    assert bool(found) == expected


async def test_what_another_app_writes_is_told_only_to_whoever_asks(
    quiet: RecordingContext,
) -> None:
    assert not await outputs(quiet, "MessageEchoed", "fields.standby.message_echo")

    [echo] = await outputs(
        quiet, "MessageEchoed", "fields.standby.message_echo", includeStandby=True
    )

    assert (echo["to"], echo["type"], echo["isStandby"]) == ("16505551234", "text", True)
    assert echo["text"]["body"] == "Hello! Your order #12345 has shipped."


async def test_a_number_is_told_from_others_of_its_account(quiet: RecordingContext) -> None:
    parsed = copy.deepcopy(body("fields.smb_message_echoes.text"))
    parsed["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "7"

    properties = {"phoneNumberId": "106540352242922"}
    assert not await outputs(quiet, "MessageEchoed", parsed, **properties)


async def test_a_flow_that_wants_sounds_wants_voice_messages(quiet: RecordingContext) -> None:
    parsed = copy.deepcopy(body("fields.smb_message_echoes.text"))
    [echo] = parsed["entry"][0]["changes"][0]["value"]["message_echoes"]
    echo.update(type="voice", voice={"id": "4490709327384033"})

    assert len(await outputs(quiet, "MessageEchoed", parsed, messageTypes=["audio"])) == 1
    assert not await outputs(quiet, "MessageEchoed", parsed, messageTypes=["text"])
