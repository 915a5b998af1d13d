"""What becomes of a message after it was accepted: sent, delivered, read, failed, or silence."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from ..shapes import Json
from .entities import Message, Person, PhoneNumber
from .world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
SERVICE_CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_SERVICE_MESSAGES = 1000


def dispatch(world: World, message: Message, *, failure: Json | None, is_silent: bool) -> None:
    """Set a message on its way; `failure` ends it, a silent one is sent and never heard of."""
    delays = world.settings.status_delays_s
    delay_s = 0.0 if world.settings.instant else delays.sent
    message.failure = failure
    if failure is not None:
        world.clock.at(message.at + delay_s, partial(_advance, world, message, "failed"))
        return
    if is_silent:
        message.expires_at = message.at
    world.clock.at(message.at + delay_s, partial(_sent, world, message))


def come_online(world: World, person: Person) -> None:
    """Everything that waited for the phone arrives, in the order it was sent."""
    waiting, person.waiting = list(person.waiting), type(person.waiting)()
    for message in waiting:
        _deliver(world, message)


def person_card(world: World, person: Person) -> Json:
    """How a webhook introduces a person."""
    profile: Json = {"name": person.name}
    if person.username is not None:
        profile["username"] = person.username
    card: Json = {"profile": profile}
    if not person.hides_phone:
        card["wa_id"] = person.wa_id
    if world.settings.user_ids or person.hides_phone:
        card["user_id"] = person.bsuid
    return card


def _sent(world: World, message: Message) -> None:
    _advance(world, message, "sent")
    delays = world.settings.status_delays_s
    delay_s = 0.0 if world.settings.instant else delays.delivered
    world.clock.at(max(message.at + delay_s, world.clock.now()), partial(_deliver, world, message))


def _deliver(world: World, message: Message) -> None:
    person, now = message.person, world.clock.now()
    if person is None or now >= message.expires_at or message.number_id in person.blocked:
        # Past its life, or blocked by the person: Meta says nothing at all.
        return
    if not person.is_online:
        person.waiting.append(message)
        return
    _advance(world, message, "delivered")
    if person.read_receipts:
        delays = world.settings.status_delays_s
        wait_s = 0.0 if world.settings.instant else max(delays.read - delays.delivered, 0.0)
        world.clock.at(now + wait_s, partial(_advance, world, message, "read"))


def _advance(world: World, message: Message, status: str) -> None:
    now = world.clock.now()
    message.statuses.append((status, now))
    number = world.numbers[message.number_id]
    person = message.person
    item: Json = {"id": message.id, "status": status, "timestamp": str(int(now))}
    if person is None or not person.hides_phone:
        item["recipient_id"] = message.recipient if person is None else person.wa_id
    if person is not None and (world.settings.user_ids or person.hides_phone):
        item["recipient_user_id"] = person.bsuid
    if status in ("sent", "delivered"):
        item["pricing"] = _pricing(world, number, message, now)
    if status == "failed":
        item["errors"] = [message.failure]
    if message.opaque is not None:
        item["biz_opaque_callback_data"] = message.opaque
    key = message.recipient if person is None else person.wa_id
    cards = [] if person is None else _cards(world, person, status)
    world.publish_message(number, key, "statuses", item, cards)


def _cards(world: World, person: Person, status: str) -> list[Json]:
    """Since user ids came, statuses introduce the person, except where they failed."""
    if not (world.settings.user_ids or person.hides_phone):
        return []
    if status == "failed" and not world.settings.contacts_on_failed:
        return []
    return [person_card(world, person)]


def _pricing(world: World, number: PhoneNumber, message: Message, now: float) -> Json:
    if message.statuses[-1][0] == "sent":
        message.is_free = _is_free(world, number, message, now)
    kind = "free_customer_service" if message.is_free else "regular"
    return {
        "billable": not message.is_free,
        "pricing_model": "PMP",
        "type": kind,
        "category": message.category,
    }


def _is_free(world: World, number: PhoneNumber, message: Message, now: float) -> bool:
    """Since October 2026 only the first thousand service messages of a number and month are."""
    if now < SERVICE_CHARGED_FROM:
        if message.category == "service":
            return True
        person = message.person
        return (
            message.category == "utility"
            and person is not None
            and world.window_is_open(number, person)
        )
    if message.category != "service":
        return False
    month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    if number.free_month != month:
        number.free_month, number.free_used = month, 0
    number.free_used += 1
    return number.free_used <= FREE_SERVICE_MESSAGES
