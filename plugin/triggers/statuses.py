"""What Meta reports of a message that was sent, as outputs have it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import JsonObject

from ..foreign_json.meta_fields import At, Flag, IdOrNone, MetaFields, Moment, Object, Text, Word
from ..foreign_json.shapes import as_object, as_text
from ..graph.callback_data import unpack
from ..people.identity import recipient_of
from .outputs import Contact, IsTest, ReportedError, read_contact, read_errors, read_place

DeliveryStatus = Literal["sent", "delivered", "read", "played", "failed"]


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
