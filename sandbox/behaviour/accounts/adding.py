"""Adding a number to an account, new or on the move from another one."""

from __future__ import annotations

from ...protocol.errors import MetaError, template_refused, unknown_object
from ...world.entities import PhoneNumber, Waba
from ...world.world import World
from ..call import Answer, Call
from .checks import digits_of, flag, needed_line

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
NUMBERS_AT_FIRST = 2
NUMBERS_LATER = 20
MAX_NAME_CHARS = 512
FIRST_TIER = "TIER_250"


async def add(call: Call) -> Answer:
    world, waba = call.world, call.waba()
    if call.parameters.get("preverified_id") is not None:
        raise unknown_object(call.method, str(call.parameters["preverified_id"]))
    # pywa says country_code where Meta's page says cc.
    cc = call.need("cc" if "country_code" not in call.parameters else "country_code").lstrip("+")
    local = call.need("phone_number")
    digits = digits_of(f"{cc}{local}")
    if not cc.isdecimal() or len(cc) > 3 or not digits:
        raise MetaError(100, "(#100) Param phone_number must be a valid phone number")
    others = [number for number in world.numbers.values() if number.digits == digits]
    is_migrating = flag(call, "migrate_phone_number") is True
    name = _name(call, others, is_migrating=is_migrating)
    _check_free(waba, others, is_migrating=is_migrating)
    _check_room(world, waba)
    number = PhoneNumber(
        world.new_id(),
        waba.id,
        _displayed(cc, digits),
        cc,
        name,
        code_verification_status="NOT_VERIFIED",
        quality="UNKNOWN",
        is_migrating=is_migrating,
    )
    world.numbers[number.id] = number
    return {"id": number.id}


def _name(call: Call, others: list[PhoneNumber], *, is_migrating: bool) -> str:
    """A number on the move brings its name; a new one needs one."""
    if is_migrating and others:
        return others[0].verified_name
    return needed_line(call, "verified_name", MAX_NAME_CHARS)


def _check_free(waba: Waba, others: list[PhoneNumber], *, is_migrating: bool) -> None:
    if any(other.waba_id == waba.id for other in others):
        raise template_refused(
            2388012,
            "Phone number already in your list",
            "This phone number is in your WhatsApp Business Account already.",
        )
    if not is_migrating:
        if others:
            raise _refused(
                "Phone number in use",
                "This phone number belongs to another WhatsApp Business Account. Migrate it.",
            )
        return
    if not others:
        raise template_refused(
            2388103, "Cannot migrate phone number", "This phone number is in no account."
        )
    if not waba.subscriptions:
        raise template_refused(
            2388103,
            "Cannot migrate phone number",
            "No app is subscribed to the webhooks of the account it would move to.",
        )
    if others[0].pin is not None:
        raise template_refused(
            2388001,
            "Two-step verification is on",
            "Two-step verification must be switched off before the number can move.",
        )


def _check_room(world: World, waba: Waba) -> None:
    business = world.businesses[waba.business_id]
    most = NUMBERS_AT_FIRST if business.messaging_limit == FIRST_TIER else NUMBERS_LATER
    # A verified business has the larger allowance from the start, and those here are verified.
    most = NUMBERS_LATER if business.is_verified else most
    count = sum(
        world.wabas[number.waba_id].business_id == business.id for number in world.numbers.values()
    )
    if count >= most:
        raise _refused(
            "Phone number limit reached",
            f"Your business has {most} phone numbers, and cannot have more.",
        )


def _refused(title: str, message: str) -> MetaError:
    """Meta explains these to a person; no subcode of theirs is published."""
    return MetaError(
        100, "Invalid parameter", is_transient=False, user_title=title, user_message=message
    )


def _displayed(cc: str, digits: str) -> str:
    local = digits[len(cc) :]
    groups = [local[:3], local[3:6], local[6:]] if len(local) == 10 else [local]
    return f"+{cc} {'-'.join(groups)}"
