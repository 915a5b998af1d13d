"""Which messages a flow is for: the filters of triggers about what people write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from appmixer.engine.contract import JsonObject

from ..foreign_json.shapes import as_id, as_object, as_text
from ..people.identity import Person, sender_of
from ..people.recipients import FORMS
from .listening import ListeningInput, is_for
from .message_parts import VOICE
from .messages import Message
from .outputs import Contact
from .words import has_word, plain

ONLY_WHEN: dict[str, JsonValue] = {"x-group": "Only When"}
MAX_CHOSEN = 100
CAPTIONED = ("image", "video", "document")
# A phone number in international writing, or a user id.
PERSON_PATTERN = r"^\s*(\+?[0-9][0-9 ().\-]{2,30}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})\s*$"

People = Annotated[
    list[Annotated[str, StringConstraints(pattern=PERSON_PATTERN)]],
    Field(
        title="Only These People",
        description="Phone numbers with their country codes, or user ids; leave it empty for all.",
        max_length=MAX_CHOSEN,
        examples=[["+16505551234"]],
        json_schema_extra={
            "x-hint": "a phone number with its country code, or a user id",
            **ONLY_WHEN,
        },
    ),
]
MessageType = Literal[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "button",
    "order",
    "system",
    "edit",
    "revoke",
    "unsupported",
]
MessageTypes = Annotated[
    list[MessageType],
    Field(
        description="Only messages of these types; leave it empty for all, also future ones.",
        examples=[["text", "interactive", "button"]],
        json_schema_extra={"x-widget": "select", **ONLY_WHEN},
    ),
]
Texts = list[Annotated[str, StringConstraints(max_length=256, pattern=r"\S")]]
Chats = Literal["all", "people", "groups"]


class MessageFilters(ListeningInput):
    """What a message has to have to start a run."""

    people: People = Field(default_factory=list[str])
    keywords: Texts = Field(
        default_factory=list[str],
        title="Only With One of These Words",
        description="Words or emoji in the text, the caption or the tapped label, in any case, "
        "each by itself: stop is not in unstoppable.",
        max_length=MAX_CHOSEN,
        examples=[["stop", "unsubscribe"]],
        json_schema_extra=ONLY_WHEN,
    )
    reply_ids: Texts = Field(
        default_factory=list[str],
        title="Only These Buttons and List Rows",
        description="The ids of your buttons and list rows, or the payloads of a template's quick "
        "replies.",
        max_length=MAX_CHOSEN,
        examples=[["cancel-button"]],
        json_schema_extra=ONLY_WHEN,
    )
    from_ad: bool = Field(
        default=False,
        title="Only From an Ad or Post",
        description="The first message after a tap on one that leads to WhatsApp.",
        examples=[False],
        json_schema_extra={"x-widget": "toggle", **ONLY_WHEN},
    )
    chats: Chats = Field(
        default="all",
        title="Groups or Not",
        description="all; people: what is written to you alone; groups: what is written in groups.",
        examples=["people"],
        json_schema_extra={"x-widget": "select", **ONLY_WHEN},
    )
    message_types: MessageTypes = Field(default_factory=list[MessageType])

    def wants(self, event: JsonObject, read: Message) -> bool:
        """Say whether the message of an event, which was read already, was asked for."""
        if not is_of_type(self.message_types, read):
            return False
        message = as_object(event.get("message"))
        if not is_for(self, event) or (self.from_ad and not as_object(message.get("referral"))):
            return False
        if self.chats != "all" and bool(as_id(message.get("group_id"))) != (self.chats == "groups"):
            return False
        if self.reply_ids and not _replies(message) & {*self.reply_ids}:
            return False
        if self.keywords and not _has_any(_text(message), self.keywords):
            return False
        if not self.people:
            return True
        return is_one_of(self.people, sender_of(message, as_object(event.get("contact"))))


def is_of_type(types: Sequence[MessageType], message: Message) -> bool:
    """Say whether a message is of one of the types that were asked for, if any was."""
    # A flow that wants sounds wants voice messages, whichever way they are announced.
    found = "audio" if message.type == VOICE else message.type
    return not types or found in types


def is_one_of(people: list[str], person: Person | Contact) -> bool:
    """Say whether a person is among those who were named by number or user id."""
    ids = {person.wa_id, person.bsuid, person.parent_bsuid} - {None}
    return any(_ids(each) & ids for each in people)


def _ids(written: str) -> set[str]:
    """Return the WhatsApp ids that a number may go by, or the user id that was written."""
    named = written.strip()
    if named[:1].isalpha():
        return {named}
    digits = re.sub("[^0-9]", "", named)
    found = ((pattern.fullmatch(digits), forms) for pattern, forms in FORMS)
    return {digits, *(match.expand(each) for match, forms in found if match for each in forms)}


def _replies(message: Mapping[str, Any]) -> set[str]:
    """Return what a tapped button or list row is known by."""
    interactive = as_object(message.get("interactive"))
    tapped = (as_object(interactive.get(kind)) for kind in ("button_reply", "list_reply"))
    ids = [as_text(each.get("id")) for each in tapped]
    return {*ids, as_text(as_object(message.get("button")).get("payload"))} - {""}


def _has_any(text: str, words: list[str]) -> bool:
    compared = plain(text)
    return any(has_word(compared, plain(each)) for each in words)


def _text(message: Mapping[str, Any]) -> str:
    """Return what a person has said in words: written, below a file, or on what was tapped."""
    interactive = as_object(message.get("interactive"))
    said = [
        as_object(message.get("text")).get("body"),
        *(as_object(message.get(kind)).get("caption") for kind in CAPTIONED),
        as_object(message.get("button")).get("text"),
        *(as_object(interactive.get(kind)).get("title") for kind in ("button_reply", "list_reply")),
    ]
    return "\n".join(filter(None, map(as_text, said)))
