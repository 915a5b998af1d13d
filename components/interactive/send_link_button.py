"""Send Link Button: a text with a button that opens a web page."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.interactive.headers import HeaderInput
from ...plugin.interactive.links import WebAddress, link_button
from ...plugin.interactive.previews import HEADER
from ...plugin.interactive.replies import ButtonText
from ...plugin.sending.messages import SentMessage


class SendLinkButton(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-cta-url-messages"""

    label = "Send Link Button Message"
    description = "Sends a text with a button that opens a web page."
    keywords = ("CTA", "Call to Action", "URL Button", "Website")
    shows = (*HEADER, ("text", "text"), ("footer", "footer"), ("buttonText", "button"))

    class Input(HeaderInput):
        button_text: ButtonText
        url: WebAddress

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action = link_button(input.button_text, input.url)
        return await send_interactive(context, input, "cta_url", action)
