"""What a webhook tells, in a few words: for logs that people read."""

from __future__ import annotations

import json
from collections import Counter

from ..protocol.shapes import Json, is_object, objects, text
from ..world.deliveries import Delivery

MAX_READ_BYTES = 100_000
MAX_SHOWN = 3
# What a change is called in its value, field by field; the first that is there is taken.
TELLING = (
    "event",
    "event_type",
    "status",
    "decision",
    "new_quality_score",
    "new_category",
    "current_limit",
    "type",
)
# Lists whose items are what a value tells of.
LISTS = ("statuses", "messages", "message_echoes", "calls", "groups", "errors", "history")


def summary_of(delivery: Delivery) -> str:
    """Such as 'message text, status delivered (2)'."""
    if len(delivery.body) > MAX_READ_BYTES:
        return f"{delivery.updates} updates: {', '.join(delivery.fields)}"
    return summary(json.loads(delivery.body))


def summary(body: Json) -> str:
    told: Counter[str] = Counter()
    for entry in objects(body.get("entry")):
        for change in objects(entry.get("changes")):
            value: object = change.get("value")
            told.update(_told(text(change.get("field")), value if is_object(value) else {}))
    parts = [f"{name} ({count})" if count > 1 else name for name, count in told.items()]
    more = len(parts) - MAX_SHOWN
    return ", ".join(parts[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _told(field: str, value: Json) -> list[str]:
    for name in LISTS:
        items = objects(value.get(name))
        if items:
            return [_item(name, item) for item in items]
    telling = next((text(value[name]) for name in TELLING if text(value.get(name))), "")
    return [f"{field} {telling}".strip()]


def _item(part: str, item: Json) -> str:
    if part == "statuses":
        return f"status {text(item.get('status'))}"
    if part == "errors":
        return f"error {item.get('code')}"
    kind = text(item.get("type")) or text(item.get("event")) or text(item.get("status"))
    return f"{part.removesuffix('s').replace('_', ' ')} {kind}".strip()
