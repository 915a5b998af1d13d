"""Amounts as people write them, and in the hundredths that Meta counts in."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from appmixer.engine.contract import JsonObject, RejectedError

# Meta's payments are there in India and in Brazil; in both a hundred make one.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orders
Currency: TypeAlias = Literal["INR", "BRL"]
OFFSET = 100
MAX_AMOUNT = 10_000_000_000
# What stands between the thousands where the currency is used.
GROUP_MARKS = {"INR": ",", "BRL": "."}
SIGNS = re.compile(r"R\$|\u20b9|Rs\.?|INR|BRL|\s", re.IGNORECASE)
AMOUNT = re.compile(
    r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?P<mark>[.,])(?:[0-9]{2,3}(?P=mark))*[0-9]{3})"
    r"(?:(?P<point>[.,])(?P<cents>[0-9]{1,2}))?",
    re.ASCII,
)

Amount = Annotated[
    Annotated[float, Field(ge=0, le=MAX_AMOUNT)]
    | Annotated[str, Field(min_length=1, max_length=40, pattern="[0-9]")],
    Field(json_schema_extra={"x-hint": "an amount such as 1499.90"}),
]


def minor_units(written: float | str, currency: Currency, field: str) -> int:
    """Return the amount in hundredths, or raise RejectedError for the field.

    A point or comma before one or two last digits begins the hundredths. One before three digits
    is read as the currency's mark of thousands, or not at all.
    """
    found = _in_text(written, currency) if isinstance(written, str) else _in_number(written)
    if found is None or found > MAX_AMOUNT * OFFSET:
        raise RejectedError(
            "The amount cannot be read",
            f"{written} is no amount of {currency} with at most two decimals.",
            "Write it as 1499.90, with no more than a currency sign beside it.",
            field,
        )
    return found


def _in_number(written: float) -> int | None:
    units = Decimal(str(written)) * OFFSET
    return int(units) if units == int(units) else None


def _in_text(written: str, currency: Currency) -> int | None:
    match = AMOUNT.fullmatch(SIGNS.sub("", written))
    if match is None:
        return None
    mark, point = match["mark"], match["point"]
    if mark is not None and (mark == point or (point is None and mark != GROUP_MARKS[currency])):
        return None
    whole = re.sub("[.,]", "", match["whole"])
    return int(whole) * OFFSET + int((match["cents"] or "0").ljust(2, "0"))


def money(units: int) -> JsonObject:
    """Return the amount as Meta takes it."""
    return {"value": units, "offset": OFFSET}


def shown(units: int, currency: Currency) -> str:
    return f"{currency} {units // OFFSET}.{units % OFFSET:02}"
