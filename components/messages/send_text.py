"""Free text inside the customer service window, which a message of the person opens."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
MAX_TEXT_CHARS = 4096


class SendText(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages"""

    label = "Send Text Message"
    description = "Sends free text to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("Reply", "Answer", "Chat")
    shows = (("text", "text"),)

    class Input(FreeFormInput):
        text: str = Field(
            title="Message Text",
            description="What the person reads. WhatsApp's marks for *bold* and _italic_ work.",
            min_length=1,
            max_length=MAX_TEXT_CHARS,
            examples=["Thanks, we are on it."],
            json_schema_extra={"x-widget": "textarea"},
        )
        preview_url: bool = Field(
            default=False,
            title="Preview First Link",
            description="Shows a preview of the first link, which must be a whole http(s) URL.",
            examples=[True],
            json_schema_extra={"x-widget": "toggle"},
        )

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        return await send_message(
            context,
            input,
            {"type": "text", "text": {"body": input.text, "preview_url": input.preview_url}},
        )
