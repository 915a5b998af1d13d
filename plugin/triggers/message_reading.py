"""Reading messages that have passed between a person and the business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from appmixer.engine.contract import JsonObject

from ..foreign_json.shapes import as_object, as_objects, word
from ..people.identity import Person, answer_to, sender_of
from .message_parts import VOICE, read_flow_reply, read_media
from .messages import Message, type_of
from .outputs import read_contact, read_errors, read_place

M = TypeVar("M", bound=Message)


def read_message(event: JsonObject) -> Message | None:
    """Turn an event of the plugin into the output; None when it holds no message."""
    message = as_object(event.get("message"))
    if not message:
        return None
    person = sender_of(message, as_object(event.get("contact")))
    return read_as(Message, event, message, person)


def read_as(
    model: type[M], event: JsonObject, message: Mapping[str, Any], person: Person, **others: Any
) -> M:
    """Read a message that has passed between the business and this person."""
    reply_to, reply_type = answer_to(message, person)
    kind = type_of(message.get("type"))
    chosen = _chosen(message)
    sound = {"audio": message.get(VOICE)} if kind == VOICE else {}
    ours = dict[str, Any](
        reply_to=reply_to,
        reply_type=reply_type,
        **read_place(event),
        profile_name=person.profile_name,
        contact=read_contact(person),
        **sound,
        media=read_media(message, kind),
        contacts=as_objects(message.get("contacts")) if kind == "contacts" else None,
        reply_id=word(chosen, "id"),
        reply_title=word(chosen, "title") or word(as_object(message.get("button")), "text"),
        flow_reply=read_flow_reply(message),
        identity_key_hash=word(as_object(event.get("contact")), "identity_key_hash"),
        is_standby=event.get("field") == "standby",
        errors=read_errors(message.get("errors")) or read_errors(event.get("errors")),
        beside=event.get("beside"),
        raw=dict(message),
    )
    return model.from_meta(message, **ours | others)


def _chosen(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the button or list row that was tapped."""
    interactive = as_object(message.get("interactive"))
    return as_object(interactive.get("button_reply")) or as_object(interactive.get("list_reply"))
