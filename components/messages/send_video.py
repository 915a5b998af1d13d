"""A video, with a text below it, inside the customer service window."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.ledgers.proven_numbers import SenderNumber
from ...plugin.media.references import Caption, Media, filled, media_object
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class SendVideo(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/video-messages"""

    label = "Send Video Message"
    description = "Sends a video to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("Film", "Clip", "Media")
    shows = (("video", "video"), ("caption", "text"))

    class Input(FreeFormInput):
        video: Media = Field(
            title="Video",
            description="MP4 or 3GP of up to 16 MB, with H.264 and AAC.",
            examples=[{"mediaId": "731675419373506"}],
        )
        caption: Caption = None

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        async def body(sender: SenderNumber) -> dict[str, Json]:
            video = await media_object(context, sender, input.video, "video", field="video")
            return {"type": "video", "video": {**video, **filled(caption=input.caption)}}

        return await send_message(context, input, body)
