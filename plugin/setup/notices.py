"""What owners want to be told: templates that they cannot send now, and accounts in trouble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from appmixer.engine.contract import Event, Notice

from ..foreign_json.shapes import as_object, as_text
from ..ledgers.health import Trouble, news_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
TEMPLATE_STATUS = "message_template_status_update"
# What Meta reports, and what it means for whoever sends the template.
OUT_OF_USE = {
    "PAUSED": ("is paused", "Wait until the pause is over, and send it to people who expect it."),
    "DISABLED": ("is disabled", "Write another template and have it approved; this one is over."),
    "REJECTED": ("was rejected", "Change it by what Meta says, and send it in again."),
}


def notices_of(events: Sequence[Event]) -> Iterator[tuple[Sequence[str], Notice]]:
    """Yield what the events have to tell, each with the topics of those whom it concerns."""
    for event in events:
        value = as_object(event.payload.get("value"))
        status = as_text(value.get("event"))
        for count, trouble in enumerate(news_of(event)):
            yield event.topics, _of_account(event, f"{event.id}:{count}", trouble, value)
        if event.kind != TEMPLATE_STATUS or status not in OUT_OF_USE:
            continue
        what, cure = OUT_OF_USE[status]
        name = as_text(value.get("message_template_name"))
        language = as_text(value.get("message_template_language"))
        said = as_text(as_object(value.get("other_info")).get("description"))
        reason = as_text(value.get("reason"))
        cause = said or f"Meta gives the reason {reason}." if reason != "NONE" or said else ""
        details = {
            "wabaId": as_text(event.payload.get("wabaId")),
            "templateName": name,
            "language": language,
            "status": status,
        }
        title = f"The template {name} ({language}) {what}"
        yield event.topics, Notice(event.id, title, cause, cure, details)


def _of_account(event: Event, name: str, trouble: Trouble, value: Mapping[str, Any]) -> Notice:
    details = {
        "wabaId": as_text(event.payload.get("wabaId")),
        "displayPhoneNumber": as_text(value.get("display_phone_number")),
        "status": as_text(value.get("event")),
    }
    return Notice(name, trouble.title, trouble.what, trouble.cure, details)
