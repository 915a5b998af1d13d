"""Whom a message is for: a phone number in E.164, a business-scoped user id (BSUID), a group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

import phonenumbers

from appmixer.engine.contract import JsonObject, RejectedError

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/reference
GROUP_ID = re.compile(r"[A-Za-z0-9+/=_.\-]{10,150}")
PHONE_DIGITS = re.compile(r"\+?[0-9]{4,20}")
MAX_E164_DIGITS = 15
DECORATION = re.compile(r"[\s().\-\u2010-\u2015\u00a0\u200e\u200f\u202a-\u202e]")


RecipientType: TypeAlias = Literal["individual", "group"]


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


def read_recipient(
    text: str, *, type: RecipientType = "individual", field: str = "to"
) -> Recipient:
    """Return the recipient, or raise RejectedError with the field and what to write instead."""
    trimmed = text.strip()
    if type == "group":
        return _group(trimmed, field)
    if BSUID.fullmatch(trimmed):
        return Recipient(trimmed, (trimmed,), is_bsuid=True)
    return _phone(trimmed, field)


def _group(text: str, field: str) -> Recipient:
    if not GROUP_ID.fullmatch(text) or text.lstrip("+").isdecimal():
        raise RejectedError(
            "The group cannot be used",
            "This is no id of a group.",
            "Take the group id of a message that was written in it, or send to an individual.",
            field,
        )
    return Recipient(text, (text,), type="group")


def _phone(text: str, field: str) -> Recipient:
    number = _parse(text, field)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise _refusal(
            f"It is too short for a number of country code +{number.country_code}", field
        )
    # Of the long ones only what E.164 itself forbids is refused: Meta hands out Mexican numbers
    # with a 1 after the country code, which numbering plans no longer know.
    if len(e164) > MAX_E164_DIGITS + 1:
        raise _refusal(f"A phone number has at most {MAX_E164_DIGITS} digits", field)
    return Recipient(e164, _wa_ids(e164.removeprefix("+")))


def _parse(text: str, field: str) -> phonenumbers.PhoneNumber:
    digits = DECORATION.sub("", text)
    if not re.fullmatch(r"\+?[0-9]{4,20}", digits):
        raise _refusal("It is neither a phone number nor a user id", field)
    try:
        # A WhatsApp id, as triggers give it, is the international number without its plus.
        return phonenumbers.parse("+" + digits.removeprefix("+").removeprefix("00"))
    except phonenumbers.NumberParseException:
        raise _refusal("It does not begin with the code of a country", field) from None


def _wa_ids(digits: str) -> tuple[str, ...]:
    """Return the WhatsApp ids that a number may go by: Meta rewrites Mexican and Brazilian ones."""
    mexican = re.fullmatch(r"52(1?)([0-9]{10})", digits)
    if mexican:
        return (f"52{mexican[2]}", f"521{mexican[2]}")
    brazilian = re.fullmatch(r"55([0-9]{2})(9?)([0-9]{8})", digits)
    if brazilian:
        return (f"55{brazilian[1]}{brazilian[3]}", f"55{brazilian[1]}9{brazilian[3]}")
    return (digits,)


def _refusal(cause: str, field: str) -> RejectedError:
    return RejectedError(
        "The recipient cannot be used",
        f"{cause}.",
        "Write the phone number with + and its country code, such as +420777123456, "
        "or a user id such as US.13491208655302741918.",
        field,
    )


def check_form(text: str, type: RecipientType) -> None:
    """Raise RejectedError for what can be nobody's number or id, whatever the account."""
    trimmed = text.strip()
    if type == "group":
        _group(trimmed, "to")
    elif not BSUID.fullmatch(trimmed) and not PHONE_DIGITS.fullmatch(DECORATION.sub("", trimmed)):
        raise _refusal("It is neither a phone number nor a user id", "to")
