"""Numbers and phone numbers as people write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..budget import Budget
from .dates import FORMATTING, locale_of
from .kinds import Kind, Unfit, one_of

MAX_DECIMALS = 10
# Longer texts are no phone numbers, and the library says so without looking at them.
MAX_PHONE_CHARS = 250
# What is known of a country is read when it is first used.
PHONE, PHONE_CHAR = 200_000, 3_000
PHONE_STYLE = one_of("style", ["e164", "international", "national"])


def _decimals(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DECIMALS:
        raise Unfit(f"has to be a whole number from 0 to {MAX_DECIMALS}")
    return value


def _region(value: Any) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if not isinstance(value, str) or value not in SUPPORTED_REGIONS:
        raise Unfit("has to be the two capital letters of a country, such as CZ or US")
    return value


DECIMALS = Kind("number of decimals", _decimals)
REGION = Kind("country", _region)


def format_number(
    budget: Budget, number: float, language: str = "en", decimals: int | None = None
) -> str:
    """Write it with so many decimals; without, with up to three as the language does."""
    from babel.numbers import format_decimal

    budget.charge(FORMATTING)
    pattern = None if decimals is None else "#,##0" + "." * bool(decimals) + "0" * decimals
    # By its digits as they are shown: 1.005 is no 1.00499999999999989… to anybody.
    exact = Decimal(repr(number))
    return format_decimal(exact, pattern, locale_of(budget, language))


def phone(budget: Budget, text: str, region: str | None = None, style: str = "e164") -> str:
    from phonenumbers import PhoneNumberFormat, format_number

    forms = {
        "e164": PhoneNumberFormat.E164,
        "international": PhoneNumberFormat.INTERNATIONAL,
        "national": PhoneNumberFormat.NATIONAL,
    }
    return str(format_number(_parsed(budget, text, region), forms[style]))


def phone_country(budget: Budget, text: str, region: str | None = None) -> str | None:
    from phonenumbers import region_code_for_number

    found = region_code_for_number(_parsed(budget, text, region))
    return None if found is None or not found.isalpha() else str(found)


def _parsed(budget: Budget, text: str, region: str | None) -> Any:
    from phonenumbers import NumberParseException, is_possible_number, parse

    budget.charge(PHONE + min(len(text), MAX_PHONE_CHARS) * PHONE_CHAR)
    try:
        number = parse(text, region)
    except NumberParseException:
        number = None
    if number is None or not is_possible_number(number):
        raise Unfit(
            "the text is no phone number; give one with + and country code, or name the country"
            " whose number it is"
        )
    return number
