"""New Message: starts a run for every message that a person sends."""

from __future__ import annotations

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.media.fetching import FetchMedia
from ...plugin.triggers.filters import MessageFilters
from ...plugin.triggers.listening import IncludeStandby, ListeningTrigger
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
        include_standby: IncludeStandby = False
        fetch_media: FetchMedia = False

    Output = Message
    samples = samples_of(read_message, MESSAGE_EVENTS)

    async def receive(self, context: TriggerContext, event: JsonObject) -> Message | None:
        properties: NewMessage.Input = context.properties
        message = read_message(event)
        if message is None or not properties.wants(event, message):
            return None
        if properties.fetch_media and message.media is not None:
            await message.media.fetch(context)
        return message
