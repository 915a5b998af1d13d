"""What one item of a payload becomes: an event, told from its duplicates, with its topics.

An item is a message, a status, an echo, a preference, an error or an action of a person; the lists
of items, and what stands around them, are read in `events`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from appmixer.engine.contract import Event

from ..foreign_json.shapes import as_id, as_object, as_text
from ..graph.callback_data import unpack

# What tells who a person is: all of a contact that every event of the person has.
CONTACT_KEYS = ("wa_id", "user_id", "parent_user_id", "identity_key_hash")
PROFILE_KEYS = ("name", "username")

# Fields whose events have topics of their own, and not that of the field.
CONVERSATIONS = {"messages", "standby"}
# The stem of what Meta's Test button sends, which is of no account.
TEST = "test"

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """What all events of one change share; `given` are the contacts that an event has whole."""

    waba_id: str
    phone_number_id: str
    base: Object
    lists: Mapping[str, Sequence[tuple[int, Object]]]
    contacts: Mapping[str, Object]
    message_ids: str
    prefix: str
    given: set[int] = field(default_factory=set[int])

    def topics(self, stem: str) -> tuple[str, ...]:
        return place_topics(self.base, stem)

    def account_topics(self, kind: str) -> tuple[str, ...]:
        """Return the topics of what tells of an account: those of its place, kind and field."""
        return account_topics(self.base, kind)

    def wait_keys(self, *keys: tuple[str, str]) -> tuple[str, ...]:
        """Return the keys of the waits that end: none in standby, where another app leads.

        Each is named with the WABA, because what else is in it was chosen by whoever wrote or sent.
        """
        if self.prefix or not self.waba_id or self.base.get("isTest"):
            return ()
        return tuple(f"{kind}:{self.waba_id}:{each}" for kind, each in keys if each)

    def contact_of(self, key: str, *ids: object) -> Object | None:
        """Return the contact of one of the ids: whole to the first event, an outline to others."""
        named = (each for each in ids if isinstance(each, str) and each in self.contacts)
        contact = next((self.contacts[each] for each in named), None) or self._only_contact(key)
        if contact is None or id(contact) not in self.given:
            self.given.add(id(contact))
            return contact
        return _outline(contact)

    def _only_contact(self, key: str) -> Object | None:
        # Meta rewrites some numbers, so that one contact beside one item may have another id.
        listed = self.lists["contacts"]
        return listed[0][1] if len(listed) == 1 == len(self.lists[key]) else None


def place_topics(base: Object, stem: str) -> tuple[str, ...]:
    """Return the topics of a stem at the place that a change is about; one for tests of the app."""
    if base.get("isTest"):
        return (f"{TEST}:{stem}",)
    if not base["wabaId"]:
        return ()
    topic = f"{stem}:{base['wabaId']}"
    return (topic, f"{topic}:{base['phoneNumberId']}") if base["phoneNumberId"] else (topic,)


def account_topics(base: Object, kind: str) -> tuple[str, ...]:
    """Return the topics of what tells of an account: those of its place, its kind and its field."""
    names = dict.fromkeys([kind, *({base["field"]} - CONVERSATIONS)])
    topics = place_topics(base, "account")
    of_account = f"{TEST}:" if base.get("isTest") else f"account:{base['wabaId']}:"
    return (*topics, *(f"{of_account}{name}" for name in names)) if topics else ()


def _message(place: Place, message: Object, index: int) -> Event:
    user_id, number = as_id(message.get("from_user_id")), as_id(message.get("from"))
    contact = place.contact_of("messages", user_id, number)
    payload: Object = {**place.base, "message": message}
    identities = [user_id, number]
    if contact is not None:
        payload["contact"] = contact
        identities += [as_id(contact.get("user_id")), as_id(contact.get("wa_id"))]
    errors = [each for _, each in place.lists["errors"]]
    # Beside several messages nobody knows which of them the errors are about.
    if errors and len(place.lists["messages"]) == 1:
        payload["errors"] = errors
    phone = place.phone_number_id
    known = list(dict.fromkeys(filter(None, identities)))
    return Event(
        id=_key(place, "message", message, index, as_id(message.get("id"))),
        kind=f"{place.prefix}message",
        payload=payload,
        topics=place.topics("standby" if place.prefix else "messages"),
        order=f"{phone}:{as_id(message.get('group_id')) or (known[0] if known else '')}",
        wait_keys=place.wait_keys(*(("from", f"{phone}:{each}") for each in known)),
    )


def _status(place: Place, status: Object, index: int) -> Event:
    user_id, number = as_id(status.get("recipient_user_id")), as_id(status.get("recipient_id"))
    participant = as_id(status.get("recipient_participant_user_id")) or as_id(
        status.get("recipient_participant_id")
    )
    contact = place.contact_of("statuses", user_id, participant, number)
    payload: Object = {**place.base, "status": status}
    if contact is not None:
        payload["contact"] = contact
    message_id, name, step_id = (
        as_id(status.get("id")),
        as_id(status.get("status")),
        _step_of(status),
    )
    # A payment may fail twice, a call rings once more: only a message has each status once.
    is_of_message = status.get("type", "message") == "message" and message_id and name
    key = f"{message_id}:{name}" if is_of_message else ""
    return Event(
        id=_key(place, "status", status, index, f"{key}:{participant}" if participant else key),
        kind=f"{place.prefix}status",
        payload=payload,
        topics=place.topics("standby" if place.prefix else "statuses"),
        order=f"{place.phone_number_id}:{user_id or number}",
        wait_keys=place.wait_keys(("message", message_id), ("step", step_id)),
        about=step_id,
    )


def _step_of(item: Mapping[str, Any]) -> str:
    """Return the id of the step that sent what the item is about; empty if none of ours did."""
    step_id, _ = unpack(as_text(item.get("biz_opaque_callback_data")))
    return step_id or ""


def _echo(place: Place, echo: Object, index: int) -> Event:
    # In standby, and there alone, the recipient stands where the sender has written it.
    sent = as_object(echo.get("message")) if place.prefix else echo
    user_id, number = as_id(echo.get("to_user_id")), as_id(sent.get("to"))
    contact = place.contact_of("message_echoes", user_id, number)
    payload: Object = {**place.base, "echo": echo}
    if contact is not None:
        payload["contact"] = contact
    return Event(
        id=_key(place, "echo", echo, index, as_id(echo.get("id"))),
        kind=f"{place.prefix}echo",
        payload=payload,
        topics=place.topics("standby") if place.prefix else place.account_topics("echo"),
        # In turn with what the person writes.
        order=f"{place.phone_number_id}:{user_id or number}",
        # Some echoes hold the message as it was sent.
        about=_step_of(echo) or _step_of(as_object(echo.get("message"))),
    )


def _preference(place: Place, preference: Object, index: int) -> Event:
    event = _of_account(place, "userPreference", preference, index)
    ids = as_id(preference.get("user_id")), as_id(preference.get("wa_id"))
    contact = place.contact_of("user_preferences", *ids)
    if contact is None:
        return event
    return replace(event, payload={**event.payload, "contact": contact})


def _error(place: Place, error: Object, index: int) -> Event:
    return _of_account(place, "error", error, index)


def _user_action(place: Place, action: Object, index: int) -> Event:
    return _of_account(place, "userAction", action, index)


def _of_account(place: Place, kind: str, item: Object, index: int) -> Event:
    return Event(
        id=_key(place, kind, item, index, ""),
        kind=f"{place.prefix}{kind}",
        payload={**place.base, kind: item},
        topics=place.account_topics(kind),
        order=f"account:{place.waba_id}",
    )


MAKERS: Mapping[str, Callable[[Place, Object, int], Event]] = {
    "messages": _message,
    "statuses": _status,
    "message_echoes": _echo,
    "user_preferences": _preference,
    "errors": _error,
    "user_actions": _user_action,
}
KNOWN_LISTS = dict.fromkeys(("contacts", *MAKERS), True)
# Which of the lists are taken apart in a field; what else there may be in it stays as it is.
CONVERSATION: Mapping[str, bool] = {
    name: each for name, each in KNOWN_LISTS.items() if name != "user_preferences"
}
LISTS_OF: Mapping[str, Mapping[str, bool]] = {
    "messages": CONVERSATION,
    "standby": CONVERSATION,
    "smb_message_echoes": {"contacts": True, "message_echoes": True},
    "message_echoes": {"contacts": True, "message_echoes": True},
    "user_preferences": {"contacts": True, "user_preferences": True},
}


def _key(place: Place, kind: str, item: Object, index: int, own_key: str) -> str:
    """Return what tells duplicates: Meta's own id where there is one, else the content."""
    if not own_key:
        # Errors have no time of their own, so the messages they stand beside tell them apart.
        beside = place.message_ids if kind == "error" else ""
        own_key = digest([place.waba_id, place.base.get("entryTime"), item, index, beside])
    return f"{place.prefix}{kind}:{place.phone_number_id}:{own_key}"


def _outline(contact: Object) -> Object:
    profile = as_object(contact.get("profile"))
    names = {key: profile[key] for key in PROFILE_KEYS if as_id(profile.get(key))}
    ids = {key: contact[key] for key in CONTACT_KEYS if as_id(contact.get(key))}
    return {"profile": names, **ids} if names else ids


def digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
