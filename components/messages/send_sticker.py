"""A sticker inside the customer service window."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.ledgers.proven_numbers import SenderNumber
from ...plugin.media.references import Media, media_object
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class SendSticker(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/sticker-messages"""

    label = "Send Sticker Message"
    description = "Sends a sticker to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("Emoji", "Media")
    shows = (("sticker", "image"),)

    class Input(FreeFormInput):
        sticker: Media = Field(
            title="Sticker",
            description="WebP of 512 by 512 pixels: up to 100 KB, or 500 KB if it moves.",
            examples=[{"mediaId": "1108647269894321"}],
        )

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        async def body(sender: SenderNumber) -> dict[str, Json]:
            sticker = await media_object(context, sender, input.sticker, "sticker", field="sticker")
            return {"type": "sticker", "sticker": sticker}

        return await send_message(context, input, body)
