"""What becomes of a message after it was accepted: sent, delivered, read, failed, or silence."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from ...protocol.shapes import Json
from ...world.entities import Message, Person, PhoneNumber
from ...world.world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
SERVICE_CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_SERVICE_MESSAGES = 1000
FREE_ENTRY_ANSWER_S = 24 * 3600.0
FREE_ENTRY_S = 72 * 3600.0


def dispatch(world: World, message: Message, *, failure: Json | None, is_silent: bool) -> None:
    """Set a message on its way; `failure` ends it, a silent one is sent and never heard of."""
    message.failure = failure
    if failure is None:
        _enter_free(world, message)
    if is_silent:
        message.expires_at = message.at
    if world.settings.timing == "realistic" and not world.settings.instant:
        message.pace = _drawn_pace()
    status = partial(_sent, world, message)
    if failure is not None:
        status = partial(_advance, world, message, "failed")
    world.clock.at(max(message.at, world.clock.now()) + _pace(world, message).sent, status)


def come_online(world: World, person: Person) -> None:
    """Everything that waited for the phone arrives, in the order it was sent."""
    waiting, person.waiting = list(person.waiting), type(person.waiting)()
    for message in waiting:
        _deliver(world, message, person)


def open_chat(world: World, person: Person, number_ids: set[str]) -> None:
    """Which chats are on the person's screen; what they show counts as read."""
    opened = number_ids - person.open_chats
    person.open_chats = number_ids
    if not person.read_receipts or not person.is_online:
        return
    for message in person.chat:
        if message.is_outbound and message.number_id in opened:
            seen = message.seen_by(person)
            if "delivered" in seen and "read" not in seen:
                _advance(world, message, "read", person)


def person_card(world: World, person: Person, number: PhoneNumber | None = None) -> Json:
    """How a webhook introduces a person; some numbers ask for the identity key with it."""
    profile: Json = {"name": person.name}
    if person.username is not None:
        profile["username"] = person.username
    card: Json = {"profile": profile}
    if not person.hides_phone:
        card["wa_id"] = person.wa_id
    if world.settings.user_ids or person.hides_phone:
        card["user_id"] = person.bsuid
        if person.parent_bsuid is not None:
            card["parent_user_id"] = person.parent_bsuid
    if number is not None and number.settings.user_identity_change.get("enable_identity_key_check"):
        card["identity_key_hash"] = person.identity
    return card


class Pace(NamedTuple):
    """Seconds after the acceptance."""

    sent: float
    delivered: float
    read: float
    played: float


AT_ONCE = Pace(0.0, 0.0, 0.0, 0.0)


def _pace(world: World, message: Message) -> Pace:
    if world.settings.instant:
        return AT_ONCE
    if message.pace:
        return Pace(*message.pace)
    delays = world.settings.status_delays_s
    return Pace(delays.sent, delays.delivered, delays.read, delays.played)


def _drawn_pace() -> list[float]:
    """Seconds until a phone rings and minutes until somebody looks; each message its own."""
    pauses = ((0.1, 1.0), (0.3, 4.0), (2.0, 90.0), (1.0, 20.0))
    drawn = [random.uniform(*bounds) for bounds in pauses]
    return list(accumulate(drawn))


def _sent(world: World, message: Message) -> None:
    _advance(world, message, "sent")
    now = world.clock.now()
    when = max(now, message.at + _pace(world, message).delivered)
    audience = message.audience if message.group_id is not None else [message.person]
    for person in audience:
        if person is not None:
            world.clock.at(when, partial(_deliver, world, message, person))


def _deliver(world: World, message: Message, person: Person) -> None:
    now = world.clock.now()
    if now >= message.expires_at or message.number_id in person.blocked:
        # Past its life, or blocked by the person: Meta says nothing at all.
        return
    if not person.is_online:
        person.waiting.append(message)
        return
    if person.read_receipts and message.number_id in person.open_chats:
        # The chat is on the screen: Meta goes straight to read.
        _read(world, message, person)
        return
    _advance(world, message, "delivered", person)
    if person.read_receipts:
        pace = _pace(world, message)
        wait_s = max(pace.read - pace.delivered, 0.0)
        world.clock.at(now + wait_s, partial(_read, world, message, person))


def _read(world: World, message: Message, person: Person) -> None:
    seen = message.seen_by(person)
    if "read" not in seen:
        _advance(world, message, "read", person)
    if message.kind == "audio" and message.content.get("voice") is True and "played" not in seen:
        pace = _pace(world, message)
        wait_s = max(pace.played - pace.read, 0.0)
        played = partial(_advance, world, message, "played", person)
        world.clock.at(world.clock.now() + wait_s, played)


