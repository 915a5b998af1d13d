"""Send Location: a place on the map, which opens in the person's own map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appmixer.engine.contract import ActionContext, Json, Part, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.locations import LocationInput, location_of, pin_of
from ...plugin.sending.messages import SentMessage


class SendLocation(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/location-messages"""

    label = "Send Location Message"
    description = "Sends a place on the map, with its name and address."
    group = "Messages"
    keywords = ("Map", "Address", "Directions", "Pin")
    Input = LocationInput

    def bubble(self, input: Mapping[str, Json]) -> Sequence[Part]:
        return pin_of(input)

    async def receive(self, context: ActionContext, input: LocationInput) -> SentMessage | Wait:
        content: dict[str, Json] = {"type": "location", "location": location_of(input)}
        return await send_message(context, input, content)
