"""Flattens a webhook body into events: one per message, status, error or other change.

Kinds and routes:

- `message`: `messages:<waba>` and `messages:<waba>:<phoneNumberId>`; `status`: `statuses:...`
- `standby.message`, `standby.status`, `standby.echo`: `standby:...` likewise. Another app leads
  the conversation and answering would take it over, so a flow has to ask for these.
- `error`, `userAction` and every other field by Meta's name for it: `account:<waba>`
- `unreadable`: no route; kept for a person to look at, and costs none of its neighbours
- `beside`: no route; what stood beside the entries and belongs to no account

Meta's objects are kept as they came, under `message`, `status`, `echo`, `error`, `userAction` or
`value`. What they share is stored once: unknown keys of any level and contacts of nobody are under
`beside` of the first event there, and a contact is whole in the first event of its person. Nothing
is dropped but the constants `object` and `messaging_product`.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from appmixer.engine.contract import Event

from ..foreign_json.shapes import as_id, as_list, as_object, as_text, is_list, is_object
from ..graph.callback_data import unpack

# Ten times as many as Meta puts into a delivery. Each event costs some hundred bytes, and of the
# shortest items a million fit into a body.
MAX_UPDATES = 10_000
OBJECT = "whatsapp_business_account"
PRODUCT = "whatsapp"
# What a route may begin with, before the WABA.
STEMS = ("messages", "statuses", "standby", "account")
# These carry the id of a business portfolio where others carry that of the WABA.
PORTFOLIO_EVENTS = ("PARTNER_", "MM_LITE_", "AD_ACCOUNT_LINKED")
# What tells who a person is: all of a contact that every event of the person has.
CONTACT_KEYS = ("wa_id", "user_id", "parent_user_id", "identity_key_hash")
PROFILE_KEYS = ("name", "username")

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """What all events of one change share; `given` are the contacts that an event has whole."""

    waba_id: str
    phone_number_id: str
    base: Object
    lists: Mapping[str, Sequence[tuple[int, Object]]]
    contacts: Mapping[str, Object]
    message_ids: str
    prefix: str
    given: set[int] = field(default_factory=set[int])

    def routes(self, stem: str) -> tuple[str, ...]:
        if not self.waba_id:
            return ()
        route = f"{stem}:{self.waba_id}"
        return (route, f"{route}:{self.phone_number_id}") if self.phone_number_id else (route,)

    def answers(self, *keys: tuple[str, str]) -> tuple[str, ...]:
        """Return the keys of the waits that end: none in standby, where another app leads.

        Each is named with the WABA, because what else is in it was chosen by whoever wrote or sent.
        """
        if self.prefix or not self.waba_id:
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


def flatten(body: object) -> list[Event]:
    """Return the events of a parsed body; what is not built as Meta says becomes `unreadable`."""
    if not is_object(body) or body.get("object") != OBJECT or not is_list(body.get("entry")):
        return [unreadable(body)]
    if _updates(body["entry"]) > MAX_UPDATES:
        return [unreadable(body)]
    events = [event for entry in body["entry"] for event in _entry_events(entry)]
    beside = _rest(body, {"object": True, "entry": True})
    if beside:
        events.append(Event(f"beside:{_digest(beside)}", "beside", {"beside": beside}))
    return events


def _updates(entries: list[Any]) -> int:
    """Return how many events there will be at most."""
    changes = [change for each in entries for change in as_list(as_object(each).get("changes"))]
    values = [as_object(as_object(change).get("value")) for change in changes]
    holders = [*values, *(as_object(value.get("standby")) for value in values)]
    lists = (as_list(holder.get(key)) for holder in holders for key in KNOWN_LISTS)
    return len(entries) + len(changes) + sum(map(len, lists))


def unreadable(content: Any) -> Event:
    """Keep something that nothing can be made of."""
    return Event(f"unreadable:{_digest(content)}", "unreadable", {"content": content})


def _entry_events(entry: object) -> list[Event]:
    if not is_object(entry) or not is_list(entry.get("changes")):
        return [unreadable(entry)]
    entry_id, time = as_id(entry.get("id")), entry.get("time") if as_id(entry.get("time")) else None
    events = [
        event for change in entry["changes"] for event in _change_events(entry_id, time, change)
    ]
    beside = _rest(entry, {"id": entry_id, "time": time is not None, "changes": True})
    return _with_beside(events, "entry", beside) if events or not beside else [unreadable(entry)]


def _change_events(entry_id: str, time: object, change: object) -> list[Event]:
    name = as_id(as_text(as_object(change).get("field")))
    if not is_object(change) or not name or "value" not in change:
        return [unreadable({"id": entry_id, "time": time, "changes": [change]})]
    events = _value_events(entry_id, time, name, change["value"])
    return _with_beside(events, "change", _rest(change, {"field": True, "value": True}))


def _value_events(entry_id: str, time: object, name: str, value: object) -> list[Event]:
    waba_id = _waba_id(name, entry_id, value)
    metadata = as_object(as_object(value).get("metadata"))
    base: Object = {
        "wabaId": waba_id or None,
        "phoneNumberId": as_id(metadata.get("phone_number_id")) or None,
        "displayPhoneNumber": as_id(metadata.get("display_phone_number")) or None,
        "field": name,
    }
    if time is not None:
        base["entryTime"] = time
    if waba_id != entry_id:
        base["entryId"] = entry_id
    events: list[Event] = []
    if name == "messages" and is_object(value):
        beside = {**_rest(value, KNOWN_LISTS | _understood(value)), **_odd_metadata(base, metadata)}
        events = _with_beside(_flat(base, value, ""), "value", beside)
    elif name == "standby" and is_object(value) and is_object(value.get("standby")):
        inner = value["standby"]
        events = _with_beside(_flat(base, inner, "standby."), "standby", _rest(inner, KNOWN_LISTS))
        beside = _rest(value, {"standby": True, **_understood(value)})
        events = _with_beside(events, "value", {**beside, **_odd_metadata(base, metadata)})
    return events or [_other(waba_id, base, name, value)]


def _waba_id(name: str, entry_id: str, value: object) -> str:
    named = as_id(as_object(as_object(value).get("waba_info")).get("waba_id"))
    is_portfolio = name == "partner_solutions" or (
        name == "account_update"
        and as_text(as_object(value).get("event")).startswith(PORTFOLIO_EVENTS)
    )
    return named if is_portfolio else entry_id


def _flat(base: Object, holder: Object, prefix: str) -> list[Event]:
    """Return an event for each item of the lists: first those of the objects, then of the rest."""
    lists = {key: _objects(holder, key) for key in KNOWN_LISTS}
    contacts: dict[str, Object] = {}
    for _, contact in lists["contacts"]:
        for key in ("wa_id", "user_id"):
            if isinstance(contact.get(key), str):
                contacts[contact[key]] = contact
    place = _Place(
        base["wabaId"] or "",
        base["phoneNumberId"] or "",
        base,
        lists,
        contacts,
        _digest([each.get("id") for _, each in lists["messages"]]) if lists["errors"] else "",
        prefix,
    )
    events = [
        make(place, item, index) for key, make in MAKERS.items() for index, item in lists[key]
    ]
    events += [unreadable({**base, **odd}) for key in KNOWN_LISTS for odd in _odd(holder, key)]
    unused = [each for _, each in lists["contacts"] if id(each) not in place.given]
    return _with_beside(events, "value", {"contacts": unused} if unused else {})


def _objects(holder: Object, key: str) -> list[tuple[int, Object]]:
    items = holder.get(key)
    return [(n, each) for n, each in enumerate(items) if is_object(each)] if is_list(items) else []


def _odd(holder: Object, key: str) -> Iterator[Object]:
    """Yield what is no list of objects, as far as it is none."""
    items = holder.get(key)
    if is_list(items):
        yield from ({key: [each]} for each in items if not is_object(each))
    elif items is not None:
        yield {key: items}


def _understood(value: Object) -> dict[str, bool]:
    return {
        "messaging_product": value.get("messaging_product") == PRODUCT,
        "metadata": is_object(value.get("metadata")),
    }


def _odd_metadata(base: Object, metadata: Mapping[str, Any]) -> Object:
    known = {
        "phone_number_id": base["phoneNumberId"],
        "display_phone_number": base["displayPhoneNumber"],
    }
    rest = _rest(metadata, known)
    return {"metadata": rest} if rest else {}


def _rest(holder: Mapping[str, Any], known: Mapping[str, Any]) -> Object:
    """Return what is not among the known, or is and was not understood."""
    return {
        key: each
        for key, each in holder.items()
        if not (key in known and (known[key] or each is None))
    }


def _with_beside(events: list[Event], level: str, found: Object) -> list[Event]:
    """Put what stood beside events with the first of them that goes anywhere, and there alone."""
    if not events or not found:
        return events
    chosen = next((n for n, event in enumerate(events) if event.routes), 0)
    beside = dict(as_object(events[chosen].payload.get("beside")))
    for key, each in found.items():
        beside[key if key not in beside else f"{level}.{key}"] = each
    events[chosen] = replace(events[chosen], payload={**events[chosen].payload, "beside": beside})
    return events


def _outline(contact: Object) -> Object:
    profile = as_object(contact.get("profile"))
    names = {key: profile[key] for key in PROFILE_KEYS if as_id(profile.get(key))}
    ids = {key: contact[key] for key in CONTACT_KEYS if as_id(contact.get(key))}
    return {"profile": names, **ids} if names else ids


def _message(place: _Place, message: Object, index: int) -> Event:
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
        routes=place.routes("standby" if place.prefix else "messages"),
        order=f"{phone}:{as_id(message.get('group_id')) or (known[0] if known else '')}",
        answers=place.answers(*(("from", f"{phone}:{each}") for each in known)),
    )


def _status(place: _Place, status: Object, index: int) -> Event:
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
        routes=place.routes("standby" if place.prefix else "statuses"),
        order=f"{place.phone_number_id}:{user_id or number}",
        answers=place.answers(("message", message_id), ("step", step_id)),
        about=step_id,
    )


def _step_of(item: Mapping[str, Any]) -> str:
    """Return the id of the step that sent what the item is about; empty if none of ours did."""
    step_id, _ = unpack(as_text(item.get("biz_opaque_callback_data")))
    return step_id or ""


def _echo(place: _Place, echo: Object, index: int) -> Event:
    return Event(
        id=_key(place, "echo", echo, index, as_id(echo.get("id"))),
        kind=f"{place.prefix}echo",
        payload={**place.base, "echo": echo},
        routes=place.routes("standby" if place.prefix else "account"),
        order=f"{place.phone_number_id}:",
        # Some echoes hold the message as it was sent.
        about=_step_of(echo) or _step_of(as_object(echo.get("message"))),
    )


def _error(place: _Place, error: Object, index: int) -> Event:
    return _of_account(place, "error", error, index)


def _user_action(place: _Place, action: Object, index: int) -> Event:
    return _of_account(place, "userAction", action, index)


def _of_account(place: _Place, kind: str, item: Object, index: int) -> Event:
    return Event(
        id=_key(place, kind, item, index, ""),
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
KNOWN_LISTS = dict.fromkeys(("contacts", *MAKERS), True)


def _other(waba_id: str, base: Object, name: str, value: Any) -> Event:
    return Event(
        id=f"{name}:{waba_id}:{_digest([base.get('entryId'), base.get('entryTime'), value])}",
        kind=name,
        payload={**base, "value": value},
        routes=(f"account:{waba_id}",) if waba_id else (),
        order=f"account:{waba_id}" if waba_id else "",
    )


def _key(place: _Place, kind: str, item: Object, index: int, own_key: str) -> str:
    """Return what tells duplicates: Meta's own id where there is one, else the content."""
    if not own_key:
        # Errors have no time of their own, so the messages they stand beside tell them apart.
        beside = place.message_ids if kind == "error" else ""
        own_key = _digest([place.waba_id, place.base.get("entryTime"), item, index, beside])
    return f"{place.prefix}{kind}:{place.phone_number_id}:{own_key}"


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
