"""Whom a message is for: a phone number in E.164, a business-scoped user id (BSUID), a group."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import phonenumbers

from appmixer.engine.contract import JsonObject, RejectedError

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/reference
GROUP_ID = re.compile(r"[A-Za-z0-9+/=_.\-]{10,150}")
PHONE_DIGITS = re.compile(r"\+?[0-9]{4,20}")
MAX_E164_DIGITS = 15
# The ids that Meta gives to groups are Base64 and begin with "capi_group:"; seen in all examples.
GROUP_ID_START = "Y2FwaV9ncm91cD"
DECORATION = re.compile(r"^tel:|[\s()./\-\u2010-\u2015\u00a0\u200e\u200f\u202a-\u202e]")


RecipientType: TypeAlias = Literal["individual", "group"]
HasHeard: TypeAlias = Callable[[Sequence[str]], Awaitable[bool]]

# Numbers that go by two WhatsApp ids: with and without a digit that Meta adds or drops, and from
# before a country lengthened its numbers. An account keeps the id it was opened with.
FORMS: tuple[tuple[re.Pattern[str], tuple[str, str]], ...] = (
    # https://faq.whatsapp.com/1294841057948784 (Mexico, Argentina)
    (re.compile(r"52(1?)([0-9]{10})"), (r"52\2", r"521\2")),
    (re.compile(r"54(9?)([0-9]{10})"), (r"54\2", r"549\2")),
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
    (re.compile(r"55([0-9]{2})(9?)([0-9]{8})"), (r"55\1\3", r"55\g<1>9\3")),
    # https://www.itu.int/oth/T0202.aspx?parent=T0202 : Benin put 01 before its numbers in 2024, the
    # Ivory Coast put a code of the operator, which the second digit tells, before its own in 2021.
    (re.compile(r"229(01)?([0-9]{8})"), (r"229\2", r"22901\2")),
    (re.compile(r"225(01)?([04-9][0-3][0-9]{6})"), (r"225\2", r"22501\2")),
    (re.compile(r"225(05)?([04-9][4-6][0-9]{6})"), (r"225\2", r"22505\2")),
    (re.compile(r"225(07)?([04-9][7-9][0-9]{6})"), (r"225\2", r"22507\2")),
)


@dataclass(frozen=True)
class Recipient:
    """`value` is what Meta is told; `identities` are the names the ledgers may know them by."""

    value: str
    identities: tuple[str, ...]
    is_bsuid: bool = False
    type: RecipientType = "individual"

    @property
    def address(self) -> JsonObject:
        """The part of Meta's request that names the recipient."""
        return {"recipient": self.value} if self.is_bsuid else {"to": self.value}


async def read_recipient(
    text: str,
    *,
    has_heard: HasHeard,
    type: RecipientType = "individual",
    region: str = "",
    field: str = "to",
) -> Recipient:
    """Return the recipient, or raise RejectedError with the field and what to write instead.

    What can only be the id of a group is one, so that *Reply To* may be all that is filled in.
    `region` is the country, in two letters, of numbers without a country code; without it there are
    none. `has_heard` tells whether somebody by one of these WhatsApp ids has written lately: then
    there is such a number, whatever numbering plans say.
    """
    check_form(text, type, field)
    trimmed = text.strip()
    if _names_group(trimmed, type):
        return Recipient(trimmed, (trimmed,), type="group")
    if BSUID.fullmatch(trimmed):
        return Recipient(trimmed, (trimmed,), is_bsuid=True)
    digits, home = DECORATION.sub("", trimmed), region.upper()
    # Some countries dial abroad by 0011 or 000.
    is_code = digits.startswith("00") and _dialled(digits, home) is None
    if digits.startswith("+") or is_code:
        return await _with_country_code(
            digits.removeprefix("+").removeprefix("00"), has_heard, field
        )
    return await _bare(digits, home, has_heard, field)


def is_group_id(text: str) -> bool:
    if BSUID.fullmatch(text):
        return False
    return GROUP_ID.fullmatch(text) is not None and not text.lstrip("+").isdecimal()


def _names_group(text: str, type: RecipientType) -> bool:
    return type == "group" or (text.startswith(GROUP_ID_START) and is_group_id(text))


