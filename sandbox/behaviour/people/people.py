"""People with phones: what they write to a business, and what their phones show."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...protocol.errors import failure
from ...protocol.shapes import Json, is_object, text
from ...world import call_permissions
from ...world.entities import Message, Person, PhoneNumber
from ...world.world import World, new_wamid
from ..media.attachments import SAMPLES, AttachmentError, TooLargeError, attach
from ..messages import statuses
from .drawing import drawn

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/edit
EDITABLE_FOR_S = 15 * 60.0
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/revoke
REVOCABLE_FOR_S = 2 * 24 * 3600.0
CHANGES: Mapping[str, float] = MappingProxyType({"edit": EDITABLE_FOR_S, "revoke": REVOCABLE_FOR_S})
# Why a business is not shown a message, by code; the second is told where the first is not given.
UNSUPPORTED: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        131051: ("Message type unknown", "Message type is currently not supported."),
        131052: (
            "Media download error",
            "Unable to download the media sent by the user: file exceeds the 100 MB limit.",
        ),
        131060: ("This message is unavailable", "This message is currently unavailable."),
    }
)
COUNTER = "{n}"


class PersonError(Exception):
    """What was asked of a person cannot be: a sentence that says why."""


@dataclass
class Writing:
    """What a person is about to write."""

    kind: str
    content: object
    quoted_id: str | None = None
    is_forwarded: bool = False
    is_forwarded_often: bool = False
    referred_product: Json | None = None
    referral: Json | None = None
    identity: Json | None = None
    origin: str | None = None
    group_id: str | None = None


def write(
    world: World, person: Person, number: PhoneNumber, writing: Writing, base_url: str
) -> str:
    """Send a message to the business, open the window, and return the message's id."""
    _check_reach(world, person, number, writing)
    now = world.clock.now()
    try:
        kind, content = _content(world, person, number, writing, base_url)
    except AttachmentError as impossible:
        raise PersonError(str(impossible)) from None
    message = Message(
        id=new_wamid(person.wa_id, is_outbound=False),
        number_id=number.id,
        person=person,
        recipient=number.digits,
        is_outbound=False,
        kind=kind,
        content=content if is_object(content) else {kind: content},
        at=now,
        context={"message_id": writing.quoted_id} if writing.quoted_id else None,
        group_id=writing.group_id,
        audience=_others(world, person, writing),
        is_unheard=person.wa_id in number.blocked,
    )
    item = _item(world, person, number, writing, message, content)
    if not message.is_unheard:
        _note_contact(world, person, number, writing, now)
    world.remember(message)
    if message.is_unheard:
        return message.id
    # Meta leaves the contact out where a person's number or user id changed.
    is_renamed = kind == "system" and text_of(content, "type").startswith("user_changed")
    cards = [] if is_renamed else [statuses.person_card(world, person, number)]
    world.publish_message(number, writing.group_id or person.wa_id, "messages", item, cards)
    return message.id


def _note_contact(
    world: World, person: Person, number: PhoneNumber, writing: Writing, now: float
) -> None:
    world.limits.count_inbound(number.id, now)
    if writing.kind in ("system", "unsupported"):
        return
    conversation = world.conversation(number, person)
    conversation.last_inbound_at = now
    if writing.referral is not None:
        conversation.referred_at = now
    reply = writing.content.get("call_permission_reply") if is_object(writing.content) else None
    if is_object(reply):
        call_permissions.answer(world, number, person, reply)


def _others(world: World, person: Person, writing: Writing) -> list[Person]:
    """Who else has the message on the phone: the other people of the group."""
    group = world.groups.get(writing.group_id or "")
    members = group.participants if group is not None else []
    return [world.people[key] for key in members if key != person.wa_id and key in world.people]


def _check_reach(world: World, person: Person, number: PhoneNumber, writing: Writing) -> None:
    if number.id in person.blocked:
        raise PersonError(f"{person.name} has blocked this number and cannot write to it.")
    if not number.is_registered:
        raise PersonError(f"Number {number.id} is not registered: nobody can write to it yet.")
    if not person.is_online:
        raise PersonError(f"{person.name}'s phone is offline: nothing leaves it.")
    if writing.group_id is not None:
        group = world.groups.get(writing.group_id)
        if group is None or group.number_id != number.id:
            raise PersonError(f"Number {number.id} has no group {writing.group_id}.")
        if person.wa_id not in group.participants:
            raise PersonError(f"{person.name} is not in the group {group.subject}.")


def text_of(content: object, name: str) -> str:
    return text(content.get(name)) if is_object(content) else ""


def counted(content: object, position: int) -> object:
    """The same content with `{n}` in its text body replaced, for messages in bulk."""
    if not is_object(content) or COUNTER not in text(content.get("body")):
        return content
    return {**content, "body": content["body"].replace(COUNTER, str(position))}


def phone(
    world: World, person: Person, *, limit: int | None = None, before: str | None = None
) -> list[Json]:
    """Everything between a person and businesses, oldest first; of much the latest `limit`."""
    newest_first = reversed(person.chat)
    if before is not None:
        newest_first = itertools.dropwhile(lambda message: message.id != before, newest_first)
        next(newest_first, None)
    wanted = list(itertools.islice(newest_first, limit))
    return [shown_message(world, message) for message in reversed(wanted)]


