"""Send Flow: a text with a button that opens a form of yours inside WhatsApp."""

from __future__ import annotations

from functools import partial

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.flows import (
    FlowAction,
    FlowInput,
    kept_with,
    token_for,
    with_token,
)
from ...plugin.interactive.frame import send_interactive
from ...plugin.interactive.previews import HEADER
from ...plugin.sending.messages import SentMessage


class SendFlow(FlowAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/sendingaflow"""

    label = "Send Flow Message"
    description = "Sends a text with a button that opens a WhatsApp Flow, a form to fill in."
    keywords = ("Form", "Survey", "Booking", "Screens")
    shows = (*HEADER, ("text", "text"), ("footer", "footer"), ("buttonText", "button"))

    class Input(FlowInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        token = token_for(context, input)
        as_output = partial(with_token, token=token)
        asked = input.asked(token)
        sent = await send_interactive(context, input, "flow", asked, as_output=as_output)
        return kept_with(sent, token)