async def _with_country_code(digits: str, has_heard: HasHeard, field: str) -> Recipient:
    number, recipient, is_possible = _looked_up(digits, field)
    if is_possible or await has_heard(recipient.identities):
        return recipient
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT:
            fault = "It is too short for a number of"
        case phonenumbers.ValidationResult.TOO_LONG:
            fault = "It is too long for a number of"
        case phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            fault = "It lacks the area code that belongs to a number of"
        case _:
            fault = "It has not as many digits as a number of"
    raise _refusal(f"{fault} country code +{number.country_code}", field)


# The same people are written to again and again, and the plans of the world are large.
@lru_cache(maxsize=2_000)
def _looked_up(digits: str, field: str) -> tuple[phonenumbers.PhoneNumber, Recipient, bool]:
    """Return the number, its recipient, and whether one of its forms can be a number."""
    number = _parse(digits, field)
    recipient = _recipient(number, field)
    forms = [_parse(each, field) for each in recipient.identities]
    reasons = map(phonenumbers.is_possible_number_with_reason, forms)
    return number, recipient, phonenumbers.ValidationResult.IS_POSSIBLE in reasons


async def _bare(digits: str, region: str, has_heard: HasHeard, field: str) -> Recipient:
    """Read digits without a plus: a WhatsApp id, as triggers give it, or what people dial."""
    dialled, named, is_valid = _looked_up_bare(digits, region, field)
    if dialled is None and is_valid:
        return named
    # Whoever has written is answered, even where the digits are somebody's national number.
    if await has_heard(named.identities):
        return named
    if dialled is not None:
        return dialled
    raise _refusal(f"Without a + it would mean {named.value}, and there is no such number", field)


@lru_cache(maxsize=2_000)
def _looked_up_bare(
    digits: str, region: str, field: str
) -> tuple[Recipient | None, Recipient, bool]:
    """Return whom digits reach when they are dialled in the region, whom they name as a WhatsApp
    id, and whether one of its forms is a number; raise RejectedError when they are neither.

    What is no WhatsApp id names whom it reaches.
    """
    number = _dialled(digits, region)
    dialled = None if number is None else _recipient(number, field)
    try:
        named = _recipient(_parse(digits, field), field)
    except RejectedError:
        if dialled is None:
            raise
        named = dialled
    forms = [_parse(each, field) for each in named.identities]
    return dialled, named, any(map(phonenumbers.is_valid_number, forms))


def _dialled(digits: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Return whom the digits reach when they are dialled in the region, if there is such a number.

    That is a number of the region, or of any other behind the prefix for calls abroad.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        return None
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _parse(digits: str, field: str) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise _refusal("It does not begin with the code of a country", field) from None


def _recipient(number: phonenumbers.PhoneNumber, field: str) -> Recipient:
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(e164) > MAX_E164_DIGITS + 1:
        raise _refusal(f"A phone number has at most {MAX_E164_DIGITS} digits", field)
    return Recipient(e164, _wa_ids(e164.removeprefix("+")))


def _wa_ids(digits: str) -> tuple[str, ...]:
    """Return the WhatsApp ids that a number may go by."""
    matches = ((pattern.fullmatch(digits), ids) for pattern, ids in FORMS)
    found = next(((match, ids) for match, ids in matches if match is not None), None)
    return tuple(found[0].expand(each) for each in found[1]) if found is not None else (digits,)


def _refusal(cause: str, field: str) -> RejectedError:
    return RejectedError(
        "The recipient cannot be used",
        f"{cause}.",
        "Write the phone number with + and its country code, such as +420777123456, "
        "or a user id such as US.13491208655302741918.",
        field,
    )


@lru_cache(maxsize=2_000)
def check_form(text: str, type: RecipientType, field: str = "to") -> None:
    """Raise RejectedError for what can be nobody's number or id, whatever the account."""
    trimmed = text.strip()
    if _names_group(trimmed, type):
        if not is_group_id(trimmed):
            raise RejectedError(
                "The group cannot be used",
                "This is no id of a group.",
                "Take the group id of a message that was written in it, or send to an individual.",
                field,
            )
    elif not BSUID.fullmatch(trimmed) and not PHONE_DIGITS.fullmatch(DECORATION.sub("", trimmed)):
        raise _refusal("It is neither a phone number nor a user id", field)