def who_types(world: World, person: Person) -> list[str]:
    """The numbers that show this person "typing…" at the moment."""
    now = world.clock.now()
    return [
        number.id
        for number in world.numbers.values()
        if (talk := world.conversations.get((number.id, person.wa_id))) is not None
        and now < talk.typing_until
    ]


def shown_message(world: World, message: Message) -> Json:
    shown: Json = {
        "id": message.id,
        "from": "business" if message.is_outbound else "person",
        "phoneNumberId": message.number_id,
        "type": message.kind,
        "content": message.content,
        "at": message.at,
    }
    if message.context is not None:
        shown["quotedId"] = message.context.get("message_id")
    if message.group_id is not None:
        shown["groupId"] = message.group_id
        if message.person is not None:
            shown["author"] = {"waId": message.person.wa_id, "name": message.person.name}
    if message.is_outbound:
        shown["status"] = message.statuses[-1][0] if message.statuses else "accepted"
        shown["statuses"] = [{"status": name, "at": at} for name, at in message.statuses]
        if message.kind == "template":
            shown["drawn"] = drawn(world, message)
        if message.opaque is not None:
            shown["bizOpaqueCallbackData"] = message.opaque
        if message.failure is not None and shown["status"] == "failed":
            shown["errors"] = [message.failure]
    else:
        shown["isReadByBusiness"] = message.is_read
        if message.is_unheard:
            shown["isUnheard"] = True
    return shown


def _content(
    world: World, person: Person, number: PhoneNumber, writing: Writing, base_url: str
) -> tuple[str, object]:
    """The type and the part of that name, complete."""
    kind, given = writing.kind, writing.content
    if kind in SAMPLES:
        try:
            return kind, attach(world, number, kind, given if is_object(given) else {}, base_url)
        except TooLargeError:
            return "unsupported", {"code": 131052}
    if kind == "unsupported":
        return kind, given if is_object(given) else {"type": "unknown"}
    if given is None:
        raise PersonError(f"A message of type {kind} needs the part '{kind}'.")
    if kind == "text" and not text_of(given, "body"):
        raise PersonError("A text needs text.body.")
    if kind in CHANGES:
        _check_change(world, person, kind, given)
    return kind, given


def _check_change(world: World, person: Person, kind: str, given: object) -> None:
    message = world.messages.get(_original(given))
    if message is None or message.is_outbound or message.person is not person:
        raise PersonError(f"{kind}.original_message_id is no message that {person.name} wrote.")
    if world.clock.now() - message.at > CHANGES[kind]:
        raise PersonError(f"It is too late to {kind} this message.")
    if kind == "edit":
        new = given.get("message") if is_object(given) else None
        if not is_object(new) or not is_object(new.get(text(new.get("type")))):
            raise PersonError("edit.message needs a type and the part of that name.")


def _original(given: object) -> str:
    return text_of(given, "original_message_id")


def _item(
    world: World,
    person: Person,
    number: PhoneNumber,
    writing: Writing,
    message: Message,
    content: object,
) -> Json:
    item: Json = {}
    if writing.referral is not None:
        item["referral"] = writing.referral
    context = _context(number, writing)
    if context:
        item["context"] = context
    if not person.hides_phone:
        item["from"] = person.wa_id
    item |= {"id": message.id, "timestamp": str(int(message.at))}
    if world.settings.user_ids or person.hides_phone:
        item["from_user_id"] = person.bsuid
    if message.group_id is not None:
        item["group_id"] = message.group_id
    if writing.identity is not None:
        item["identity"] = writing.identity
    # Only numbers that are also in the phone app of the business hear of changes as such.
    if message.kind in CHANGES and not number.is_on_biz_app:
        return item | _unsupported({"type": message.kind})
    if message.kind == "unsupported":
        return item | _unsupported(content)
    item |= {"type": message.kind, message.kind: content}
    if writing.origin is not None:
        item["origin"] = writing.origin
    return item


def _context(number: PhoneNumber, writing: Writing) -> Json:
    if writing.quoted_id is not None or writing.referred_product is not None:
        context: Json = {"from": number.digits}
        if writing.quoted_id is not None:
            context["id"] = writing.quoted_id
        if writing.referred_product is not None:
            context["referred_product"] = writing.referred_product
        return context
    if writing.is_forwarded_often:
        return {"frequently_forwarded": True}
    return {"forwarded": True} if writing.is_forwarded else {}


def _unsupported(content: object) -> Json:
    """What is told of a message that is not given: why, and where known its type."""
    given = content if is_object(content) else {}
    code = given.get("code", 131051)
    reason = UNSUPPORTED.get(code) if isinstance(code, int) else None
    if reason is None:
        raise PersonError(f"unsupported.code must be one of {', '.join(map(str, UNSUPPORTED))}.")
    error = failure(code)
    error.pop("href", None)
    error |= {"title": reason[0], "message": reason[0], "error_data": {"details": reason[1]}}
    item: Json = {"errors": [error], "type": "unsupported"}
    if code != 131052:
        item["unsupported"] = {"type": text(given.get("type")) or "unknown"}
    return item


def made_up_number(world: World) -> str:
    """A free number of the range that is never given to anyone."""
    return next(
        number
        for number in (f"1650555{index:04d}" for index in range(2000, 10_000))
        if number not in world.people
    )


def made_up_bsuid(wa_id: str) -> str:
    return "US." + str(int(hashlib.sha256(wa_id.encode()).hexdigest()[:16], 16)).zfill(20)
