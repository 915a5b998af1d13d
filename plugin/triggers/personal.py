"""What outputs about one person's message or choice share, beside what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field

from appmixer.engine.contract import JsonObject

from ..foreign_json.meta_fields import At, MetaFields, Moment, Text, Word
from ..people.identity import Person, answer_to
from .outputs import Contact, IsTest, Raw, read_contact, read_place


class Personal(MetaFields):
    """Something that a person did; the other fields are those of Meta's object."""

    reply_to: str | None = Field(
        description="What to fill in as the recipient of an answer: the person's number or user "
        "id, or the group.",
        examples=["+16505551234"],
    )
    phone_number_id: str | None = Field(
        title="Phone Number ID",
        description="Your number: answer from this one.",
        examples=["106540352242922"],
    )
    display_phone_number: str | None = Field(
        description="Your number as people see it.", examples=["15550783881"]
    )
    waba_id: str | None = Field(
        title="WABA ID",
        description="The WhatsApp Business Account of it.",
        examples=["102290129340398"],
    )
    contact: Contact = Field(title="Contact", description="The person.")
    time: Annotated[Moment, At("timestamp")] = Field(
        description="When it was.", examples=["2026-09-21T14:13:20Z"]
    )
    is_test: IsTest
    raw: Raw


class PersonalMessage(Personal):
    """A message of one kind."""

    id: Text = Field(
        title="Message ID",
        description="Meta's id (wamid) of the message.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="],
    )
    quoted_message_id: Annotated[Word, At("context.id")] = Field(
        title="Quoted Message ID",
        description="The message of yours that it answers.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA"],
    )


P = TypeVar("P", bound=Personal)


def read_personal(
    model: type[P], event: JsonObject, item: Mapping[str, Any], person: Person, **ours: Any
) -> P:
    """Read an object of Meta's about a person."""
    shared = dict[str, Any](
        reply_to=answer_to(item, person)[0],
        **read_place(event),
        contact=read_contact(person),
        raw=dict(item),
    )
    return model.from_meta(item, **shared | ours)
