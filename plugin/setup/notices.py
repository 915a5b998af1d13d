"""What owners want to be told of their business accounts: a template that they cannot send now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appmixer.engine.contract import Event, Notice

from ..foreign_json.shapes import as_object, as_text

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
