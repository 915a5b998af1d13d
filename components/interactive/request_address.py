"""Request Address: a text with a button by which the person fills in an address."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.addresses import AddressInput
from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.sending.messages import SentMessage


class RequestAddress(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/address-messages"""

    label = "Request Address"
    description = "Asks a person in India or Singapore to fill in a delivery address."
    keywords = ("Delivery", "Shipping", "Address Message", "Form")
    shows = (("headerText", "title"), ("text", "text"), ("footer", "footer"))

    class Input(AddressInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        return await send_interactive(context, input, "address_message", input.asked)
