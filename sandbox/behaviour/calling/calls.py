"""Voice calls: started by either side, answered, refused, ended, or left to ring."""

from __future__ import annotations

import base64
import secrets
from functools import partial

from ...protocol.errors import MetaError, invalid_parameter, refused
from ...protocol.shapes import Json
from ...world import call_permissions
from ...world.belongings import PhoneCall
from ...world.entities import Person, PhoneNumber
from ...world.world import World
from ..accounts.checks import check_product, digits_of, one_of, part
from ..call import Answer, Call
from . import news, permissions

# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/reference
ACTIONS = ("connect", "pre_accept", "accept", "reject", "terminate")
MAX_OPAQUE_CHARS = 512
# Both sides have about a minute to answer.
RINGING_S = 60.0
ANSWER_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
OVER = ("rejected", "ended")


class CallError(Exception):
    """A person cannot do that with this call: a sentence that says why."""


async def post(call: Call) -> Answer:
    check_product(call)
    number = call.number()
    action = one_of(call.need("action"), "action", ACTIONS)
    if not number.is_registered:
        raise refused(133010)
    if number.settings.calling.get("status") != "ENABLED":
        raise refused(138000)
    if action == "connect":
        return _connect(call)
    return _go_on(call, action)


def _connect(call: Call) -> Json:
    """The business calls."""
    world, number = call.world, call.number()
    sdp = _sdp(call, "offer")
    opaque = _opaque(call)
    person = _callee(call)
    if _running(world, number, person) is not None:
        raise refused(138003)
    if not call_permissions.allows(world, number, person):
        raise refused(138006)
    if permissions.started(world, number, person) >= permissions.MAX_STARTED:
        raise refused(138012)
    phone_call = _new(world, number, person, sdp, is_outbound=True)
    phone_call.opaque = opaque
    news.created(world, phone_call)
    news.status(world, phone_call, "RINGING")
    world.clock.after(RINGING_S, partial(_give_up, world, phone_call.id))
    # `success` is not in Meta's example; pywa reads it, as every other call action has it.
    return {"messaging_product": "whatsapp", "calls": [{"id": phone_call.id}], "success": True}


def _go_on(call: Call, action: str) -> Json:
    world, number = call.world, call.number()
    call_id = call.need("call_id")
    phone_call = world.phone_calls.get(call_id)
    if phone_call is None or phone_call.number_id != number.id or phone_call.state in OVER:
        raise invalid_parameter("There is no such call, or it is over")
    if action == "terminate":
        end(world, phone_call)
    elif phone_call.is_outbound or phone_call.state == "accepted":
        raise invalid_parameter(f"The action {action} is not possible in the call's present state")
    elif action == "reject":
        phone_call.state = "rejected"
        news.ended(world, phone_call, "FAILED")
    else:
        if call.parameters.get("session") is not None or phone_call.state == "ringing":
            _sdp(call, "answer")
        if action == "accept":
            phone_call.opaque = _opaque(call)
            phone_call.accepted_at = world.clock.now()
        phone_call.state = "accepted" if action == "accept" else "pre_accepted"
    return {"messaging_product": "whatsapp", "success": True}


def ring(world: World, person: Person, number: PhoneNumber) -> PhoneCall:
    """A person calls the business."""
    if not number.is_registered or number.settings.calling.get("status") != "ENABLED":
        raise CallError(f"Number {number.id} takes no calls: calling is not enabled.")
    if person.wa_id in number.blocked:
        raise CallError(f"Number {number.id} has blocked {person.name}.")
    if _running(world, number, person) is not None:
        raise CallError(f"{person.name} is in a call with this number already.")
    phone_call = _new(world, number, person, ANSWER_SDP, is_outbound=False)
    news.connected(world, phone_call, "offer", phone_call.sdp)
    world.clock.after(RINGING_S, partial(_give_up, world, phone_call.id))
    call_permissions.called_back(world, number, person)
    return phone_call


def pick_up(world: World, phone_call: PhoneCall) -> None:
    """The person takes a call of the business."""
    if not phone_call.is_outbound or phone_call.state != "ringing":
        raise CallError("This call does not ring at that person's phone.")
    phone_call.state = "accepted"
    phone_call.accepted_at = world.clock.now()
    news.connected(world, phone_call, "answer", ANSWER_SDP)
    news.status(world, phone_call, "ACCEPTED")


def decline(world: World, phone_call: PhoneCall) -> None:
    if not phone_call.is_outbound or phone_call.state != "ringing":
        raise CallError("This call does not ring at that person's phone.")
    phone_call.state = "rejected"
    news.status(world, phone_call, "REJECTED")
    news.ended(world, phone_call, "FAILED")


def end(world: World, phone_call: PhoneCall) -> None:
    """Either side hangs up."""
    if phone_call.state in OVER:
        raise CallError("This call is over.")
    was_accepted = phone_call.accepted_at is not None
    phone_call.state = "ended"
    news.ended(world, phone_call, "COMPLETED" if was_accepted else "FAILED")


def running(world: World, person: Person, number: PhoneNumber) -> PhoneCall:
    found = _running(world, number, person)
    if found is None:
        raise CallError(f"{person.name} is in no call with number {number.id}.")
    return found


def _running(world: World, number: PhoneNumber, person: Person) -> PhoneCall | None:
    for phone_call in reversed(world.phone_calls.values()):
        is_theirs = phone_call.number_id == number.id and phone_call.wa_id == person.wa_id
        if is_theirs and phone_call.state not in OVER:
            return phone_call
    return None


def _give_up(world: World, call_id: str) -> None:
    phone_call = world.phone_calls.get(call_id)
    if phone_call is not None and phone_call.state in ("ringing", "pre_accepted"):
        phone_call.state = "ended"
        news.ended(world, phone_call, "FAILED")


def _new(
    world: World, number: PhoneNumber, person: Person, sdp: str, *, is_outbound: bool
) -> PhoneCall:
    raw = b"\x1c\x18\x0b" + person.wa_id.encode() + b"\x15\x02\x00\x11\x18\x20"
    unique = secrets.token_hex(16).upper().encode()
    call_id = "wacid." + base64.urlsafe_b64encode(raw + unique).decode().rstrip("=")
    phone_call = PhoneCall(call_id, number.id, person.wa_id, is_outbound, sdp, world.clock.now())
    world.phone_calls[call_id] = phone_call
    while len(world.phone_calls) > world.settings.history_limit:
        del world.phone_calls[next(iter(world.phone_calls))]
    return phone_call


def _callee(call: Call) -> Person:
    to, recipient = call.parameters.get("to"), call.parameters.get("recipient")
    if to is None and recipient is None:
        raise MetaError(100, "(#100) The parameter to is required.")
    if to is not None and not digits_of(to):
        raise invalid_parameter("to must be a valid phone number")
    person = permissions.who(call.world, to, recipient)
    if person is None or call.number().id in person.blocked:
        raise refused(138001)
    return person


def _sdp(call: Call, kind: str) -> str:
    session = part(call, "session")
    if session is None:
        raise MetaError(100, "(#100) The parameter session is required.")
    one_of(session.get("sdp_type"), "session.sdp_type", (kind,))
    sdp = session.get("sdp")
    if not isinstance(sdp, str) or not sdp.startswith("v=0"):
        raise invalid_parameter("session.sdp must be a session description (RFC 8866)")
    return sdp


def _opaque(call: Call) -> str | None:
    value = call.parameters.get("biz_opaque_callback_data")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_OPAQUE_CHARS:
        raise invalid_parameter(
            f"biz_opaque_callback_data must be a string of at most {MAX_OPAQUE_CHARS} characters"
        )
    return value
