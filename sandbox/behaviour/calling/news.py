"""Webhooks about calls."""

from __future__ import annotations

from ...protocol.shapes import Json
from ...world.belongings import PhoneCall
from ...world.world import World
from ..accounts.coexistence import value_of
from ..messages.statuses import person_card

FIELD = "calls"


def created(world: World, phone_call: PhoneCall) -> None:
    _tell(world, phone_call, {"event": "call_created"})


def connected(world: World, phone_call: PhoneCall, sdp_type: str, sdp: str) -> None:
    session = {"sdp_type": sdp_type, "sdp": sdp}
    _tell(world, phone_call, {"event": "connect", "session": session})


def ended(world: World, phone_call: PhoneCall, status: str) -> None:
    said: Json = {"event": "terminate", "status": status}
    if phone_call.opaque is not None:
        said["biz_opaque_callback_data"] = phone_call.opaque
    if phone_call.accepted_at is not None:
        start, end = int(phone_call.accepted_at), int(world.clock.now())
        said |= {"start_time": str(start), "end_time": str(end), "duration": end - start}
    _tell(world, phone_call, said)


def status(world: World, phone_call: PhoneCall, name: str) -> None:
    number = world.numbers[phone_call.number_id]
    person = world.people[phone_call.wa_id]
    item: Json = {
        "id": phone_call.id,
        "timestamp": str(int(world.clock.now())),
        "type": "call",
        "status": name,
    }
    if not person.hides_phone:
        item["recipient_id"] = person.wa_id
    if world.settings.user_ids or person.hides_phone:
        item["recipient_user_id"] = person.bsuid
    if phone_call.opaque is not None:
        item["biz_opaque_callback_data"] = phone_call.opaque
    _send(world, phone_call, value_of(number, "statuses", [item]))


def _tell(world: World, phone_call: PhoneCall, said: Json) -> None:
    number = world.numbers[phone_call.number_id]
    person = world.people[phone_call.wa_id]
    who: Json = {"from": number.digits} if phone_call.is_outbound else {"to": number.digits}
    if not person.hides_phone:
        who["to" if phone_call.is_outbound else "from"] = person.wa_id
    if world.settings.user_ids or person.hides_phone:
        who["to_user_id" if phone_call.is_outbound else "from_user_id"] = person.bsuid
    item: Json = {
        "id": phone_call.id,
        **who,
        "direction": "BUSINESS_INITIATED" if phone_call.is_outbound else "USER_INITIATED",
        "timestamp": str(int(world.clock.now())),
        **said,
    }
    value = value_of(number, "calls", [item])
    value["contacts"] = [person_card(world, person, number)]
    _send(world, phone_call, value)


def _send(world: World, phone_call: PhoneCall, value: Json) -> None:
    number = world.numbers[phone_call.number_id]
    world.publish_of_number(number, FIELD, value, lane=f"call:{phone_call.id}")
