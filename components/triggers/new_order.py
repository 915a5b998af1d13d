"""New Order: starts a run when a person sends the cart that they filled from your catalog."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import Fields, JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import At, Id, MetaFields, Text, Whole, Word
from ...plugin.foreign_json.shapes import as_object, as_objects
from ...plugin.people.identity import sender_of
from ...plugin.triggers.listening import ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.outputs import samples_of
from ...plugin.triggers.personal import PersonalMessage, read_personal
from ...plugin.triggers.samples import MESSAGE_EVENTS

# No shop asks more for one thing; what is beyond it is no price.
MAX_AMOUNT = Decimal(10) ** 15


def _amount(value: object) -> float | None:
    """Return a price, which Meta writes as a number and others as a text."""
    try:
        amount = Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
    if amount is None or not amount.is_finite() or abs(amount) > MAX_AMOUNT:
        return None
    return float(amount)


class OrderedItem(MetaFields):
    """A product that was ordered."""

    product_id: Annotated[Id, At("product_retailer_id")] = Field(
        title="Product ID", description="Its id in your catalog.", examples=["di9ozbzfi4"]
    )
    quantity: Whole = Field(description="How many of it.", examples=[2])
    price: Annotated[float | None, At("item_price"), BeforeValidator(_amount)] = Field(
        description="The price of one.", examples=[30]
    )
    currency: Text = Field(description="Of the price.", examples=["USD"])


class OrderTotal(Fields):
    """What all that was ordered in a currency costs together."""

    currency: str = Field(description="The currency.", examples=["USD"])
    amount: float = Field(description="The sum.", examples=[85])


def _items(value: object) -> list[OrderedItem]:
    return [OrderedItem.from_meta(each) for each in as_objects(value)]


class Order(PersonalMessage):
    """A cart that was sent."""

    catalog_id: Annotated[Id, At("order.catalog_id")] = Field(
        title="Catalog ID", description="The catalog.", examples=["194836987003835"]
    )
    text: Annotated[Word, At("order.text")] = Field(
        description="What was written with it.", examples=["Love these!"]
    )
    items: Annotated[list[OrderedItem], At("order.product_items"), BeforeValidator(_items)] = Field(
        description="What was ordered."
    )
    totals: list[OrderTotal] = Field(
        description="What it costs, for each currency: without tax and delivery, and of items "
        "alone whose price and quantity are told."
    )


def read_order(event: JsonObject) -> Order | None:
    """Turn an event into the output; None when it holds no order."""
    message = as_object(event.get("message"))
    if message.get("type") != "order":
        return None
    totals: dict[str, Decimal] = {}
    for each in _items(as_object(message.get("order")).get("product_items")):
        if each.price is not None and each.quantity is not None:
            cost = Decimal(str(each.price)) * each.quantity
            totals[each.currency] = totals.get(each.currency, Decimal(0)) + cost
    person = sender_of(message, as_object(event.get("contact")))
    sums = [OrderTotal(currency=each, amount=float(cost)) for each, cost in totals.items()]
    return read_personal(Order, event, message, person, totals=sums)


class NewOrder(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/order"""

    label = "New Order"
    description = "Starts a run when a person sends a cart with products of your catalog."
    keywords = ("Cart", "Catalog", "Shop", "Purchase")
    port = "order"
    events = ("messages",)
    Input = ListeningInput
    Output = Order
    samples = samples_of(read_order, {"order": MESSAGE_EVENTS["order"]})

    async def receive(self, context: TriggerContext, event: JsonObject) -> Order | None:
        return read_order(event) if is_for(context.properties, event) else None
