"""All actions against the simulator of Meta, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Option, RejectedError, choices_of

from .live import CONNECTOR, NUMBER, PERSON, WABA, Live

pytestmark = pytest.mark.anyio

COMPONENTS = CONNECTOR.components()

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


async def test_a_sender_is_registered_once_and_then_sends(live: Live) -> None:
    before = await live.run("GetRegistrationStatus", phoneNumberId=NUMBER)
    first = await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    second = await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    sent = await live.run(
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


async def test_a_sender_that_is_not_registered_is_told_what_to_do(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("SendText", phoneNumberId=NUMBER, to=PERSON, text="Hi")

    assert caught.value.code == 133010
    assert "Ensure Sender Phone Number Registered" in caught.value.cure


async def test_what_an_account_has_is_listed(live: Live) -> None:
    accounts = await live.run("ListBusinessAccounts")
    numbers = await live.run("ListPhoneNumbers")
    number = await live.run("GetPhoneNumber", phoneNumberId=NUMBER)
    templates = await live.run("ListTemplates", name="hello_world")

    assert [(each.id, each.is_default) for each in accounts.business_accounts] == [(WABA, True)]
    assert number.id == NUMBER
    described = number.model_dump(exclude={"reported"})
    assert described in [each.model_dump() for each in numbers.phone_numbers]
    assert [(each.name, each.language, each.status) for each in templates.templates] == [
        ("hello_world", "en_US", "APPROVED")
    ]


async def test_a_template_whose_only_button_opens_a_flow_is_sent(live: Live) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    answer = await live.context.http.post(
        f"{live.sandbox.url}/_sandbox/world?mode=add", json={"templates": [FLOW_TEMPLATE]}
    )
    assert answer.status_code == 200, answer.text

    sent = await live.run(
        "SendTemplate",
        phoneNumberId=NUMBER,
        to=PERSON,
        templateName="f_flow",
        languageCode="en_US",
    )

    assert sent.status == "accepted"


async def test_a_file_is_uploaded(live: Live) -> None:
    file = live.context.files.keep("a.pdf", "application/pdf", b"%PDF-1.7 content")

    output = await live.run("UploadMedia", phoneNumberId=NUMBER, fileId=file.id)

    assert output.media_id.isdigit()
    assert (output.kind, output.size_bytes) == ("document", 16)


async def test_a_number_is_taken_off_and_can_be_registered_again(live: Live) -> None:
    await live.run("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="000000")

    off = await live.run("DeregisterPhoneNumber", phoneNumberId=NUMBER)
    again = await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")

    assert off.success
    assert (again.registered, again.was_already_registered) == (True, False)


NOBODYS, OTHERS = {"phoneNumberId": "999999"}, {"businessAccountId": "203390129340398"}
MESSAGE = {"messageId": "wamid.A"}


@pytest.mark.parametrize(
    ("component", "wrong", "field"),
    [
        *(
            (name, wrong, field)
            for name in ("GetPhoneNumber", "GetRegistrationStatus", "DeregisterPhoneNumber")
            for wrong, field in [
                ({"phoneNumberId": ""}, "phoneNumberId"),
                (NOBODYS, "phoneNumberId"),
                (OTHERS, "businessAccountId"),
            ]
        ),
        *(
            (name, {"pin": "000000", **wrong}, field)
            for name in ("RegisterPhoneNumber", "EnsureRegistered")
            for wrong, field in [
                ({"pin": "12"}, "pin"),
                ({"dataLocalizationRegion": "XX"}, "dataLocalizationRegion"),
                (NOBODYS, "phoneNumberId"),
            ]
        ),
        ("WaitForStatus", {"messageId": "1"}, "messageId"),
        ("WaitForStatus", {**MESSAGE, "waitFor": "accepted"}, "waitFor"),
        ("WaitForStatus", {**MESSAGE, "waitSeconds": 0}, "waitSeconds"),
        ("WaitForStatus", {**MESSAGE, **NOBODYS}, "phoneNumberId"),
        ("UploadMedia", {}, "fileId"),
        ("UploadMedia", {"fileId": "a", "url": "https://a.example/b.png"}, "fileId"),
        ("UploadMedia", {"url": "ftp://a.example/b.png"}, "url"),
        ("UploadMedia", {"fileId": "a", "ttlMinutes": 0}, "ttlMinutes"),
        ("ListPhoneNumbers", {"businessAccountId": "x"}, "businessAccountId"),
        ("ListPhoneNumbers", OTHERS, "businessAccountId"),
        ("ListBusinessAccounts", {"name": "Lucky Shrub"}, "name"),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_changed(
    live: Live, component: str, wrong: dict[str, Any], field: str
) -> None:
    fields = COMPONENTS[f"appmixer.whatsapp.{component}"].Input.model_fields
    number = {"phoneNumberId": NUMBER} if "phone_number_id" in fields else {}

    assert await live.refusal(component, **{**number, **wrong}) == field
    assert {each.method for each in live.requests} <= {"GET"}


async def test_every_dropdown_of_a_template_can_be_chosen_from(live: Live) -> None:
    choices = choices_of(COMPONENTS["appmixer.whatsapp.SendTemplate"].Input)
    chosen: dict[str, Any] = {}
    offered: list[Option] = []
    for field, wanted in {
        "businessAccountId": WABA,
        "phoneNumberId": NUMBER,
        "templateName": "hello_world",
        "languageCode": "en_US",
    }.items():
        options = await choices[field].first(live.context, chosen)
        offered += [each for each in options if each.value == wanted]
        chosen[field] = wanted

    assert [(each.label, each.badge) for each in offered] == [
        ("Lucky Shrub", ""),
        ("+1 555-078-3881 Lucky Shrub", "not registered"),
        ("hello_world", ""),
        ("en_US", ""),
    ]
