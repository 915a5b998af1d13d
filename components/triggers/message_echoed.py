"""Message Echoed: starts a run when a colleague writes to a person from the phone app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import At
from ...plugin.foreign_json.shapes import as_object
from ...plugin.people.identity import Person, number_in, recipient_of
from ...plugin.triggers.filters import MessageType, MessageTypes, People, is_of_type, is_one_of
from ...plugin.triggers.listening import IncludeStandby, ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.message_reading import read_as
from ...plugin.triggers.messages import Message
from ...plugin.triggers.outputs import Contact, samples_of
from ...plugin.triggers.samples import ECHO_EVENTS

RECEIVERS = ("to_user_id", "to_parent_user_id")


def _number(value: object) -> str | None:
    return number_in(value)


class Echo(Message):
    """A message of the business that was not sent through this app. All else is as in a message."""

    from_: Annotated[str | None, At("from"), BeforeValidator(_number)] = Field(
        validation_alias="from",
        serialization_alias="from",
        description="Your number in digits.",
        examples=["15550783881"],
    )
    to: Annotated[str | None, At("to"), BeforeValidator(_number)] = Field(
        description="The person's phone number in digits; null when the person hides it.",
        examples=["16505551234"],
    )
    contact: Contact = Field(title="Contact", description="The person it was written to.")


def read_echo(event: JsonObject) -> Echo | None:
    """Turn an event of the plugin into the output; None when it holds no echo."""
    echo = as_object(event.get("echo"))
    if not echo:
        return None
    # In standby the message stands inside, as the app has sent it.
    sent = as_object(echo.get("message") if event.get("field") == "standby" else None)
    message = {**sent, **echo}
    if message.get("recipient_type") == "group":
        message["group_id"] = message.get("to")
    person = _receiver(message, as_object(event.get("contact")))
    return read_as(Echo, event, message, person, raw=dict(echo))


def _receiver(message: Mapping[str, Any], contact: Mapping[str, Any]) -> Person:
    named = {f"recipient{key[2:]}": message[key] for key in RECEIVERS if key in message}
    return recipient_of({**named, "recipient_id": message.get("to")}, contact)


class MessageEchoed(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes"""

    label = "Message Echoed"
    description = "Starts a run when somebody of the business writes to a person in the phone app."
    keywords = ("Human Takeover", "Handover", "Agent", "Coexistence", "Phone App", "Pause Bot")
    port = "message"
    events = ("smb_message_echoes", "standby")

    class Input(ListeningInput):
        message_types: MessageTypes = Field(default_factory=list[MessageType])
        people: People = Field(default_factory=list[str])
        include_standby: IncludeStandby = False

    Output = Echo
    samples = samples_of(read_echo, ECHO_EVENTS)

    async def receive(self, context: TriggerContext, event: JsonObject) -> Echo | None:
        properties: MessageEchoed.Input = context.properties
        echo = read_echo(event)
        if echo is None or not is_for(properties, event):
            return None
        if not is_of_type(properties.message_types, echo):
            return None
        people = properties.people
        return echo if not people or is_one_of(people, echo.contact) else None
