"""New Message: starts a run for every message that a person sends."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.media.fetching import FetchMedia, fetched
from ...plugin.triggers.filters import MessageFilters, MessageType, MessageTypes
from ...plugin.triggers.listening import IncludeStandby, ListeningTrigger
from ...plugin.triggers.message_parts import VOICE
from ...plugin.triggers.message_reading import read_message
from ...plugin.triggers.messages import Message
from ...plugin.triggers.outputs import samples_of
from ...plugin.triggers.samples import MESSAGE_EVENTS


class NewMessage(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages"""

    label = "New Message"
    description = "Starts a run for every message that a person sends to one of your numbers."
    keywords = ("Receive", "Incoming", "Inbound", "Reply", "Button Click")
    port = "message"
    events = ("messages", "standby")

    class Input(MessageFilters):
        message_types: MessageTypes = Field(default_factory=list[MessageType])
        include_standby: IncludeStandby = False
        fetch_media: FetchMedia = False

    Output = Message
    samples = samples_of(read_message, MESSAGE_EVENTS)

    def wanted(self, properties: Input) -> Sequence[str]:
        return self.events if properties.include_standby else self.events[:1]

    async def receive(self, context: TriggerContext, event: JsonObject) -> Message | None:
        properties: NewMessage.Input = context.properties
        message = read_message(event)
        if message is None or not properties.wants(event):
            return None
        wanted: list[str] = list(properties.message_types)
        # A flow that wants sounds wants voice messages, whichever way they are announced.
        kind = "audio" if message.type == VOICE else message.type
        if wanted and kind not in wanted:
            return None
        if properties.fetch_media and (media := message.media) is not None:
            found = await fetched(context, media.id, name=media.file_name or "")
            media.file_id, media.error = found.file_id, found.error
        return message
