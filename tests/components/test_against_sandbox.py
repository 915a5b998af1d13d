"""All actions against the simulator of Meta, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Action, Option, RejectedError, choices_of, load_connectors
from appmixer.engine.contract.testing import RecordingContext, RecordingHost, StandInAccount
from appmixer.sandbox.testing import running_sandbox

pytestmark = pytest.mark.anyio

CONNECTOR = load_connectors()["appmixer:whatsapp"]
COMPONENTS = CONNECTOR.components()
WABA, NUMBER, PERSON = "102290129340398", "106540352242922", "+16505551234"

FLOW_BUTTON = {
    "type": "FLOW",
    "text": "Open",
    "flow_id": "123",
    "flow_action": "navigate",
    "navigate_screen": "A",
}
FLOW_TEMPLATE = {
    "wabaId": WABA,
    "name": "f_flow",
    "language": "en_US",
    "category": "MARKETING",
    "components": [
        {"type": "BODY", "text": "Please fill in the form."},
        {"type": "BUTTONS", "buttons": [FLOW_BUTTON]},
    ],
}


@pytest.fixture
async def live() -> AsyncIterator[RecordingContext]:
    """A context whose Graph is a sandbox of its own."""
    async with running_sandbox() as sandbox, httpx.AsyncClient(verify=False) as http:
        host = RecordingHost(
            configuration={
                "clientId": "100000000000001",
                "clientSecret": "sandbox-app-secret",
                "verifyToken": "sandbox-verify-token",
                "graphUrl": sandbox.url,
                "dialogUrl": sandbox.url,
                "graphVersion": "v25.0",
            },
            http=http,
        )
        profile = {"businessAccountId": WABA, "wabaIds": [WABA]}
        account = StandInAccount(profile=profile, token="EAAsandbox")
        yield RecordingContext(host, CONNECTOR.plugin(host), account)


async def run(live: RecordingContext, component: str, **input: Any) -> Any:
    action = COMPONENTS[f"appmixer.whatsapp.{component}"]()
    assert isinstance(action, Action)
    output = await action.receive(live, action.Input.model_validate(input))
    assert output is not None
    return output


async def test_a_sender_is_registered_once_and_then_sends(live: RecordingContext) -> None:
    before = await run(live, "GetRegistrationStatus", phoneNumberId=NUMBER)
    first = await run(live, "EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    second = await run(live, "EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    sent = await run(
        live,
        "SendTemplate",
        phoneNumberId=NUMBER,
        to=PERSON,
        templateName="hello_world",
        languageCode="en_US",
    )

    assert before.registered is False
    assert (first.registered, first.was_already_registered) == (True, False)
    assert (second.registered, second.was_already_registered) == (True, True)
    assert (sent.status, sent.contact_wa_id) == ("accepted", "16505551234")


async def test_a_sender_that_is_not_registered_is_told_what_to_do(live: RecordingContext) -> None:
    with pytest.raises(RejectedError) as caught:
        await run(live, "SendText", phoneNumberId=NUMBER, to=PERSON, text="Hi")

    assert caught.value.code == 133010
    assert "Ensure Sender Phone Number Registered" in caught.value.cure


async def test_what_an_account_has_is_listed(live: RecordingContext) -> None:
    accounts = await run(live, "ListBusinessAccounts")
    numbers = await run(live, "ListPhoneNumbers")
    number = await run(live, "GetPhoneNumber", phoneNumberId=NUMBER)
    templates = await run(live, "ListTemplates", name="hello_world")

    assert [(each.id, each.is_default) for each in accounts.business_accounts] == [(WABA, True)]
    assert number.id == NUMBER
    assert number in numbers.phone_numbers
    assert [(each.name, each.language, each.status) for each in templates.templates] == [
        ("hello_world", "en_US", "APPROVED")
    ]


async def test_a_template_whose_only_button_opens_a_flow_is_sent(live: RecordingContext) -> None:
    await run(live, "EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    sandbox_url = live.host.configuration["graphUrl"]
    answer = await live.http.post(
        f"{sandbox_url}/_sandbox/world?mode=add", json={"templates": [FLOW_TEMPLATE]}
    )
    assert answer.status_code == 200, answer.text

    sent = await run(
        live,
        "SendTemplate",
        phoneNumberId=NUMBER,
        to=PERSON,
        templateName="f_flow",
        languageCode="en_US",
    )

    assert sent.status == "accepted"


async def test_a_file_is_uploaded(live: RecordingContext) -> None:
    file = live.files.keep("a.pdf", "application/pdf", b"%PDF-1.7 content")

    output = await run(live, "UploadMedia", phoneNumberId=NUMBER, fileId=file.id)

    assert output.media_id.isdigit()
    assert (output.kind, output.size_bytes) == ("document", 16)


async def test_a_number_is_taken_off_and_can_be_registered_again(live: RecordingContext) -> None:
    await run(live, "RegisterPhoneNumber", phoneNumberId=NUMBER, pin="000000")

    off = await run(live, "DeregisterPhoneNumber", phoneNumberId=NUMBER)
    again = await run(live, "EnsureRegistered", phoneNumberId=NUMBER, pin="000000")

    assert off.success
    assert (again.registered, again.was_already_registered) == (True, False)


async def test_every_dropdown_of_a_template_can_be_chosen_from(live: RecordingContext) -> None:
    choices = choices_of(COMPONENTS["appmixer.whatsapp.SendTemplate"].Input)
    chosen: dict[str, Any] = {}
    offered: list[Option] = []
    for field, wanted in {
        "businessAccountId": WABA,
        "phoneNumberId": NUMBER,
        "templateName": "hello_world",
        "languageCode": "en_US",
    }.items():
        options = await choices[field].first(live, chosen)
        offered += [each for each in options if each.value == wanted]
        chosen[field] = wanted

    assert [(each.label, each.badge) for each in offered] == [
        ("Lucky Shrub", ""),
        ("+1 555-078-3881 Lucky Shrub", "not registered"),
        ("hello_world", ""),
        ("en_US", ""),
    ]
