"""How an order is called by the business, in its details and in every news about it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
ReferenceId = Annotated[
    str,
    Field(
        title="Order Reference",
        description="Your own id of the order, up to 35 letters, digits, dashes, dots and "
        "underscores. Its status names it again, and payments do.",
        pattern=r"^[A-Za-z0-9_.\-]{1,35}$",
        examples=["ref-860198"],
        json_schema_extra={"x-hint": "up to 35 letters, digits, -, . and _"},
    ),
]
