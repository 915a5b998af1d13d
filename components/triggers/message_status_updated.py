"""Message Status Updated: starts a run when Meta tells what became of a message you sent."""

from __future__ import annotations

from pydantic import Field, JsonValue

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.triggers.filters import ONLY_WHEN, People, is_one_of
from ...plugin.triggers.listening import IncludeStandby, ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.outputs import samples_of
from ...plugin.triggers.samples import STATUS_EVENTS
from ...plugin.triggers.statuses import DeliveryStatus, StatusUpdate, read_status

UNLESS_FAILED: dict[str, JsonValue] = {
    "x-widget": "select",
    "x-when": {"onlyFailed": [False]},
    **ONLY_WHEN,
}


class MessageStatusUpdated(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status"""

    label = "Message Status Updated"
    description = (
        "Starts a run when a message you sent is reported as sent, delivered, read, played or "
        "failed."
    )
    keywords = ("Delivered", "Delivery Report", "Read Receipt", "Failed")
    reports_own_effects = True
    events = ("statuses", "standby")
    port = "status"

    class Input(ListeningInput):
        only_failed: bool = Field(
            default=False,
            title="Only Failures",
            description="Messages that never arrive, and why.",
            examples=[False],
            json_schema_extra={"x-widget": "toggle", **ONLY_WHEN},
        )
        statuses: list[DeliveryStatus] = Field(
            default_factory=list[DeliveryStatus],
            description="Only these statuses; leave it empty for all.",
            examples=[["delivered", "read", "failed"]],
            json_schema_extra=UNLESS_FAILED,
        )
        people: People = Field(default_factory=list[str])
        reference: str = Field(
            default="",
            title="Only References That Begin With",
            description="The start of what the send was given as your reference; empty for all.",
            max_length=512,
            examples=["order:"],
            json_schema_extra=ONLY_WHEN,
        )
        only_this_flow: bool = Field(
            default=False,
            title="Only Messages of This Flow",
            description="What other flows, other apps or people send is left out.",
            examples=[False],
            json_schema_extra={"x-widget": "toggle", **ONLY_WHEN},
        )
        include_standby: IncludeStandby = False

    Output = StatusUpdate
    samples = samples_of(read_status, STATUS_EVENTS)

    async def receive(self, context: TriggerContext, event: JsonObject) -> StatusUpdate | None:
        properties: MessageStatusUpdated.Input = context.properties
        status = read_status(event) if is_for(properties, event) else None
        if status is None:
            return None
        wanted: list[str] = ["failed"] if properties.only_failed else list(properties.statuses)
        if wanted and status.status not in wanted:
            return None
        if not (status.opaque_data or "").startswith(properties.reference):
            return None
        if properties.people and not is_one_of(properties.people, status.contact):
            return None
        if properties.only_this_flow:
            sender = status.idempotency_key
            return status if sender and await context.is_of_this_flow(sender) else None
        return status
