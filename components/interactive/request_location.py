"""Request Location: a text with a button by which the person shares a place."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, TextInput, send_interactive
from ...plugin.sending.messages import SentMessage


class RequestLocation(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/location-request-messages"""

    label = "Request Location"
    description = "Asks the person to share a place with one tap."
    keywords = ("Location Request", "Address", "Map", "Where")
    shows = (("text", "text"),)

    class Input(TextInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action = {"name": "send_location"}
        return await send_interactive(context, input, "location_request_message", action)
