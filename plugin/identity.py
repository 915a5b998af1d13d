"""Who wrote: a person has a phone number, a business-scoped user id (BSUID), or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .shapes import as_object, as_text


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
    """Join what an inbound message and its entry in `contacts` tell."""
    profile = as_object(contact.get("profile"))
    return Person(
        wa_id=_first(message.get("from"), contact.get("wa_id")),
        bsuid=_first(message.get("from_user_id"), contact.get("user_id")),
        parent_bsuid=_first(message.get("from_parent_user_id"), contact.get("parent_user_id")),
        username=_first(profile.get("username")),
        profile_name=_first(profile.get("name")),
    )


def recipient_of(status: Mapping[str, Any], contact: Mapping[str, Any]) -> Person:
    """Join what a status and its entry in `contacts` tell; of a group, the participant."""
    profile = as_object(contact.get("profile"))
    is_group = status.get("recipient_type") == "group"
    number = status.get("recipient_participant_id" if is_group else "recipient_id")
    user = status.get("recipient_participant_user_id" if is_group else "recipient_user_id")
    return Person(
        wa_id=_first(number, contact.get("wa_id")),
        bsuid=_first(user, contact.get("user_id")),
        # Meta's pages spell the field in both ways.
        parent_bsuid=_first(
            status.get("recipient_parent_user_id"),
            status.get("parent_recipient_user_id"),
            contact.get("parent_user_id"),
        ),
        username=_first(profile.get("username")),
        profile_name=_first(profile.get("name")),
    )


def _first(*values: object) -> str | None:
    return next((each for each in map(as_text, values) if each), None)
