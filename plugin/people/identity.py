"""Who wrote, and who is to be answered.

A person has a phone number, a business-scoped user id (BSUID), or both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..foreign_json.shapes import as_id, as_object, as_text
from .recipients import BSUID, RecipientType, is_group_id

# The second is an older name of the first.
MOVED = ("user_changed_number", "customer_changed_number")
NUMBER = re.compile(r"\+?([0-9]{4,20})")


@dataclass(frozen=True)
class Person:
    """An inbound person; each id may be absent.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    """

    wa_id: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    profile_name: str | None = None

    @property
    def key(self) -> str:
        """The id to know the person by; empty when Meta told none."""
        return self.bsuid or self.wa_id or ""

    @property
    def identities(self) -> tuple[str, ...]:
        """Every id that the person can be looked up by."""
        return tuple(filter(None, (self.bsuid, self.wa_id)))


def sender_of(message: Mapping[str, Any], contact: Mapping[str, Any]) -> Person:
    """Join what an inbound message and its entry in `contacts` tell.

    A note of the system comes from the old number or id of a person and names the new one.
    """
    profile = as_object(contact.get("profile"))
    is_note = as_text(message.get("type")) == "system"
    now = as_object(message.get("system") if is_note else None)
    numbers = [now.get("wa_id"), message.get("from"), contact.get("wa_id")]
    users = [now.get("user_id"), message.get("from_user_id"), contact.get("user_id")]
    if as_text(now.get("type")) in MOVED and any(map(as_id, (numbers[0], users[0]))):
        # With the number the user id changes too, and the new number may be hidden.
        del numbers[1:], users[1:]
    parents = (now, "parent_user_id"), (message, "from_parent_user_id"), (contact, "parent_user_id")
    return Person(
        wa_id=number_in(*numbers),
        bsuid=_user(users, numbers),
        parent_bsuid=_first(*(holder.get(key) for holder, key in parents)),
        username=_first(profile.get("username")),
        profile_name=_first(profile.get("name")),
    )


def answer_to(message: Mapping[str, Any], person: Person) -> tuple[str | None, RecipientType]:
    """Return whom an answer to the message is for, as a send takes it; None if nobody can be."""
    group_id = as_id(message.get("group_id"))
    if group_id:
        return (group_id if is_group_id(group_id) else None), "group"
    if person.wa_id:
        return f"+{person.wa_id}", "individual"
    bsuid = person.bsuid or ""
    return (bsuid if BSUID.fullmatch(bsuid) else None), "individual"


def recipient_of(status: Mapping[str, Any], contact: Mapping[str, Any]) -> Person:
    """Join what a status and its entry in `contacts` tell; of a group, the participant."""
    profile = as_object(contact.get("profile"))
    is_group = status.get("recipient_type") == "group"
    number = status.get("recipient_participant_id" if is_group else "recipient_id")
    user = status.get("recipient_participant_user_id" if is_group else "recipient_user_id")
    return Person(
        wa_id=number_in(number, contact.get("wa_id")),
        bsuid=_user((user, contact.get("user_id")), (number, contact.get("wa_id"))),
        # Meta's pages spell the field in both ways.
        parent_bsuid=_first(
            status.get("recipient_parent_user_id"),
            status.get("parent_recipient_user_id"),
            contact.get("parent_user_id"),
        ),
        username=_first(profile.get("username")),
        profile_name=_first(profile.get("name")),
    )


def number_in(*values: object) -> str | None:
    """Return the first phone number in digits: Meta may put a user id in its place."""
    for each in values:
        if (match := NUMBER.fullmatch(as_id(each))) is not None:
            return match[1]
    return None


def _user(values: Sequence[object], numbers: Sequence[object]) -> str | None:
    """Return the first user id, be it in the place of a number."""
    return _first(*values, *(each for each in numbers if BSUID.fullmatch(as_id(each))))


def _first(*values: object) -> str | None:
    return next((each for each in map(as_id, values) if each), None)
