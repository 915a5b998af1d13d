"""Numbers that stay in the WhatsApp Business app: contacts and history are handed over once."""

from __future__ import annotations

from ...protocol.errors import failure, invalid_parameter, refused
from ...protocol.shapes import Json
from ...world.entities import Message, Person, PhoneNumber
from ...world.world import World
from ..call import Answer, Call
from .checks import check_product, one_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/onboarding-business-app-users
SYNC_WINDOW_S = 24 * 3600.0
HISTORY_S = 180 * 24 * 3600.0
DAY_S = 24 * 3600.0
# Phase 0 is the last day, phase 1 the ninety before, phase 2 the rest.
PHASES = ((0.0, DAY_S), (DAY_S, 90 * DAY_S), (90 * DAY_S, HISTORY_S))
SYNC_TYPES = ("smb_app_state_sync", "history")


async def synchronise(call: Call) -> Answer:
    check_product(call)
    world, number = call.world, call.number()
    kind = one_of(call.need("sync_type"), "sync_type", SYNC_TYPES)
    if not number.is_on_biz_app:
        raise invalid_parameter("The phone number is not used in the WhatsApp Business app")
    if kind in number.syncs:
        raise refused(2593107)
    if world.clock.now() - (number.onboarded_at or 0.0) > SYNC_WINDOW_S:
        raise refused(2593108)
    number.syncs[kind] = call.world.new_id()
    if kind == "history":
        _send_history(world, number)
    else:
        _send_contacts(world, number)
    return {"messaging_product": "whatsapp", "request_id": number.syncs[kind]}


def value_of(number: PhoneNumber, part: str, content: list[Json]) -> Json:
    """A webhook value about a number, with whose it is."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
        part: content,
    }


def _send_contacts(world: World, number: PhoneNumber) -> None:
    now = str(int(world.clock.now()))
    contacts = [
        {
            "type": "contact",
            "contact": {
                "full_name": person.name,
                "first_name": person.name.partition(" ")[0],
                "phone_number": person.wa_id,
            },
            "action": "add",
            "metadata": {"timestamp": now},
        }
        for person in world.people.values()
        if not person.hides_phone
    ]
    if contacts:
        value = value_of(number, "state_sync", contacts)
        world.publish_of_number(number, "smb_app_state_sync", value)


def _send_history(world: World, number: PhoneNumber) -> None:
    if not number.shares_history:
        value = value_of(number, "history", [{"errors": [_declined()]}])
        world.publish_of_number(number, "history", value)
        return
    now = world.clock.now()
    for phase, (least_s, most_s) in enumerate(PHASES):
        threads = [
            thread
            for person in world.people.values()
            if (thread := _thread(person, number, now - most_s, now - least_s)) is not None
        ]
        progress = 100 if phase == len(PHASES) - 1 else 100 * (phase + 1) // len(PHASES)
        metadata = {"phase": phase, "chunk_order": 1, "progress": progress}
        value = value_of(number, "history", [{"metadata": metadata, "threads": threads}])
        world.publish_of_number(number, "history", value)


def _thread(person: Person, number: PhoneNumber, since: float, until: float) -> Json | None:
    messages = [
        _past(message, person, number)
        for message in person.chat
        if message.number_id == number.id and since <= message.at < until
    ]
    return {"id": person.wa_id, "messages": messages} if messages else None


def _past(message: Message, person: Person, number: PhoneNumber) -> Json:
    sender, receiver = person.wa_id, number.digits
    if message.is_outbound:
        sender, receiver = receiver, sender
    shown: Json = {"from": sender}
    if message.is_outbound:
        shown["to"] = receiver
    shown |= {"id": message.id, "timestamp": str(int(message.at)), "type": message.kind}
    content = message.content.get(message.kind, message.content)
    shown[message.kind] = content
    status = message.statuses[-1][0].upper() if message.statuses else "READ"
    return {**shown, "history_context": {"status": status}}


def _declined() -> Json:
    error = failure(2593109)
    error.pop("href")
    return error
