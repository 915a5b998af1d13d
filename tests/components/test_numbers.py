"""The components about sender numbers, through `receive`, with Graph replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pydantic import ValidationError

from appmixer.engine.contract import (
    JsonObject,
    NothingToChooseError,
    Option,
    OutcomeUnknownError,
    RejectedError,
    choices_of,
)
from appmixer.engine.contract.testing import RecordingContext, StandInAccount
from appmixer.whatsapp.components.numbers.deregister_phone_number import DeregisterPhoneNumber
from appmixer.whatsapp.components.numbers.ensure_registered import EnsureRegistered
from appmixer.whatsapp.components.numbers.get_phone_number import GetPhoneNumber
from appmixer.whatsapp.components.numbers.get_registration_status import GetRegistrationStatus
from appmixer.whatsapp.components.numbers.list_phone_numbers import ListPhoneNumbers
from appmixer.whatsapp.components.numbers.register_phone_number import RegisterPhoneNumber
from appmixer.whatsapp.plugin.fields.definitions import NumberInput, RegistrationInput

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[1] / "data" / "responses"
GRAPH = "https://graph.facebook.com/v25.0"
NUMBER = f"{GRAPH}/106540352242922"
INPUT = NumberInput(phone_number_id="106540352242922")
REGISTERED = {"id": "106540352242922", "platform_type": "CLOUD_API"}
ADDED = {"id": "106540352242922", "platform_type": "NOT_APPLICABLE"}
WRONG_PIN = {
    "error": {
        "message": "(#133005) Two step verification PIN Mismatch",
        "code": 133005,
        "error_data": {"details": "Security PIN mismatch 123456"},
    }
}


def answer(name: str) -> Any:
    return json.loads((RESPONSES / f"{name}.json").read_text("utf-8"))


async def test_lists_the_numbers_of_all_pages(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    numbers = f"{GRAPH}/102290129340398/phone_numbers"
    first = {
        "data": [{"id": "1", "platform_type": "CLOUD_API"}],
        "paging": {"cursors": {"after": "A"}, "next": f"{numbers}?after=A"},
    }
    second = {"data": [{"id": "2"}], "paging": {"cursors": {"after": "B"}}}
    respx_mock.get(numbers, params={"after": "A"}).respond(json=second)
    respx_mock.get(numbers).respond(json=first)

    output = await ListPhoneNumbers().receive(context, ListPhoneNumbers.Input())

    assert output.waba_id == "102290129340398"
    assert [(each.id, each.is_registered) for each in output.phone_numbers] == [
        ("1", True),
        ("2", False),
    ]
    assert output.count == 2


async def test_lists_the_numbers_of_the_account_that_is_named(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{GRAPH}/2002/phone_numbers").respond(json={"data": []})

    output = await ListPhoneNumbers().receive(
        context, ListPhoneNumbers.Input(business_account_id="2002")
    )

    assert (output.waba_id, output.phone_numbers, output.count) == ("2002", [], 0)


async def test_an_account_without_a_waba_is_told_so(context: RecordingContext) -> None:
    assert context.connected is not None
    context.connected.profile = {}

    with pytest.raises(RejectedError) as caught:
        await ListPhoneNumbers().receive(context, ListPhoneNumbers.Input())

    assert caught.value.field == "businessAccountId"


async def test_gets_a_number_as_meta_describes_it(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(NUMBER).respond(json=answer("phone_number.get.fields"))

    number = await GetPhoneNumber().receive(context, INPUT)

    assert number.model_dump(mode="json") == GetPhoneNumber.samples["registered"]


@pytest.mark.parametrize(
    ("node", "registered", "verified"),
    [
        ({**REGISTERED, "code_verification_status": "EXPIRED"}, True, False),
        ({**ADDED, "code_verification_status": "VERIFIED"}, False, True),
        ({"id": "106540352242922"}, False, False),
    ],
)
async def test_registered_is_what_its_platform_says_and_nothing_else(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    node: dict[str, str],
    registered: bool,
    verified: bool,
) -> None:
    respx_mock.get(NUMBER).respond(json=node)

    status = await GetRegistrationStatus().receive(context, INPUT)

    assert (status.registered, status.code_verified) == (registered, verified)
    assert status.platform_type == node.get("platform_type")


async def test_registers_with_pin_and_region(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.post(f"{NUMBER}/register").respond(json={"success": True})

    output = await RegisterPhoneNumber().receive(
        context,
        RegistrationInput(
            phone_number_id="106540352242922", pin="123456", data_localization_region="DE"
        ),
    )

    assert output.model_dump() == {"success": True, "phoneNumberId": "106540352242922"}
    assert json.loads(requests()[0].content) == {
        "messaging_product": "whatsapp",
        "pin": "123456",
        "data_localization_region": "DE",
    }


@pytest.mark.parametrize("component", [RegisterPhoneNumber, EnsureRegistered])
async def test_a_wrong_pin_is_tried_once_and_told_without_the_pin(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    component: type[RegisterPhoneNumber] | type[EnsureRegistered],
) -> None:
    respx_mock.get(NUMBER).respond(json=ADDED)
    route = respx_mock.post(f"{NUMBER}/register").respond(400, json=WRONG_PIN)

    given: Any = component.Input(phone_number_id="106540352242922", pin="123456")

    with pytest.raises(RejectedError) as caught:
        await component().receive(context, given)

    assert caught.value.code == 133005
    assert "123456" not in str(caught.value) + repr(context.log.lines)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "12345a", "", "\uff11\uff12\uff13\uff14\uff15\uff16", "123456\n"]
)
async def test_a_pin_has_six_digits(pin: str) -> None:
    with pytest.raises(ValidationError):
        RegistrationInput(phone_number_id="106540352242922", pin=pin)


async def test_the_pin_is_in_no_repr() -> None:
    given = RegistrationInput(phone_number_id="106540352242922", pin="987654")

    assert "987654" not in repr(given)


async def test_a_registration_without_an_answer_is_not_repeated(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(f"{NUMBER}/register").mock(side_effect=httpx.ReadTimeout("slow"))

    with pytest.raises(OutcomeUnknownError):
        await RegisterPhoneNumber().receive(
            context, RegistrationInput(phone_number_id="106540352242922", pin="123456")
        )

    assert route.call_count == 1


async def test_ensuring_registers_a_number_that_was_only_added(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(NUMBER).mock(
        side_effect=[httpx.Response(200, json=ADDED), httpx.Response(200, json=REGISTERED)]
    )
    respx_mock.post(f"{NUMBER}/register").respond(json={"success": True})

    output = await EnsureRegistered().receive(
        context, RegistrationInput(phone_number_id="106540352242922", pin="000000")
    )

    assert output.model_dump() == {
        "registered": True,
        "wasAlreadyRegistered": False,
        "phoneNumberId": "106540352242922",
        "displayPhoneNumber": None,
        "platformType": "CLOUD_API",
    }


async def test_ensuring_leaves_a_registered_number_alone(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(NUMBER).respond(json=REGISTERED)

    output = await EnsureRegistered().receive(
        context, RegistrationInput(phone_number_id="106540352242922", pin="000000")
    )

    assert (output.registered, output.was_already_registered) == (True, True)
    assert len(respx_mock.calls) == 1


async def test_deregisters_a_number(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{NUMBER}/deregister").respond(json={"success": True})

    output = await DeregisterPhoneNumber().receive(context, INPUT)

    assert output.model_dump() == {"success": True, "phoneNumberId": "106540352242922"}


CHOICES = choices_of(GetPhoneNumber.Input)


async def test_the_dropdown_offers_the_numbers_of_the_chosen_account_and_how_they_stand(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    [usual, unregistered] = answer("phone_numbers.list")["data"]
    banned = {**usual, "status": "BANNED"}
    poor = {**usual, "quality_rating": "RED"}
    respx_mock.get(f"{GRAPH}/2002/phone_numbers").respond(
        json={"data": [usual, unregistered, banned, poor]}
    )

    options = await CHOICES["phoneNumberId"].first(context, {"businessAccountId": "2002"})

    id, label = "106540352242922", "+1 555-078-3881 Lucky Shrub"
    assert options == [
        Option(id, label),
        Option(
            "106540352242923",
            "+1 555-078-3882 Lucky Shrub Support",
            "It cannot send before it is registered for the Cloud API.",
            badge="not registered",
            state="advice",
        ),
        Option(id, label, badge="banned", state="fault"),
        Option(id, label, badge="quality red", state="advice"),
    ]


async def test_the_dropdown_of_accounts_offers_the_shared_ones_also_one_that_cannot_be_read(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{GRAPH}/102290129340398").respond(json={"name": "Lucky Shrub"})
    gone = {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
    respx_mock.get(f"{GRAPH}/2002").respond(400, json=gone)

    options = await CHOICES["businessAccountId"].first(context, {})

    assert [(each.value, each.label, each.badge, each.state) for each in options] == [
        ("102290129340398", "Lucky Shrub", "", "fine"),
        ("2002", "2002", "not readable", "fault"),
    ]


@pytest.mark.parametrize(
    ("field", "profile", "said", "about"),
    [
        (
            "businessAccountId",
            {},
            "This account shares no WhatsApp Business Account",
            "account",
        ),
        (
            "phoneNumberId",
            {"wabaIds": ["2002"]},
            "Choose the WhatsApp Business Account first",
            "businessAccountId",
        ),
        (
            "phoneNumberId",
            {"businessAccountId": "2002", "wabaIds": ["2002"]},
            "WhatsApp Business Account 2002 has no phone number",
            "businessAccountId",
        ),
    ],
)
async def test_a_dropdown_without_choices_says_what_to_do_first(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    field: str,
    profile: JsonObject,
    said: str,
    about: str,
) -> None:
    respx_mock.get(f"{GRAPH}/2002/phone_numbers").respond(json={"data": []})
    context.connected = StandInAccount(profile=profile)

    with pytest.raises(NothingToChooseError) as caught:
        await CHOICES[field].first(context, {})

    assert (caught.value.title, caught.value.field) == (said, about)
