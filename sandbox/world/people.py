"""People with phones: what they write to a business, and what their phones show."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from ..graph.errors import failure
from ..media import media
from ..shapes import Json, is_object, text
from . import statuses
from .entities import Message, Person, PhoneNumber
from .world import World, new_wamid

MEDIA_CONTENT = {
    "image": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01sandbox image\xff\xd9"),
    "audio": ("audio/ogg; codecs=opus", b"OggS\x00\x02sandbox audio"),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42sandbox video"),
    "document": ("application/pdf", b"%PDF-1.4\nsandbox document\n%%EOF\n"),
    "sticker": ("image/webp", b"RIFF\x1a\x00\x00\x00WEBPVP8 sandbox"),
}
MAX_INBOUND_BYTES = 100 * media.MB
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
    referral: Json | None = None
    identity: Json | None = None


def write(
    world: World, person: Person, number: PhoneNumber, writing: Writing, base_url: str
) -> str:
    """Send a message to the business, open the window, and return the message's id."""
    if number.id in person.blocked:
        raise PersonError(f"{person.name} has blocked this number and cannot write to it.")
    if not number.is_registered:
        raise PersonError(f"Number {number.id} is not registered: nobody can write to it yet.")
    now = world.clock.now()
    message_id = new_wamid(person.wa_id, is_outbound=False)
    content = _content(world, person, number, writing, base_url)
    message = Message(
        id=message_id,
        number_id=number.id,
        person=person,
        recipient=number.digits,
        is_outbound=False,
        kind=writing.kind,
        content=content if is_object(content) else {writing.kind: content},
        at=now,
        context={"message_id": writing.quoted_id} if writing.quoted_id else None,
    )
    item = _item(world, person, number, writing, message, content)
    world.remember(message)
    if writing.kind not in ("system", "unsupported"):
        world.conversation(number, person).last_inbound_at = now
    # Meta leaves the contact out where a person's number or user id changed.
    is_renamed = writing.kind == "system" and text_of(content, "type").startswith("user_changed")
    cards = [] if is_renamed else [statuses.person_card(world, person)]
    world.publish_message(number, person.wa_id, "messages", item, cards)
    return message_id


def text_of(content: object, name: str) -> str:
    return text(content.get(name)) if is_object(content) else ""


def counted(content: object, position: int) -> object:
    """The same content with `{n}` in its text body replaced, for messages in bulk."""
    if not is_object(content) or COUNTER not in text(content.get("body")):
        return content
    return {**content, "body": content["body"].replace(COUNTER, str(position))}


def phone(world: World, person: Person) -> list[Json]:
    """Everything between a person and businesses, oldest first."""
    return [_shown(world, message) for message in person.chat]


def who_types(world: World, person: Person) -> list[str]:
    """The numbers that show this person "typing…" at the moment."""
    now = world.clock.now()
    return [
        number_id
        for (number_id, wa_id), conversation in world.conversations.items()
        if wa_id == person.wa_id and now < conversation.typing_until
    ]


def _shown(world: World, message: Message) -> Json:
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
    if message.is_outbound:
        shown["status"] = message.statuses[-1][0] if message.statuses else "accepted"
        shown["statuses"] = [{"status": name, "at": at} for name, at in message.statuses]
        if message.opaque is not None:
            shown["bizOpaqueCallbackData"] = message.opaque
        if message.failure is not None and shown["status"] == "failed":
            shown["errors"] = [message.failure]
    else:
        shown["isReadByBusiness"] = message.is_read
    return shown


def _content(
    world: World, person: Person, number: PhoneNumber, writing: Writing, base_url: str
) -> object:
    kind, given = writing.kind, writing.content
    if kind in MEDIA_CONTENT:
        return _attach(world, number, kind, given if is_object(given) else {}, base_url)
    if kind == "unsupported":
        return given if is_object(given) else {"type": "unknown"}
    if given is None:
        raise PersonError(f"A message of type {kind} needs the part '{kind}'.")
    if kind == "text" and not text_of(given, "body"):
        raise PersonError("A text needs text.body.")
    return given


def _attach(world: World, number: PhoneNumber, kind: str, given: Json, base_url: str) -> Json:
    """Store the file (given as base64 in `data`, or made up) and describe it as a webhook does."""
    mime_type, content = MEDIA_CONTENT[kind]
    if given.get("data") is not None:
        try:
            content = base64.b64decode(str(given["data"]), validate=True)
        except binascii.Error:
            raise PersonError(f"{kind}.data is not base64.") from None
    if len(content) > MAX_INBOUND_BYTES:
        raise PersonError("People cannot send files of more than 100 MB.")
    mime_type = str(given.get("mime_type") or mime_type)
    stored = media.store(
        world, number, content, mime_type, media.INBOUND_LIFE_S, given.get("filename")
    )
    part: Json = {
        name: given[name] for name in ("caption", "filename") if given.get(name) is not None
    }
    if kind == "document":
        part.setdefault("filename", "document.pdf")
    part |= {
        "mime_type": mime_type,
        "sha256": media.sha256_of_webhook(stored),
        "id": stored.id,
        "url": media.address(world, stored, base_url),
    }
    if kind == "audio":
        part["voice"] = bool(given.get("voice", False))
    if kind == "sticker":
        part["animated"] = bool(given.get("animated", False))
    return part


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
    if writing.quoted_id is not None:
        item["context"] = {"from": number.digits, "id": writing.quoted_id}
    elif writing.is_forwarded:
        item["context"] = {"forwarded": True}
    if not person.hides_phone:
        item["from"] = person.wa_id
    item |= {"id": message.id, "timestamp": str(int(message.at))}
    if world.settings.user_ids or person.hides_phone:
        item["from_user_id"] = person.bsuid
    if writing.identity is not None:
        item["identity"] = writing.identity
    if writing.kind == "unsupported":
        unsupported = failure(131051)
        unsupported.pop("href")
        unsupported |= {"title": "Message type unknown", "message": "Message type unknown"}
        item["errors"] = [unsupported]
    item |= {"type": writing.kind, writing.kind: content}
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
