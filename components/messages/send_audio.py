"""A sound or a voice message inside the customer service window."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.ledgers.proven_numbers import SenderNumber
from ...plugin.media.references import AsVoice, Media, Wanted, filled, media_object
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class SendAudio(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/audio-messages"""

    label = "Send Audio Message"
    description = (
        "Sends a sound or a voice message to a person who wrote to you within the last 24 hours."
    )
    group = "Messages"
    keywords = ("Voice Message", "Voice Note", "Sound", "Media")
    shows = (("audio", "audio"),)

    class Input(FreeFormInput):
        audio: Media = Field(
            title="Audio",
            description="AAC, AMR, MP3, M4A or OGG with Opus, of up to 16 MB.",
            examples=[{"mediaId": "1908647269898587"}],
        )
        voice: AsVoice = False

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        async def body(sender: SenderNumber) -> dict[str, Json]:
            kind: Wanted = "voice" if input.voice else "audio"
            audio = await media_object(context, sender, input.audio, kind, field="audio")
            return {"type": "audio", "audio": {**audio, **filled(voice=input.voice)}}

        return await send_message(context, input, body)
