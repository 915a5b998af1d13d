"""Send Order Details: an order that the person reviews and pays in the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from appmixer.engine.contract import ActionContext, Json, Part, Wait

from ...plugin.orders.details import OrderDetailsInput, bubble_of
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import SentMessage


class SendOrderDetails(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orders"""

    label = "Send Order Details Message"
    description = "Sends an order that the person reviews and pays in the chat (India, Brazil)."
    group = "Interactive"
    keywords = ("Payment", "Invoice", "Bill", "Pix", "UPI", "Checkout")
    Input = OrderDetailsInput

    def bubble(self, input: Mapping[str, Json]) -> Sequence[Part]:
        return bubble_of(input)

    async def receive(self, context: ActionContext, input: OrderDetailsInput) -> SentMessage | Wait:
        now = datetime.fromtimestamp(context.clock.now, UTC)
        return await send_message(context, input, input.message(now))
