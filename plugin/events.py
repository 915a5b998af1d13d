"""Flattens a webhook body into events: one per message, status, error or other change.

Kinds and routes:

- `message`: `messages:<waba>` and `messages:<waba>:<phoneNumberId>`; `status`: `statuses:...`
- `standby.message`, `standby.status`, `standby.echo`: `standby:...` likewise. Another app leads
  the conversation and answering would take it over, so a flow has to ask for these.
- `error`, `userAction` and every other field by Meta's name for it: `account:<waba>`
- `unreadable`: no route; kept for a person to look at

Meta's objects are kept as they came, under `message`, `status`, `echo`, `error`, `userAction` or
`value`; unknown keys that stood beside them are under `beside`. Nothing is dropped but the
constants `object` and `messaging_product`.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from appmixer.engine.contract import Event

from .opaque import unpack
from .shapes import as_object, as_objects, as_text, is_list, is_object

OBJECT = "whatsapp_business_account"
# What a route may begin with, before the WABA.
STEMS = ("messages", "statuses", "standby", "account")
ENTRY_KEYS = frozenset({"id", "time", "changes"})
CHANGE_KEYS = frozenset({"field", "value"})
PLACE_KEYS = frozenset({"messaging_product", "metadata", "contacts"})
# These carry the id of a business portfolio where others carry that of the WABA.
PORTFOLIO_EVENTS = ("PARTNER_", "MM_LITE_", "AD_ACCOUNT_LINKED")

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """What all events of one change share."""

    waba_id: str
    phone_number_id: str
    base: Object
    value: Object
    listed: list[Object]
    contacts: Mapping[str, Object]
    prefix: str

    def routes(self, stem: str) -> tuple[str, ...]:
        route = f"{stem}:{self.waba_id}"
        return (route, f"{route}:{self.phone_number_id}") if self.phone_number_id else (route,)

    def contact_of(self, *ids: object) -> Object | None:
        for each in ids:
            if isinstance(each, str) and each in self.contacts:
                return self.contacts[each]
        return None


def flatten(body: object) -> list[Event]:
    """Return the events of a parsed body; what is not built as Meta says becomes `unreadable`."""
    if not is_object(body) or body.get("object") != OBJECT or not is_list(body.get("entry")):
        return [unreadable(body)]
    events: list[Event] = []
    for entry in body["entry"]:
        events += _entry_events(entry)
    if len(body) > 2:
        events.append(unreadable({key: body[key] for key in body if key != "entry"}))
    return events


def unreadable(content: Any) -> Event:
    """Keep something that nothing can be made of."""
    return Event(f"unreadable:{_digest(content)}", "unreadable", {"content": content})


def _entry_events(entry: object) -> list[Event]:
    if not is_object(entry) or not is_list(entry.get("changes")) or entry.keys() - ENTRY_KEYS:
        return [unreadable(entry)]
    events: list[Event] = []
    for change in entry["changes"]:
        found = _change_events(str(entry.get("id", "")), entry.get("time"), change)
        events += found or [unreadable({**entry, "changes": [change]})]
    return events


def _change_events(entry_id: str, time: object, change: object) -> list[Event]:
    """Return the events of a change; none when it is not built as Meta says."""
    if not is_object(change) or change.keys() != CHANGE_KEYS:
        return []
    field, value = change["field"], change["value"]
    if not isinstance(field, str):
        return []
    waba_id = _waba_id(field, entry_id, value)
    metadata = as_object(as_object(value).get("metadata"))
    phone_number_id = as_text(metadata.get("phone_number_id"))
    base: Object = {
        "wabaId": waba_id or None,
        "phoneNumberId": phone_number_id or None,
        "displayPhoneNumber": metadata.get("display_phone_number"),
        "field": field,
    }
    if time is not None:
        base["entryTime"] = time
    if waba_id != entry_id:
        base["entryId"] = entry_id
    if field == "messages" and is_object(value):
        return _flat(_place(waba_id, phone_number_id, base, value, ""))
    if field == "standby" and is_object(value) and is_object(value.get("standby")):
        beside = {key: value[key] for key in value if key not in (*PLACE_KEYS, "standby")}
        inner = {**value["standby"], **beside}
        return _flat(_place(waba_id, phone_number_id, base, inner, "standby."))
    return [_other(waba_id, base, field, value)]


def _waba_id(field: str, entry_id: str, value: object) -> str:
    named = as_text(as_object(as_object(value).get("waba_info")).get("waba_id"))
    is_portfolio = field == "partner_solutions" or (
        field == "account_update"
        and as_text(as_object(value).get("event")).startswith(PORTFOLIO_EVENTS)
    )
    return named if is_portfolio else entry_id


def _place(
    waba_id: str, phone_number_id: str, base: Object, value: Object, prefix: str
) -> _Place | None:
    listed = _objects(value, "contacts")
    if listed is None:
        return None
    contacts: dict[str, Object] = {}
    for contact in listed:
        for key in ("wa_id", "user_id"):
            if isinstance(contact.get(key), str):
                contacts[contact[key]] = contact
    return _Place(waba_id, phone_number_id, base, value, listed, contacts, prefix)


def _objects(value: Object, key: str) -> list[Object] | None:
    """Return a list of the value, empty when absent; None when it is no list of objects."""
    items = value.get(key)
    if items is None:
        return []
    return items if is_list(items) and all(map(is_object, items)) else None


def _flat(place: _Place | None) -> list[Event]:
    if place is None:
        return []
    events: list[Event] = []
    for key, make in MAKERS.items():
        items = _objects(place.value, key)
        if items is None:
            return []
        events += [make(place, item, index) for index, item in enumerate(items)]
    beside = _beside(place, events)
    if not events:
        return [_other(place.waba_id, place.base, str(place.base["field"]), place.value)]
    if not beside:
        return events
    return [replace(event, payload={**event.payload, "beside": beside}) for event in events]


def _beside(place: _Place, events: list[Event]) -> Object:
    known = PLACE_KEYS | MAKERS.keys()
    beside = {key: place.value[key] for key in place.value if key not in known}
    used = {id(event.payload.get("contact")) for event in events}
    unused = [each for each in place.listed if id(each) not in used]
    return {**beside, "contacts": unused} if unused else beside


def _message(place: _Place, message: Object, index: int) -> Event:
    user_id, number = message.get("from_user_id"), message.get("from")
    contact = place.contact_of(user_id, number) or _only_contact(place, "messages")
    payload: Object = {**place.base, "message": message}
    identities = {user_id: None, number: None}
    if contact is not None:
        payload["contact"] = contact
        identities |= {contact.get("user_id"): None, contact.get("wa_id"): None}
    if place.value.get("errors"):
        payload["errors"] = place.value["errors"]
    phone = place.phone_number_id
    known = [each for each in identities if isinstance(each, str)]
    return Event(
        id=_key(place, "message", message, index, message.get("id")),
        kind=f"{place.prefix}message",
        payload=payload,
        routes=place.routes("standby" if place.prefix else "messages"),
        order=f"{phone}:{message.get('group_id') or (known[0] if known else '')}",
        answers=() if place.prefix else tuple(f"from:{phone}:{each}" for each in known),
    )


def _status(place: _Place, status: Object, index: int) -> Event:
    user_id, number = status.get("recipient_user_id"), status.get("recipient_id")
    participant = status.get("recipient_participant_user_id") or status.get(
        "recipient_participant_id"
    )
    contact = place.contact_of(user_id, participant, number) or _only_contact(place, "statuses")
    payload: Object = {**place.base, "status": status}
    if contact is not None:
        payload["contact"] = contact
    message_id = status.get("id")
    # A payment may fail twice, a call rings once more: only a message has each status once.
    is_of_message = status.get("type", "message") == "message" and message_id
    key = f"{message_id}:{status.get('status')}" if is_of_message else None
    return Event(
        id=_key(place, "status", status, index, f"{key}:{participant}" if participant else key),
        kind=f"{place.prefix}status",
        payload=payload,
        routes=place.routes("standby" if place.prefix else "statuses"),
        order=f"{place.phone_number_id}:{user_id or number or ''}",
        answers=() if place.prefix else _answers_of(place.waba_id, status),
    )


def _answers_of(waba_id: str, status: Object) -> tuple[str, ...]:
    # Named with the WABA: the text that comes back is chosen by whoever sent the message.
    step_id, _ = unpack(as_text(status.get("biz_opaque_callback_data")))
    message_id = status.get("id")
    answers = (f"message:{waba_id}:{message_id}",) if message_id else ()
    return (*answers, f"step:{waba_id}:{step_id}") if step_id else answers


def _echo(place: _Place, echo: Object, index: int) -> Event:
    return Event(
        id=_key(place, "echo", echo, index, echo.get("id")),
        kind=f"{place.prefix}echo",
        payload={**place.base, "echo": echo},
        routes=place.routes("standby" if place.prefix else "account"),
        order=f"{place.phone_number_id}:",
    )


def _error(place: _Place, error: Object, index: int) -> Event:
    return _of_account(place, "error", error, index)


def _user_action(place: _Place, action: Object, index: int) -> Event:
    return _of_account(place, "userAction", action, index)


def _of_account(place: _Place, kind: str, item: Object, index: int) -> Event:
    return Event(
        id=_key(place, kind, item, index, None),
        kind=f"{place.prefix}{kind}",
        payload={**place.base, kind: item},
        routes=place.routes("account"),
        order=f"account:{place.waba_id}",
    )


MAKERS: Mapping[str, Callable[[_Place, Object, int], Event]] = {
    "messages": _message,
    "statuses": _status,
    "message_echoes": _echo,
    "errors": _error,
    "user_actions": _user_action,
}


def _other(waba_id: str, base: Object, field: str, value: Any) -> Event:
    return Event(
        id=f"{field}:{waba_id}:{_digest([base.get('entryId'), base.get('entryTime'), value])}",
        kind=field,
        payload={**base, "value": value},
        routes=(f"account:{waba_id}",) if waba_id else (),
        order=f"account:{waba_id}" if waba_id else "",
    )


def _only_contact(place: _Place, key: str) -> Object | None:
    # Meta rewrites some numbers, so that one contact beside one message may differ from `from`.
    return place.listed[0] if len(place.listed) == 1 == len(place.value[key]) else None


def _key(place: _Place, kind: str, item: Object, index: int, own_key: object) -> str:
    """Return what tells duplicates: Meta's own id where there is one, else the content."""
    if not own_key:
        # Errors have no time of their own, so the messages they stand beside tell them apart.
        beside = [each.get("id") for each in as_objects(place.value.get("messages"))]
        errors = beside if kind == "error" else []
        own_key = _digest([place.waba_id, place.base.get("entryTime"), item, index, errors])
    return f"{place.prefix}{kind}:{place.phone_number_id}:{own_key}"


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
