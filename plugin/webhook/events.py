"""Flattens a webhook body into events: one per message, status, error or other change.

Kinds and topics:

- `message`: `messages:<waba>` and `messages:<waba>:<phoneNumberId>`; `status`: `statuses:...`
- `standby.message`, `standby.status`, `standby.echo`: `standby:...` likewise. Another app leads
  the conversation and answering would take it over, so a flow has to ask for these.
- `error`, `userAction`, `echo`, `userPreference` and every other field by Meta's name for it:
  `account:<waba>`, `account:<waba>:<phoneNumberId>`, `account:<waba>:<kind>` and
  `account:<waba>:<field>`, so that nobody is asked about fields that somebody else wants
- whatever the App Dashboard's Test button sends is of no account: `test:` and one of `messages`,
  `statuses`, `standby`, `account`, the kind or the field
- `unreadable`: no topic; kept for a person to look at, and costs none of its neighbours
- `beside`: no topic; what stood beside the entries and belongs to no account

Meta's objects are kept as they came, under `message`, `status`, `echo`, `error`, `userAction` or
`value`. What they share is stored once: unknown keys of any level and contacts of nobody are under
`beside` of the first event there, and a contact is whole in the first event of its person. Nothing
is dropped but the constants `object` and `messaging_product`.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from appmixer.engine.contract import Event

from ..foreign_json.shapes import as_id, as_list, as_object, as_text, is_list, is_object
from .items import KNOWN_LISTS, LISTS_OF, MAKERS, TEST, Object, Place, account_topics, digest

# Ten times as many as Meta puts into a delivery. Each event costs some hundred bytes, and of the
# shortest items a million fit into a body.
MAX_UPDATES = 10_000
OBJECT = "whatsapp_business_account"
PRODUCT = "whatsapp"
# What a topic may begin with, before the WABA.
# `closings` is heard by the clock: no event has it.
STEMS = ("messages", "statuses", "standby", "account", "closings")
# These mostly carry the id of a business portfolio where others carry that of the WABA.
PORTFOLIO_EVENTS = ("PARTNER_", "MM_LITE_", "AD_ACCOUNT_LINKED")


# In the place of the WABA's id, in what the App Dashboard's Test button sends.
TEST_ENTRY = "0"


def flatten(body: object, press: str = "") -> list[Event]:
    """Return the events of a parsed body; what is not built as Meta says becomes `unreadable`.

    `press` tells the tests of one press of Meta's Test button from those of the next.
    """
    if not is_object(body) or body.get("object") != OBJECT or not is_list(body.get("entry")):
        return [unreadable(body)]
    if _updates(body["entry"]) > MAX_UPDATES:
        return [unreadable(body)]
    events = [
        replace(event, id=f"{TEST}:{press}:{event.id}") if event.payload.get("isTest") else event
        for entry in body["entry"]
        for event in _entry_events(entry)
    ]
    beside = _rest(body, {"object": True, "entry": True})
    if beside:
        events.append(Event(f"beside:{digest(beside)}", "beside", {"beside": beside}))
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
    return Event(f"unreadable:{digest(content)}", "unreadable", {"content": content})


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
    if entry_id == TEST_ENTRY:
        base["isTest"] = True
    events: list[Event] = []
    known = LISTS_OF.get(name, {})
    if known and name != "standby" and is_object(value):
        beside = {**_rest(value, {**known, **_understood(value)}), **_odd_metadata(base, metadata)}
        events = _with_beside(_flat(base, value, "", known), "value", beside)
    elif name == "standby" and is_object(value) and is_object(value.get("standby")):
        inner = value["standby"]
        events = _with_beside(_flat(base, inner, "standby.", known), "standby", _rest(inner, known))
        beside = _rest(value, {"standby": True, **_understood(value)})
        events = _with_beside(events, "value", {**beside, **_odd_metadata(base, metadata)})
    return events or [_other(waba_id, base, name, value)]


def _waba_id(name: str, entry_id: str, value: object) -> str:
    named = as_id(as_object(as_object(value).get("waba_info")).get("waba_id"))
    if entry_id == TEST_ENTRY:
        return entry_id  # what a test names may be the id of somebody's WABA
    if name == "partner_solutions":
        return named
    is_portfolio = name == "account_update" and as_text(as_object(value).get("event")).startswith(
        PORTFOLIO_EVENTS
    )
    # Some of them name no WABA, because they carry the id of one themselves.
    return (named or entry_id) if is_portfolio else entry_id


def _flat(base: Object, holder: Object, prefix: str, known: Mapping[str, bool]) -> list[Event]:
    """Return an event for each item of the lists: first those of the objects, then of the rest."""
    lists = {key: _objects(holder, key) if key in known else [] for key in KNOWN_LISTS}
    contacts: dict[str, Object] = {}
    for _, contact in lists["contacts"]:
        for key in ("wa_id", "user_id"):
            if isinstance(contact.get(key), str):
                contacts[contact[key]] = contact
    place = Place(
        base["wabaId"] or "",
        base["phoneNumberId"] or "",
        base,
        lists,
        contacts,
        digest([each.get("id") for _, each in lists["messages"]]) if lists["errors"] else "",
        prefix,
    )
    events = [
        make(place, item, index) for key, make in MAKERS.items() for index, item in lists[key]
    ]
    events += [unreadable({**base, **odd}) for key in known for odd in _odd(holder, key)]
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
    chosen = next((n for n, event in enumerate(events) if event.topics), 0)
    beside = dict(as_object(events[chosen].payload.get("beside")))
    for key, each in found.items():
        beside[key if key not in beside else f"{level}.{key}"] = each
    events[chosen] = replace(events[chosen], payload={**events[chosen].payload, "beside": beside})
    return events


def _other(waba_id: str, base: Object, name: str, value: Any) -> Event:
    return Event(
        id=f"{name}:{waba_id}:{digest([base.get('entryId'), base.get('entryTime'), value])}",
        kind=name,
        payload={**base, "value": value},
        topics=account_topics(base, name),
        order=f"account:{waba_id}" if waba_id else "",
    )
