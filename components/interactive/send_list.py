"""Send List: a text with a button that opens a list of up to ten rows to choose from."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, TextHeaderInput, send_interactive
from ...plugin.interactive.lists import ListBody, ListSections
from ...plugin.interactive.replies import ButtonText
from ...plugin.sending.messages import SentMessage


class SendList(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages"""

    label = "Send List Message"
    description = "Sends a text with a list of up to ten rows; a choice comes back by New Message."
    keywords = ("Menu", "Options", "Picker", "Sections", "Choice")
    shows = (
        ("headerText", "title"),
        ("text", "text"),
        ("footer", "footer"),
        ("buttonText", "button"),
        ("rows", "choice"),
    )

    class Input(TextHeaderInput):
        text: ListBody
        button_text: ButtonText
        sections: ListSections

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        sections = [each.asked for each in input.sections]
        action = {"button": input.button_text, "sections": sections}
        return await send_interactive(context, input, "list", action)
