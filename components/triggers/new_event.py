"""New Event: starts a run for whatever Meta tells, as it came, also what no other trigger knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from appmixer.engine.contract import Fields, JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import read_time
from ...plugin.foreign_json.shapes import as_object, as_text
from ...plugin.triggers.filters import ONLY_WHEN
from ...plugin.triggers.listening import ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.outputs import IsTest, read_place, samples_of
from ...plugin.triggers.samples import OTHER_EVENTS

FIELD_PATTERN = r"^[a-z][a-z0-9_]{1,99}$"
# What an event may hold, by the name of what it is.
KINDS = ("message", "status", "echo", "error", "userAction", "userPreference", "value")
# What comes in the field `messages` goes by several topics.
EVENTS_OF = {"messages": ("messages", "statuses", "error", "userAction")}


class RawEvent(Fields):
    """Something that Meta told."""

    field: str = Field(
        title="Webhook Field",
        description="The field of Meta's webhooks that it came in.",
        examples=["group_participants_update"],
    )
    kind: str = Field(
        description="message, status, echo, error, userAction or userPreference for one item of a "
        "list; value for all that came.",
        examples=["value"],
    )
    value: Any = Field(description="It as Meta sent it.", examples=[{"groups": []}])
    waba_id: str | None = Field(
        title="WABA ID",
        description="The WhatsApp Business Account.",
        examples=["102290129340398"],
    )
    phone_number_id: str | None = Field(
        title="Phone Number ID",
        description="Your number that it is about, if it is about one.",
        examples=["106540352242922"],
    )
    display_phone_number: str | None = Field(
        description="That number as people see it.", examples=["15550783881"]
    )
    time: datetime | None = Field(
        description="When it was, if Meta says so.", examples=["2026-09-21T14:13:20Z"]
    )
    is_test: IsTest
    raw: dict[str, Any] = Field(
        description="All that is known of it: beside the value what stood around it, such as the "
        "contact.",
        examples=[{"field": "group_participants_update", "value": {"groups": []}}],
    )


def read_event(event: JsonObject) -> RawEvent:
    kind = next((each for each in KINDS if each in event), "value")
    value = event.get(kind)
    stamp = as_object(value).get("timestamp")
    return RawEvent(
        field=as_text(event.get("field")),
        kind=kind,
        value=value,
        **read_place(event),
        time=read_time(stamp) or read_time(event.get("entryTime")),
        raw=dict(event),
    )


class NewEvent(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview"""

    label = "New Event"
    description = "Starts a run for every event of the webhook fields that you choose, as it came."
    keywords = ("Webhook", "Raw", "Any Event", "Call", "Group", "History")
    reports_own_effects = True
    port = "event"
    events = ("messages", "statuses", "account")

    class Input(ListeningInput):
        fields: list[Annotated[str, StringConstraints(pattern=FIELD_PATTERN)]] = Field(
            default_factory=list[str],
            title="Webhook Fields",
            description="Meta's names of them, such as calls, history or flows, to which the Meta "
            "app has to be subscribed. Leave it empty for all that come but standby.",
            max_length=50,
            examples=[["calls", "group_participants_update"]],
            json_schema_extra={"x-hint": "a name in lower case, such as calls", **ONLY_WHEN},
        )

    Output = RawEvent
    samples = samples_of(read_event, OTHER_EVENTS)

    def wanted(self, properties: Input) -> Sequence[str]:
        named = [event for each in properties.fields for event in EVENTS_OF.get(each, (each,))]
        return list(dict.fromkeys(named)) or self.events

    async def receive(self, context: TriggerContext, event: JsonObject) -> RawEvent | None:
        properties: NewEvent.Input = context.properties
        chosen = not properties.fields or event.get("field") in properties.fields
        return read_event(event) if chosen and is_for(properties, event) else None
