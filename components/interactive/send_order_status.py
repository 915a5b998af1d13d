"""Send Order Status: news about an order that was sent to be paid."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.orders.statuses import OrderStatusInput
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import SentMessage


class SendOrderStatus(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orders"""

    label = "Send Order Status Message"
    description = "Tells a person how an order stands that you sent them (India, Brazil)."
    group = "Interactive"
    keywords = ("Payment", "Shipping", "Tracking", "Order update")
    shows = (("text", "text"), ("description", "text"))
    Input = OrderStatusInput

    async def receive(self, context: ActionContext, input: OrderStatusInput) -> SentMessage | Wait:
        return await send_message(context, input, input.message)
