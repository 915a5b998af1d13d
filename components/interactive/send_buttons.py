"""Send Buttons: a text with one to three buttons that answer with their ids."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.interactive.headers import HeaderInput
from ...plugin.interactive.previews import HEADER
from ...plugin.interactive.replies import ReplyButtons, buttons_of
from ...plugin.sending.messages import SentMessage


class SendButtons(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages"""

    label = "Send Buttons Message"
    description = "Sends a text with one to three buttons; a tap comes back by New Message."
    keywords = ("Reply Buttons", "Quick Reply", "Menu", "Question", "Choice")
    shows = (*HEADER, ("text", "text"), ("footer", "footer"), ("buttons", "button"))

    class Input(HeaderInput):
        buttons: ReplyButtons

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action = {"buttons": buttons_of("reply", input.buttons)}
        return await send_interactive(context, input, "button", action)
