"""An order to be paid: what it is asked for with, its sums, and what Meta is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Fields, Json, JsonObject, Part, RejectedError

from ..fields.texts import BodyText, FooterText
from ..foreign_json.shapes import as_objects, as_text
from ..sending.messages import FreeFormInput
from .money import Amount, Currency, minor_units, money, shown
from .payments import Payment, check_ways
from .references import ReferenceId

# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
MAX_ITEMS = 999
MAX_WORDS_CHARS = 60
MIN_LIFE = timedelta(seconds=300)
SUMS: dict[str, JsonValue] = {"x-group": "Sums"}
EXPIRY: dict[str, JsonValue] = {"x-group": "Expiry"}
Note = Annotated[str, Field(max_length=MAX_WORDS_CHARS)] | None


class OrderItem(Fields):
    """One line of an order."""

    name: str = Field(
        description="What it is.", min_length=1, max_length=MAX_WORDS_CHARS, examples=["Cake"]
    )
    quantity: int = Field(default=1, description="How many.", ge=1, le=10_000, examples=[2])
    price: Amount = Field(description="The price of one.", examples=["25.00"])
    sale_price: Amount | None = Field(
        None, description="The lower price that is paid for one.", examples=["19.90"]
    )
    retailer_id: str = Field(
        title="Item ID",
        description="Your id of it, such as that in the catalog.",
        min_length=1,
        max_length=100,
        examples=["SKU-1234567"],
    )

    def unit_price(self, currency: Currency) -> int:
        """Return what one costs in the end, in hundredths."""
        price = minor_units(self.price, currency, "items")
        if self.sale_price is None:
            return price
        sale_price = minor_units(self.sale_price, currency, "items")
        if sale_price >= price:
            raise RejectedError(
                "A sale price is lower than the price",
                f"{self.name} costs {shown(price, currency)}, in the sale "
                f"{shown(sale_price, currency)}.",
                "Correct one of the two, or leave the sale price empty.",
                "items",
            )
        return sale_price

    def told(self, currency: Currency) -> JsonObject:
        item: dict[str, Json] = {
            "retailer_id": self.retailer_id,
            "name": self.name,
            "amount": money(minor_units(self.price, currency, "items")),
            "quantity": self.quantity,
        }
        if self.sale_price is not None:
            item["sale_amount"] = money(self.unit_price(currency))
        return item


class OrderDetailsInput(FreeFormInput):
    """What an order is asked for with; subtotal and total are worked out."""

    text: BodyText = Field(examples=["Your order, ready to be paid."])
    footer: FooterText = None
    reference_id: ReferenceId
    goods: Literal["digital-goods", "physical-goods"] = Field(
        title="Kind of Goods",
        description="Whether something is shipped.",
        examples=["physical-goods"],
        json_schema_extra={"x-widget": "select"},
    )
    currency: Currency = Field(
        description="Orders can be paid in India and in Brazil.",
        examples=["BRL"],
        json_schema_extra={"x-widget": "select"},
    )
    items: list[OrderItem] = Field(
        [],
        description="What was ordered. In Brazil it may be left out, with a total alone.",
        max_length=MAX_ITEMS,
    )
    payments: list[Payment] = Field(
        [], title="Ways to Pay", description="How it can be paid.", max_length=10
    )
    tax: Amount | None = Field(
        None, description="Taxes.", examples=["4.50"], json_schema_extra=SUMS
    )
    tax_note: Note = Field(
        None, description="What the tax is.", examples=["GST"], json_schema_extra=SUMS
    )
    shipping: Amount | None = Field(
        None, description="What shipping costs.", examples=["10"], json_schema_extra=SUMS
    )
    shipping_note: Note = Field(
        None, description="How it is shipped.", examples=["Courier"], json_schema_extra=SUMS
    )
    discount: Amount | None = Field(
        None, description="What is taken off.", examples=["5"], json_schema_extra=SUMS
    )
    discount_note: Note = Field(
        None, description="What for.", examples=["Welcome back"], json_schema_extra=SUMS
    )
    total: Amount | None = Field(
        None,
        description="What is to be paid. With items it is worked out; filled in too, it has to be "
        "the same, or nothing is sent.",
        examples=["59.50"],
        json_schema_extra=SUMS,
    )
    expires_at: datetime | None = Field(
        None,
        description="Until when it can be paid, 5 minutes from now at least; without a time zone, "
        "in UTC.",
        examples=["2030-10-01T22:00:00Z"],
        json_schema_extra=EXPIRY,
    )
    expiry_note: Annotated[str, Field(max_length=120)] | None = Field(
        None,
        description="What the person reads once it has expired.",
        examples=["The order was cancelled."],
        json_schema_extra=EXPIRY,
    )

    @model_validator(mode="after")
    def _check_sums(self) -> Self:
        check_ways(self.payments, self.currency)
        self.total_units()
        return self

    def subtotal_units(self) -> int:
        return sum(each.unit_price(self.currency) * each.quantity for each in self.items)

    def total_units(self) -> int:
        """Return what is to be paid, in hundredths, or raise RejectedError if the sums differ."""
        given = self._units("total")
        if not self.items:
            return self._total_alone(given)
        parts = {name: self._units(name) or 0 for name in ("tax", "shipping", "discount")}
        total = self.subtotal_units() + parts["tax"] + parts["shipping"] - parts["discount"]
        if total < 0:
            raise RejectedError(
                "The discount is higher than the order",
                f"It would leave {shown(-total, self.currency)} to be paid back.",
                "Lower the discount.",
                "discount",
            )
        if given not in (None, total):
            raise RejectedError(
                "The total is not the sum of the order",
                f"Items, tax and shipping without the discount make {shown(total, self.currency)}, "
                f"and the total says {shown(given or 0, self.currency)}.",
                "Correct what is wrong, or leave the total empty.",
                "total",
            )
        return total

    def message(self, now: datetime) -> JsonObject:
        parameters: dict[str, Json] = {
            "reference_id": self.reference_id,
            "type": self.goods,
            "currency": self.currency,
            "total_amount": money(self.total_units()),
        }
        if self.currency == "BRL":
            parameters["payment_type"] = "br"
        if self.payments:
            parameters["payment_settings"] = [each.setting for each in self.payments]
        if self.items:
            parameters["order"] = self._order(now)
        interactive: dict[str, Json] = {"type": "order_details", "body": {"text": self.text}}
        if self.footer:
            interactive["footer"] = {"text": self.footer}
        interactive["action"] = {"name": "review_and_pay", "parameters": parameters}
        return {"type": "interactive", "interactive": interactive}

    def _order(self, now: datetime) -> JsonObject:
        order: dict[str, Json] = {
            "status": "pending",
            "items": [each.told(self.currency) for each in self.items],
            "subtotal": money(self.subtotal_units()),
            "tax": _noted(self._units("tax") or 0, self.tax_note),
        }
        for name, note in (("shipping", self.shipping_note), ("discount", self.discount_note)):
            units = self._units(name)
            if units is not None:
                order[name] = _noted(units, note)
        if self.expires_at is not None:
            order["expiration"] = self._expiration(self.expires_at, now)
        return order

    def _expiration(self, expires_at: datetime, now: datetime) -> JsonObject:
        moment = expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC)
        if moment < now + MIN_LIFE:
            raise RejectedError(
                "The order would expire too soon",
                f"It expires at {moment.isoformat()}, and Meta wants 5 minutes at least.",
                "Choose a later time, or leave it empty.",
                "expiresAt",
            )
        told: dict[str, Json] = {"timestamp": str(int(moment.timestamp()))}
        if self.expiry_note:
            told["description"] = self.expiry_note
        return told

    def _total_alone(self, given: int | None) -> int:
        left = ("tax", "shipping", "discount", "expires_at")
        odd = next((name for name in left if getattr(self, name) is not None), None)
        if given is not None and odd is None and self.currency == "BRL":
            return given
        raise RejectedError(
            "The order has no items",
            "Without items it has a total and nothing else, and only in Brazil.",
            "Fill in the items.",
            "items",
        )

    def _units(self, name: str) -> int | None:
        written = getattr(self, name)
        return None if written is None else minor_units(written, self.currency, name)


def _noted(units: int, note: str | None) -> JsonObject:
    return {**money(units), "description": note} if note else money(units)


def bubble_of(input: Mapping[str, Json]) -> list[Part]:
    """Return what is seen of the order that a form describes so far."""
    said, footer = as_text(input.get("text")), as_text(input.get("footer"))
    items = as_objects(input.get("items"))
    lines = [f"{each.get('quantity', 1)} \u00d7 {each.get('name', '')}" for each in items]
    return [
        *([Part("text", said)] if said else []),
        *(Part("text", line) for line in lines),
        *([Part("footer", footer)] if footer else []),
        Part("button", "Review and Pay"),
    ]
