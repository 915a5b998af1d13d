"""Message Status Updated: starts a run when Meta tells what became of a message you sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, JsonValue

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import (
    At,
    Flag,
    IdOrNone,
    MetaFields,
    Moment,
    Object,
    Text,
    Word,
)
from ...plugin.foreign_json.shapes import as_object, as_text
from ...plugin.graph.callback_data import unpack
from ...plugin.people.identity import recipient_of
from ...plugin.triggers.filters import ONLY_WHEN, People, is_one_of
from ...plugin.triggers.listening import IncludeStandby, ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.outputs import (
    Contact,
    IsTest,
    ReportedError,
    read_contact,
    read_errors,
    read_place,
)
from .samples import STATUS_EVENTS

DeliveryStatus = Literal["sent", "delivered", "read", "played", "failed"]

UNLESS_FAILED: dict[str, JsonValue] = {
    "x-widget": "select",
    "x-when": {"onlyFailed": [False]},
    **ONLY_WHEN,
}


def _type(value: object) -> str:
    return as_text(value) or "message"


class Pricing(MetaFields):
    """What the message costs, as far as Meta tells."""

    model: Annotated[Word, At("pricing_model")] = Field(
        description="PMP for a price per message; CBP before July 2025.", examples=["PMP"]
    )
    type: Word = Field(
        description="regular when it is charged, else why it is free.", examples=["regular"]
    )
    category: Word = Field(description="By which price.", examples=["utility"])
    is_billable: Annotated[Flag, At("billable")] = Field(
        description="Whether it is charged; Meta wants to drop this in favour of the type.",
        examples=[True],
    )


class StatusUpdate(MetaFields):
    """A change of a message that you sent."""

    id: Text = Field(
        title="Message ID",
        description="The id that the send returned.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"],
    )
    recipient_id: Word = Field(
        title="Recipient ID",
        description="The person's number in digits, or the group; null when it is hidden.",
        examples=["16505551234"],
    )
    status: Text = Field(
        description="sent: left Meta. delivered: on the phone. read: opened. played: a voice "
        "message was heard. failed: never arrives, see the errors.",
        examples=["delivered"],
    )
    timestamp: IdOrNone = Field(
        description="When it changed, in seconds since 1970, as Meta writes it.",
        examples=["1790000002"],
    )
    time: Annotated[Moment, At("timestamp")] = Field(
        description="When it changed.", examples=["2026-09-21T14:13:22Z"]
    )
    errors: list[ReportedError] = Field(
        description="Why it failed: what it means and what to do.", examples=[[]]
    )
    conversation: Object = Field(
        description="The conversation, as Meta describes it; mostly absent since v24.0.",
        examples=[{"id": "6ceb9d929c9bdc4f90e967a32f8639b4"}],
    )
    pricing: Pricing | None = Field(description="What it costs, if Meta says so here.")
    opaque_data: str | None = Field(
        title="Your Reference",
        description="What you gave the send as your reference.",
        examples=["order:860198"],
    )
    idempotency_key: str | None = Field(
        description="The key of the step that sent it, if it was sent here.",
        examples=["run-1:reply"],
    )
    waba_id: str | None = Field(
        title="WABA ID",
        description="The WhatsApp Business Account it was sent from.",
        examples=["102290129340398"],
    )
    phone_number_id: str | None = Field(
        title="Phone Number ID",
        description="The number it was sent from.",
        examples=["106540352242922"],
    )
    display_phone_number: str | None = Field(
        description="That number as people see it.", examples=["15550783881"]
    )
    contact: Contact = Field(title="Contact", description="The person it was sent to.")
    type: Annotated[str, BeforeValidator(_type)] = Field(
        description="message, or payment for the state of a payment.", examples=["message"]
    )
    payment: Object = Field(
        description="The payment, as Meta describes it.",
        examples=[{"reference_id": "ref-860198"}],
    )
    is_test: IsTest
    beside: Object = Field(
        description="What else Meta told with it.", examples=[{"new_field": "new value"}]
    )
    raw: dict[str, Any] = Field(
        description="The status as Meta sent it.", examples=[{"status": "delivered"}]
    )


def read_status(event: JsonObject) -> StatusUpdate | None:
    """Turn an event of the plugin into the output; None when it holds no status."""
    status = as_object(event.get("status"))
    if not status:
        return None
    opaque = as_text(status.get("biz_opaque_callback_data"))
    key, reference = unpack(opaque) if opaque else (None, None)
    pricing = as_object(status.get("pricing"))
    return StatusUpdate.from_meta(
        status,
        errors=read_errors(status.get("errors"), has_failed=status.get("status") == "failed"),
        pricing=Pricing.from_meta(pricing) if pricing else None,
        opaque_data=reference,
        idempotency_key=key,
        **read_place(event),
        contact=read_contact(recipient_of(status, as_object(event.get("contact")))),
        beside=event.get("beside"),
        raw=dict(status),
    )


def _samples() -> dict[str, JsonObject]:
    statuses = {name: read_status(event) for name, event in STATUS_EVENTS.items()}
    return {name: each.model_dump(mode="json") for name, each in statuses.items() if each}


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
    samples: ClassVar[Mapping[str, JsonObject]] = _samples()

    def wanted(self, properties: Input) -> Sequence[str]:
        return self.events if properties.include_standby else self.events[:1]

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