def _advance(world: World, message: Message, status: str, person: Person | None = None) -> None:
    now = world.clock.now()
    message.statuses.append((status, now))
    if message.group_id is not None and person is not None:
        message.seen.setdefault(person.wa_id, []).append(status)
    number = world.numbers[message.number_id]
    item: Json = {"id": message.id, "status": status, "timestamp": str(int(now))}
    who = person if message.group_id is not None else message.person
    item |= _recipient(world, message, who)
    if _is_priced(message, status):
        item |= _priced(world, number, message, now, status)
    if status == "failed":
        item["errors"] = [message.failure]
    if message.opaque is not None:
        item["biz_opaque_callback_data"] = message.opaque
    key = message.group_id or (message.recipient if who is None else who.wa_id)
    cards = [] if who is None else _cards(world, who, status)
    world.publish_message(number, key, "statuses", item, cards)


def _recipient(world: World, message: Message, person: Person | None) -> Json:
    """Whom a status is about, in the fields of a person or of one in a group."""
    named: Json = {}
    shows_ids = world.settings.user_ids or (person is not None and person.hides_phone)
    if message.group_id is not None:
        named |= {"recipient_id": message.group_id, "recipient_type": "group"}
        if person is not None and not person.hides_phone:
            named["recipient_participant_id"] = person.wa_id
        if person is not None and shows_ids:
            named["recipient_participant_user_id"] = person.bsuid
        return named
    if person is None or not person.hides_phone:
        named["recipient_id"] = message.recipient if person is None else person.wa_id
    if person is not None and shows_ids:
        named["recipient_user_id"] = person.bsuid
        if person.parent_bsuid is not None:
            named["recipient_parent_user_id"] = person.parent_bsuid
    return named


def _cards(world: World, person: Person, status: str) -> list[Json]:
    """Since user ids came, statuses introduce the person, except where they failed."""
    if not (world.settings.user_ids or person.hides_phone):
        return []
    if status == "failed" and not world.settings.contacts_on_failed:
        return []
    return [person_card(world, person)]


def _is_priced(message: Message, status: str) -> bool:
    """A price comes with sent, and once more with whichever of delivered and read is first."""
    if status in ("sent", "delivered"):
        return True
    return status == "read" and all(name != "delivered" for name, _ in message.statuses)


def _priced(world: World, number: PhoneNumber, message: Message, now: float, status: str) -> Json:
    if status == "sent":
        message.is_free = _is_free(world, number, message, now)
    if message.conversation_id is None:
        kind = "free_customer_service" if message.is_free else "regular"
        return {"pricing": _pricing(message.category, kind)}
    # Since v24.0 only these conversations are still named.
    conversation: Json = {"id": message.conversation_id}
    person = message.person
    if status == "sent" and person is not None:
        until = world.conversation(number, person).free_entry_until
        conversation["expiration_timestamp"] = str(int(until))
    conversation["origin"] = {"type": "referral_conversion"}
    return {
        "conversation": conversation,
        "pricing": _pricing("referral_conversion", "free_entry_point"),
    }


def _pricing(category: str, kind: str) -> Json:
    return {
        "billable": kind == "regular",
        "pricing_model": "PMP",
        "type": kind,
        "category": category,
    }


def _enter_free(world: World, message: Message) -> None:
    """Whoever came from an ad is answered free of charge for three days, if within one."""
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
    person = message.person
    if person is None or message.group_id is not None:
        return
    conversation = world.conversation(world.numbers[message.number_id], person)
    came = conversation.referred_at
    if came is not None:
        conversation.referred_at = None
        if message.at - came < FREE_ENTRY_ANSWER_S:
            conversation.free_entry_id = secrets.token_hex(16)
            conversation.free_entry_until = message.at + FREE_ENTRY_S
    if message.at < conversation.free_entry_until:
        message.conversation_id = conversation.free_entry_id


def _is_free(world: World, number: PhoneNumber, message: Message, now: float) -> bool:
    """Since October 2026 only the first thousand service messages of a number and month are."""
    if message.conversation_id is not None:
        return True
    category = message.category.removeprefix("group_")
    if now < SERVICE_CHARGED_FROM:
        if category == "service":
            return True
        person = message.person
        return category == "utility" and person is not None and world.window_is_open(number, person)
    if category != "service":
        return False
    month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    if number.free_month != month:
        number.free_month, number.free_used = month, 0
    number.free_used += 1
    return number.free_used <= FREE_SERVICE_MESSAGES
