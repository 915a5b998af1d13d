"""Wait for Status: until a message that was sent elsewhere is delivered, is read or has failed."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, JsonObject, Wait

from ...plugin.sending.hearing import HearsStatuses
from ...plugin.sending.outcomes import OTHER_PORTS, PORTS_WHEN, ArrivedMessage
from ...plugin.sending.waiting import StatusInput, begin, go_on


class WaitForStatus(HearsStatuses):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status"""

    label = "Wait for Message Status"
    description = "Waits until a message you sent is delivered, is read or has failed."
    group = "Messages"
    keywords = ("Delivered", "Read Receipt", "Delivery Report", "Until")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "delivered"
    more_ports = OTHER_PORTS
    ports_when = PORTS_WHEN
    Input = StatusInput
    Output = ArrivedMessage

    async def receive(self, context: ActionContext, input: StatusInput) -> Wait | None:
        return await begin(context, input)

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Wait | None:
        return await go_on(context, state)
