"""Whether a business may call somebody: asked for in the chat, given for a week or for good."""

from __future__ import annotations

from ...protocol.errors import MetaError, invalid_parameter, refused
from ...protocol.shapes import Json, is_object
from ...world import call_permissions
from ...world.belongings import CallPermission
from ...world.entities import Person, PhoneNumber
from ...world.world import World
from ..accounts.checks import digits_of
from ..call import Answer, Call

# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions
DAY_S = 24 * 3600.0
WEEK_S = 7 * DAY_S
MAX_REQUESTS_A_DAY = 1
MAX_REQUESTS_A_WEEK = 2
# The page said 5 in December 2025; Meta's OpenAPI example shows 100 and is newer.
MAX_STARTED = 100


async def get(call: Call) -> Answer:
    world, number = call.world, call.number()
    wa_id, recipient = call.parameters.get("user_wa_id"), call.parameters.get("recipient")
    if wa_id is None and recipient is None:
        raise MetaError(100, "(#100) The parameter user_wa_id is required.")
    if wa_id is not None and not digits_of(wa_id):
        raise invalid_parameter("user_wa_id must be a valid phone number")
    person = who(world, wa_id, recipient)
    if person is None:
        raise refused(138001)
    return {
        "messaging_product": "whatsapp",
        "permission": _shown(call_permissions.of(world, number, person)),
        "actions": [_request(world, number, person), _start(world, number, person)],
    }


def who(world: World, wa_id: object, bsuid: object) -> Person | None:
    if wa_id is not None:
        return world.people.get(digits_of(wa_id))
    return world.people_by_bsuid.get(str(bsuid))


def started(world: World, number: PhoneNumber, person: Person) -> int:
    """Connected calls of the last 24 hours."""
    since = world.clock.now() - DAY_S
    return sum(
        phone_call.is_outbound
        and phone_call.number_id == number.id
        and phone_call.wa_id == person.wa_id
        and (phone_call.accepted_at or 0.0) > since
        for phone_call in world.phone_calls.values()
    )


def requested(world: World, number: PhoneNumber, person: Person, within_s: float) -> int:
    """Permission requests sent to this person lately."""
    since = world.clock.now() - within_s
    count = 0
    for message in reversed(person.chat):
        if message.at <= since:
            break
        content = message.content
        asks = is_object(content) and content.get("type") == "call_permission_request"
        count += asks and message.is_outbound and message.number_id == number.id
    return count


def _shown(permission: CallPermission) -> Json:
    shown: Json = {"status": permission.status}
    if permission.expires_at is not None:
        shown["expiration_time"] = int(permission.expires_at)
    return shown


def _request(world: World, number: PhoneNumber, person: Person) -> Json:
    day = requested(world, number, person, DAY_S)
    week = requested(world, number, person, WEEK_S)
    has_room = day < MAX_REQUESTS_A_DAY and week < MAX_REQUESTS_A_WEEK
    is_permanent = call_permissions.of(world, number, person).status == "permanent"
    return {
        "action_name": "send_call_permission_request",
        "can_perform_action": has_room and not is_permanent,
        "limits": [
            _limit("PT24H", MAX_REQUESTS_A_DAY, day),
            _limit("P7D", MAX_REQUESTS_A_WEEK, week),
        ],
    }


def _start(world: World, number: PhoneNumber, person: Person) -> Json:
    count = started(world, number, person)
    return {
        "action_name": "start_call",
        "can_perform_action": call_permissions.allows(world, number, person)
        and count < MAX_STARTED,
        "limits": [_limit("PT24H", MAX_STARTED, count)],
    }


def _limit(period: str, most: int, used: int) -> Json:
    return {"time_period": period, "max_allowed": most, "current_usage": used}
