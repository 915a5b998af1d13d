"""Updates, and the one body that several of them make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .shapes import Json, is_array


@dataclass(slots=True)
class Update:
    """One change of one WABA. Updates with the same `merge` key may share a `value` in a batch."""

    waba_id: str
    field: str
    lane: str
    value: Json
    merge: tuple[str, ...] = ()
    entry_time: int | None = None
    whole: Json | None = None
    """The whole body instead, where it is given as such; it shares a POST with nothing."""


def envelope(updates: Sequence[Update]) -> Json:
    """Wrap updates as one body; neighbours of the same number and kind share a `value`."""
    if updates[0].whole is not None:
        return updates[0].whole
    entries: list[Json] = []
    previous: Update | None = None
    for update in updates:
        same_entry = (
            previous is not None
            and previous.waba_id == update.waba_id
            and previous.entry_time == update.entry_time
        )
        if not same_entry:
            entry: Json = {"id": update.waba_id}
            if update.entry_time is not None:
                entry["time"] = update.entry_time
            entry["changes"] = []
            entries.append(entry)
        changes: list[Json] = entries[-1]["changes"]
        if same_entry and previous and update.merge and previous.merge == update.merge:
            _merge(changes[-1]["value"], update.value)
        else:
            changes.append({"value": _own_lists(update.value), "field": update.field})
        previous = update
    return {"object": "whatsapp_business_account", "entry": entries}


def _own_lists(value: Json) -> Json:
    """A copy whose lists may grow: several apps get the same update."""
    own: Json = {}
    for name, part in value.items():
        own[name] = list(part) if is_array(part) else part
    return own


def _merge(value: Json, other: Json) -> None:
    for name in ("messages", "statuses"):
        if name in other:
            value.setdefault(name, []).extend(other[name])
    for contact in other.get("contacts", []):
        contacts = value.setdefault("contacts", [])
        if contact not in contacts:
            contacts.append(contact)
