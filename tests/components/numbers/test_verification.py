"""Proving a number to be one's own, and giving it another PIN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appmixer.engine.contract import OutcomeUnknownError, RejectedError

from ..live import CONNECTOR, NUMBER, Live, documented

pytestmark = pytest.mark.anyio

UNVERIFIED = "106540352242923"
DONE = {"success": True, "phoneNumberId": UNVERIFIED}


def posted(live: Live) -> list[tuple[str, dict[str, Any]]]:
    """What was asked of Meta that changes something: the end of the path, and the body."""
    return [
        (each.url.path.rpartition("/")[2], json.loads(each.content))
        for each in live.requests
        if each.method != "GET"
    ]


async def test_a_number_is_proven_by_the_code_that_was_sent_to_it(live: Live) -> None:
    requested = await live.run(
        "RequestVerificationCode", phoneNumberId=UNVERIFIED, codeMethod="SMS", language="en_US"
    )
    live.context.step_id = "run-1:verify"
    verified = await live.run("VerifyCode", phoneNumberId=UNVERIFIED, code="123830")
    number = await live.run("GetPhoneNumber", phoneNumberId=UNVERIFIED)

    assert (requested.model_dump(), verified.model_dump()) == (DONE, DONE)
    assert number.code_verification_status == "VERIFIED"
    assert posted(live) == [
        ("request_code", documented("request_code")),
        ("verify_code", documented("verify_code")),
    ]


async def test_a_code_is_sent_as_a_text_in_english_unless_told_otherwise(live: Live) -> None:
    await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)

    assert posted(live) == [("request_code", {"code_method": "SMS", "language": "en_US"})]


@pytest.mark.parametrize("written", ["123-830", "123 830"])
async def test_a_code_may_be_written_as_meta_shows_it(live: Live, written: str) -> None:
    await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)
    live.context.step_id = "run-1:verify"

    await live.run("VerifyCode", phoneNumberId=UNVERIFIED, code=written)

    assert posted(live)[-1] == ("verify_code", {"code": "123830"})


@pytest.mark.parametrize(
    ("component", "wrong", "field"),
    [
        ("RequestVerificationCode", {"codeMethod": "EMAIL"}, "codeMethod"),
        ("RequestVerificationCode", {"language": "English"}, "language"),
        ("RequestVerificationCode", {"phoneNumberId": "no id"}, "phoneNumberId"),
        ("VerifyCode", {"code": "12383"}, "code"),
        ("VerifyCode", {"code": "12383O"}, "code"),
        ("VerifyCode", {}, "code"),
        ("SetTwoStepPin", {"pin": "12345"}, "pin"),
        ("SetTwoStepPin", {"pin": "1234567"}, "pin"),
        ("SetTwoStepPin", {"pin": "12345a"}, "pin"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_meta_is_asked(
    live: Live, component: str, wrong: dict[str, Any], field: str
) -> None:
    refused = await live.refusal(component, **{"phoneNumberId": UNVERIFIED, **wrong})

    assert refused == field
    assert posted(live) == []


async def test_a_wrong_code_is_told_without_the_code(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("VerifyCode", phoneNumberId=UNVERIFIED, code="999111")

    assert caught.value.code == 136025
    assert "999111" not in str(caught.value) + repr(live.context.log.lines)


async def test_no_second_code_is_sent_when_a_crash_has_cut_the_first_attempt_short(
    live: Live,
) -> None:
    await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)
    live.context.attempt = "attempt-2"

    with pytest.raises(OutcomeUnknownError):
        await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)

    assert len(posted(live)) == 1


async def test_a_crash_before_the_request_has_left_does_not_keep_the_code_back(live: Live) -> None:
    await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)
    live.context.attempt, live.context.not_acted = "attempt-2", {"attempt-1"}

    await live.run("RequestVerificationCode", phoneNumberId=UNVERIFIED)

    assert len(posted(live)) == 2


async def test_what_meta_has_refused_may_be_tried_again(live: Live) -> None:
    with pytest.raises(RejectedError):
        await live.run("RequestVerificationCode", phoneNumberId=NUMBER)
    live.context.attempt = "attempt-2"

    with pytest.raises(RejectedError) as caught:
        await live.run("RequestVerificationCode", phoneNumberId=NUMBER)

    assert caught.value.code == 136024
    assert live.context.acted == ["attempt-1", "attempt-2"]


async def test_a_pin_is_set_and_from_then_on_the_one_that_registers(live: Live) -> None:
    output = await live.run("SetTwoStepPin", phoneNumberId=NUMBER, pin="739154")
    with pytest.raises(RejectedError) as caught:
        await live.run("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="000000")
    registered = await live.run("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="739154")

    assert output.model_dump() == {"success": True, "phoneNumberId": NUMBER}
    assert caught.value.code == 133005
    assert registered.success
    assert posted(live)[0] == (NUMBER, {"pin": "739154"})


@pytest.mark.parametrize(("component", "field"), [("VerifyCode", "code"), ("SetTwoStepPin", "pin")])
async def test_codes_and_pins_are_secret_in_forms_records_and_reprs(
    component: str, field: str
) -> None:
    model = CONNECTOR.components()[f"appmixer.whatsapp.{component}"].Input
    given = model.model_validate({"phoneNumberId": NUMBER, field: "739154"})

    assert model.model_json_schema()["properties"][field]["writeOnly"] is True
    assert "739154" not in repr(given)
