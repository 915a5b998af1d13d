"""Send Flow: a text with a button that opens a form of yours inside WhatsApp."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.flows import FlowAction, FlowInput, SentFlow, token_for, told
from ...plugin.interactive.frame import send_interactive
from ...plugin.interactive.previews import HEADER


class SendFlow(FlowAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/sendingaflow"""

    label = "Send Flow Message"
    description = "Sends a text with a button that opens a WhatsApp Flow, a form to fill in."
    keywords = ("Form", "Survey", "Booking", "Screens")
    shows = (*HEADER, ("text", "text"), ("footer", "footer"), ("buttonText", "button"))

    class Input(FlowInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentFlow | Wait:
        token = token_for(context, input)
        return told(await send_interactive(context, input, "flow", input.asked(token)), token)
