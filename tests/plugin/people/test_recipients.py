"""Whom a message is for, by what was written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.whatsapp.plugin.people.recipients import (
    Recipient,
    RecipientType,
    read_recipient,
)

pytestmark = pytest.mark.anyio


GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"


async def read(
    written: str,
    *,
    type: RecipientType = "individual",
    region: str = "",
    heard: Sequence[str] = (),
) -> Recipient:
    async def has_heard(identities: Sequence[str]) -> bool:
        return any(each in heard for each in identities)

    return await read_recipient(written, has_heard=has_heard, type=type, region=region)


@pytest.mark.parametrize(
    ("written", "value", "identities"),
    [
        ("+16505551234", "+16505551234", ("16505551234",)),
        ("16505551234", "+16505551234", ("16505551234",)),
        ("+420 725 657 976", "+420725657976", ("420725657976",)),
        ("00420725657976", "+420725657976", ("420725657976",)),
        ("+44 (0)7911 123456", "+447911123456", ("447911123456",)),
        ("\u202a+1 650\u2011555\u20111234\u202c", "+16505551234", ("16505551234",)),
        ("+49 30/901820", "+4930901820", ("4930901820",)),
        ("tel:+1-650-555-1234", "+16505551234", ("16505551234",)),
        ("+15550783881", "+15550783881", ("15550783881",)),
        ("+525512345678", "+525512345678", ("525512345678", "5215512345678")),
        ("+5215512345678", "+5215512345678", ("525512345678", "5215512345678")),
        ("5215512345678", "+5215512345678", ("525512345678", "5215512345678")),
        ("+55 11 98765-4321", "+5511987654321", ("551187654321", "5511987654321")),
        ("551187654321", "+551187654321", ("551187654321", "5511987654321")),
        ("+54 11 2345 6789", "+541123456789", ("541123456789", "5491123456789")),
        ("5491123456789", "+5491123456789", ("541123456789", "5491123456789")),
        ("+22997123456", "+22997123456", ("22997123456", "2290197123456")),
        ("22997123456", "+22997123456", ("22997123456", "2290197123456")),
        ("+2290197123456", "+2290197123456", ("22997123456", "2290197123456")),
        ("+22501123456", "+22501123456", ("22501123456", "2250101123456")),
        ("22505123456", "+22505123456", ("22505123456", "2250505123456")),
        ("+22507123456", "+22507123456", ("22507123456", "2250707123456")),
        ("+2250707123456", "+2250707123456", ("22507123456", "2250707123456")),
    ],
)
async def test_a_phone_number_becomes_e164_however_it_is_written(
    written: str, value: str, identities: tuple[str, ...]
) -> None:
    recipient = await read(written)

    assert recipient.address == {"to": value}
    assert recipient.identities == identities


@pytest.mark.parametrize("bsuid", ["US.13491208655302741918", "US.ENT.11815799212886844830"])
async def test_a_user_id_is_addressed_as_such(bsuid: str) -> None:
    recipient = await read(f" {bsuid} ")

    assert recipient.address == {"recipient": bsuid}
    assert recipient.identities == (bsuid,)


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("", "neither a phone number nor a user id"),
        ("Sheena", "neither a phone number nor a user id"),
        ("us.123", "neither a phone number nor a user id"),
        ("725657976x", "neither a phone number nor a user id"),
        ("+0725657976", "does not begin with the code of a country"),
        ("+999123456789", "does not begin with the code of a country"),
        ("9975840786", "does not begin with the code of a country"),
        ("+1650555", "too short for a number of country code +1"),
        ("+165055512345", "too long for a number of country code +1"),
        ("+9812345678", "lacks the area code that belongs to a number of country code +98"),
        ("+16505551234567890", "at most 15 digits"),
        ("+1650555123\u0664", "neither a phone number nor a user id"),
        ("9812345678", "Without a + it would mean +9812345678"),
        ("8123456789", "Without a + it would mean +8123456789"),
        ("5512345678", "Without a + it would mean +5512345678"),
        ("(650) 555-1234", "Without a + it would mean +6505551234"),
        ("15550783881", "Without a + it would mean +15550783881"),
    ],
)
async def test_what_cannot_be_addressed_is_refused_with_the_way_to_write_it(
    written: str, cause: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await read(written)

    assert caught.value.field == "to"
    assert cause in caught.value.cause
    assert "+420777123456" in caught.value.cure


@pytest.mark.parametrize(
    ("written", "region", "value"),
    [
        ("(650) 555-1234", "US", "+16505551234"),
        ("0725 657 976", "RO", "+40725657976"),
        ("725657976", "cz", "+420725657976"),
        ("16505551234", "CZ", "+16505551234"),
        ("+16505551234", "CZ", "+16505551234"),
        ("420725657976", "CZ", "+420725657976"),
        ("22997123456", "CZ", "+22997123456"),
        ("0151/12345678", "DE", "+4915112345678"),
        ("011 44 7911 123456", "US", "+447911123456"),
        ("0011 44 7911 123456", "AU", "+447911123456"),
    ],
)
async def test_with_a_default_region_digits_that_are_valid_there_are_national(
    written: str, region: str, value: str
) -> None:
    assert (await read(written, region=region)).value == value


@pytest.mark.parametrize("type", ["individual", "group"])
async def test_the_id_of_a_group_is_one_whatever_type_is_said(type: RecipientType) -> None:
    recipient = await read(GROUP, type=type)

    assert (recipient.type, recipient.address, recipient.identities) == (
        "group",
        {"to": GROUP},
        (GROUP,),
    )


@pytest.mark.parametrize("written", ["+16505551234", "US.13491208655302741918", "short"])
async def test_what_names_a_person_is_no_group(written: str) -> None:
    with pytest.raises(RejectedError) as caught:
        await read(written, type="group")

    assert (caught.value.title, caught.value.field) == ("The group cannot be used", "to")


async def test_the_id_of_somebody_who_wrote_is_no_national_number() -> None:
    national = await read("306912345678", region="DE")
    known = await read("306912345678", region="DE", heard=["306912345678"])

    assert (national.value, known.value) == ("+49306912345678", "+306912345678")
