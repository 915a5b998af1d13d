"""Request Contact Information: a text with a button by which the person shares the phone number."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import FooterInput, InteractiveAction, send_interactive
from ...plugin.sending.messages import SentMessage


class RequestContact(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids"""

    label = "Request Contact Information"
    description = (
        "Asks a person who is known by user id alone to share the phone number with one tap."
    )
    keywords = ("Phone Number", "Contact Info", "Username", "BSUID")
    shows = (("text", "text"), ("footer", "footer"))

    class Input(FooterInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action = {"name": "request_contact_info"}
        return await send_interactive(context, input, "request_contact_info", action)
