"""Whom a message is for."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.whatsapp.plugin.recipients import read_recipient


@pytest.mark.parametrize(
    ("written", "value", "identities"),
    [
        ("+16505551234", "+16505551234", ("16505551234",)),
        ("16505551234", "+16505551234", ("16505551234",)),
        ("+420 725 657 976", "+420725657976", ("420725657976",)),
        ("00420725657976", "+420725657976", ("420725657976",)),
        ("+44 (0)7911 123456", "+447911123456", ("447911123456",)),
        ("\u202a+1 650\u2011555\u20111234\u202c", "+16505551234", ("16505551234",)),
        ("+15550783881", "+15550783881", ("15550783881",)),
        ("+525512345678", "+525512345678", ("525512345678", "5215512345678")),
        ("5215512345678", "+5215512345678", ("525512345678", "5215512345678")),
        ("+55 11 98765-4321", "+5511987654321", ("551187654321", "5511987654321")),
        ("551187654321", "+551187654321", ("551187654321", "5511987654321")),
    ],
)
def test_a_phone_number_becomes_e164_however_it_is_written(
    written: str, value: str, identities: tuple[str, ...]
) -> None:
    recipient = read_recipient(written)

    assert recipient.address == {"to": value}
    assert recipient.identities == identities


@pytest.mark.parametrize("bsuid", ["US.13491208655302741918", "US.ENT.11815799212886844830"])
def test_a_user_id_is_addressed_as_such(bsuid: str) -> None:
    recipient = read_recipient(f" {bsuid} ")

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
        ("+1650555", "too short for a number of country code +1"),
        ("+16505551234567890", "at most 15 digits"),
        ("+1650555123\u0664", "neither a phone number nor a user id"),
    ],
)
def test_what_cannot_be_addressed_is_refused_with_the_way_to_write_it(
    written: str, cause: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        read_recipient(written)

    assert caught.value.field == "to"
    assert cause in caught.value.cause
    assert "+420777123456" in caught.value.cure
