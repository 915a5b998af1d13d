"""The sender has to be one of the account's own numbers, whatever a flow names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    Action,
    Event,
    RejectedError,
    ThrottledError,
    choices_of,
    load_connectors,
)
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext, StandInAccount
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.components.numbers.list_phone_numbers import ListPhoneNumbers
from appmixer.whatsapp.components.templates.list_templates import ListTemplates
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

from ..needed import right_input

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

GRAPH = "https://graph.facebook.com/v25.0"
WABA, NUMBER, SHOWN = "102290129340398", "106540352242922", "+1 555-078-3881"
SECOND_WABA, SECOND_NUMBER = "2002", "3003"
FOREIGN = "206540352242922"
COMPONENTS = load_connectors()["appmixer:whatsapp"].components()
NAMING_A_SENDER = [
    name
    for name, component in COMPONENTS.items()
    if issubclass(component, Action)
    and "phoneNumberId" in component.Input.model_json_schema()["properties"]
]


def meta_lists(
    respx_mock: respx.MockRouter, first: list[Any], second: list[Any] | None = None
) -> respx.Route:
    respx_mock.get(f"{GRAPH}/{SECOND_WABA}/phone_numbers").respond(json={"data": second or []})
    return respx_mock.get(f"{GRAPH}/{WABA}/phone_numbers").respond(json={"data": first})


async def use(context: RecordingContext, name: str, **fields: Any) -> Any:
    context.files.keep("a.pdf", "application/pdf", b"%PDF-1.7")
    component = COMPONENTS[name]()
    assert isinstance(component, Action)
    given = {**right_input(name, component.Input.model_json_schema()), **fields}
    return await component.receive(context, component.Input.model_validate(given))


def text(number: str = NUMBER, **fields: Any) -> TextInput:
    given = {"phoneNumberId": number, "to": "+16505551234", "text": "Hi", **fields}
    return TextInput.model_validate(given)


def accepted(respx_mock: respx.MockRouter, number: str = NUMBER) -> respx.Route:
    answer = {"messages": [{"id": "wamid.1"}]}
    return respx_mock.post(f"{GRAPH}/{number}/messages").respond(json=answer)


@pytest.mark.parametrize("name", NAMING_A_SENDER)
async def test_a_number_of_somebody_else_is_refused_like_one_that_does_not_exist(
    newcomer: RecordingContext, respx_mock: respx.MockRouter, requests: Requests, name: str
) -> None:
    meta_lists(respx_mock, [{"id": NUMBER}])

    with pytest.raises(RejectedError) as caught:
        await use(newcomer, name, phoneNumberId=FOREIGN)

    assert str(caught.value) == (
        f"phoneNumberId: There is no sender number {FOREIGN}. The account 'acme' has none of this "
        "id. Choose a sender phone number from the list, or the account that owns it."
    )
    assert {request.method for request in requests()} == {"GET"}
    assert newcomer.quota.taken == []
    assert await newcomer.store.scan("send:") == {}


@pytest.mark.parametrize("name", NAMING_A_SENDER)
async def test_a_business_account_that_is_named_narrows_the_senders_to_its_own(
    context: RecordingContext, respx_mock: respx.MockRouter, name: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await use(context, name, phoneNumberId=NUMBER, businessAccountId=SECOND_WABA)

    assert caught.value.field == "phoneNumberId"
    assert caught.value.title == (
        f"Number {NUMBER} is not in WhatsApp Business Account {SECOND_WABA}"
    )
    assert caught.value.cause == f"It belongs to WhatsApp Business Account {WABA}."
    assert not respx_mock.calls


@pytest.mark.parametrize("name", NAMING_A_SENDER)
async def test_a_business_account_of_somebody_else_is_refused_like_one_that_does_not_exist(
    context: RecordingContext, respx_mock: respx.MockRouter, name: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await use(context, name, phoneNumberId=NUMBER, businessAccountId="203390129340398")

    assert caught.value.field == "businessAccountId"
    assert caught.value.title == "There is no WhatsApp Business Account 203390129340398"
    assert not respx_mock.calls


@pytest.mark.parametrize("component", [ListPhoneNumbers, ListTemplates])
async def test_a_list_of_somebody_elses_business_account_is_refused_in_the_same_way(
    context: RecordingContext, respx_mock: respx.MockRouter, component: type[Action]
) -> None:
    given = component.Input.model_validate({"businessAccountId": "203390129340398"})

    with pytest.raises(RejectedError) as caught:
        await component().receive(context, given)

    assert caught.value.title == "There is no WhatsApp Business Account 203390129340398"
    assert not respx_mock.calls


async def test_the_dropdown_of_somebody_elses_business_account_is_refused_in_the_same_way(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    with pytest.raises(RejectedError) as caught:
        await choices_of(SendText.Input)["phoneNumberId"].first(
            context, {"businessAccountId": "999"}
        )

    assert caught.value.title == "There is no WhatsApp Business Account 999"
    assert not respx_mock.calls


async def test_a_sender_of_the_business_account_that_is_named_sends(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    accepted(respx_mock, SECOND_NUMBER)

    sent = await SendText().receive(context, text(SECOND_NUMBER, businessAccountId=SECOND_WABA))

    assert isinstance(sent, SentMessage)


async def test_nobody_learns_when_a_person_wrote_to_a_number_of_somebody_else(
    newcomer: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    meta_lists(respx_mock, [{"id": NUMBER}])
    message = {"from": "16505551234", "type": "text", "timestamp": str(START_OF_TIME - 90000)[:10]}
    await plugin.before_routing(
        [Event("in", "message", {"phoneNumberId": FOREIGN, "message": message})]
    )

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(newcomer, text(FOREIGN))

    assert caught.value.field == "phoneNumberId"
    assert "24-hour" not in str(caught.value)


async def test_the_status_of_another_business_account_says_nothing_of_a_step_here(
    context: RecordingContext, plugin: WhatsApp, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{GRAPH}/{NUMBER}/messages").mock(side_effect=httpx.ReadTimeout("slow"))
    wait = await SendText().receive(context, text())
    status = {
        "id": "wamid.FOREIGN",
        "status": "sent",
        "biz_opaque_callback_data": "appmixer.step=run-1:reply",
    }
    await plugin.before_routing(
        [Event("s", "status", {"wabaId": "203390129340398", "status": status})]
    )

    assert await SendText().receive(context, text()) == wait


@pytest.mark.parametrize("written", [SHOWN, "15550783881", "+15550783881", " +1 (555) 078 3881"])
async def test_a_phone_number_in_the_place_of_its_id_is_answered_with_the_id(
    context: RecordingContext, respx_mock: respx.MockRouter, written: str
) -> None:
    meta_lists(respx_mock, [{"id": NUMBER, "display_phone_number": SHOWN}])

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text(written))

    assert str(caught.value) == (
        "phoneNumberId: This is the phone number of a sender, not its id. Meta knows "
        f"{SHOWN} by the id {NUMBER}. Fill in {NUMBER}, or choose the number from the list."
    )


async def test_the_numbers_are_listed_once_in_an_hour(
    newcomer: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    listed = meta_lists(respx_mock, [{"id": NUMBER}])
    accepted(respx_mock)
    for step in ("a", "b", "c"):
        newcomer.step_id = step
        await SendText().receive(newcomer, text())
    before = listed.call_count

    newcomer.host.clock.advance(3601)
    newcomer.step_id = "d"
    await SendText().receive(newcomer, text())

    assert (before, listed.call_count) == (1, 2)


async def test_another_process_need_not_list_them_again(
    newcomer: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    listed = meta_lists(respx_mock, [{"id": NUMBER}])
    accepted(respx_mock)
    await SendText().receive(newcomer, text())
    plugin = WhatsApp(newcomer.host)
    other = replace(newcomer, plugin=plugin, step_id="run-2:reply")

    await SendText().receive(other, text())

    assert listed.call_count == 1


async def test_a_number_that_was_added_since_is_found(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_lists(respx_mock, [{"id": NUMBER}, {"id": "777"}])
    accepted(respx_mock, "777")

    assert isinstance(await SendText().receive(context, text("777")), SentMessage)


async def test_what_one_account_has_proven_proves_nothing_for_another(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    other_waba = "203390129340398"
    respx_mock.get(f"{GRAPH}/{other_waba}/phone_numbers").respond(json={"data": [{"id": FOREIGN}]})
    account = StandInAccount("account-2", "other", {"businessAccountId": other_waba})
    other = replace(context, connected=account)

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(other, text(NUMBER))

    assert caught.value.title == f"There is no sender number {NUMBER}"


async def test_a_business_account_that_was_taken_away_takes_its_numbers_along(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    assert context.connected is not None
    context.connected.profile = {"businessAccountId": WABA, "wabaIds": [WABA]}

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(context, text(SECOND_NUMBER))

    assert caught.value.title == f"There is no sender number {SECOND_NUMBER}"


async def test_while_meta_is_too_busy_to_list_the_numbers_the_last_list_counts(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    busy = {"error": {"message": "(#80007) Rate limit issues", "code": 80007}}
    listed = respx_mock.get(url__regex=f".*/{WABA}/phone_numbers").respond(400, json=busy)
    respx_mock.get(url__regex=f".*/{SECOND_WABA}/phone_numbers").respond(json={"data": []})
    accepted(respx_mock)
    context.host.clock.advance(3601)

    sent = await SendText().receive(context, text())
    asked = listed.call_count
    context.step_id = "run-2:reply"
    await SendText().receive(context, text())
    assert listed.call_count == asked
    context.host.clock.advance(24 * 3600)
    context.step_id = "run-3:reply"
    with pytest.raises(ThrottledError):
        await SendText().receive(context, text())

    assert isinstance(sent, SentMessage)


async def test_a_list_that_meta_refuses_is_told_by_its_reason(
    newcomer: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    no = {"error": {"message": "(#200) no permission", "code": 200}}
    respx_mock.get(url__regex=".*/phone_numbers").respond(403, json=no)

    with pytest.raises(RejectedError) as caught:
        await SendText().receive(newcomer, text())

    assert caught.value.code == 200
    assert "whatsapp_business_management" in caught.value.cure
