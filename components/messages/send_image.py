"""A picture, with a text below it, inside the customer service window."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.ledgers.proven_numbers import SenderNumber
from ...plugin.media.references import Caption, Media, filled, media_object
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class SendImage(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/image-messages"""

    label = "Send Image Message"
    description = "Sends a picture to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("Photo", "Picture", "Media")
    shows = (("image", "image"), ("caption", "text"))

    class Input(FreeFormInput):
        image: Media = Field(
            title="Image",
            description="JPEG or PNG of up to 5 MB.",
            examples=[{"link": "https://www.luckyshrub.example/img/1.jpg"}],
        )
        caption: Caption = None

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        async def body(sender: SenderNumber) -> dict[str, Json]:
            image = await media_object(context, sender, input.image, "image", field="image")
            return {"type": "image", "image": {**image, **filled(caption=input.caption)}}

        return await send_message(context, input, body)
