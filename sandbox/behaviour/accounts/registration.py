"""Registering a number: its code, its PIN with a lock, and ten calls in 72 hours."""

from __future__ import annotations

import re

from ...protocol.errors import (
    MetaError,
    invalid_parameter,
    invalid_value,
    missing_parameter,
    refused,
)
from ...world.entities import PhoneNumber
from ...world.world import World
from ..call import Answer, Call, success
from .checks import check_product

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration
MAX_REGISTRATIONS = 10
REGISTRATION_PERIOD_S = 72 * 3600.0
MAX_WRONG_PINS = 5
PIN_LOCK_S = 300.0
VERIFIED_FOR_S = 14 * 24 * 3600.0
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?")
REGIONS = frozenset("AE AU BH BR CA CH DE GB ID IN JP KR SG ZA".split())
# What the sandbox texts to every phone; a person reads it off the settings page of the docs.
VERIFICATION_CODE = "123830"


async def register(call: Call) -> Answer:
    world, number = call.world, call.number()
    check_product(call)
    pin = pin_of(call)
    region = call.parameters.get("data_localization_region")
    if region is not None and str(region) not in REGIONS:
        raise invalid_value("data_localization_region is not a supported country code")
    if not number.is_registered and verification_of(world, number) != "VERIFIED":
        raise refused(133006)
    if number.is_on_biz_app:
        raise invalid_parameter("A number of the WhatsApp Business app registers itself")
    _count_registration(world, number)
    _check_pin(world, number, pin)
    number.pin = pin
    _take_over(world, number)
    number.verify_by = None
    number.is_registered = True
    number.onboarded_at = world.clock.now()
    _adopt_name(number)
    return success()


async def deregister(call: Call) -> Answer:
    world, number = call.world, call.number()
    if not number.is_registered:
        raise refused(133010)
    if number.is_on_biz_app:
        raise invalid_parameter("A number of the WhatsApp Business app cannot be deregistered")
    _count_registration(world, number)
    number.is_registered = False
    return success()


async def request_code(call: Call) -> Answer:
    number = call.number()
    if call.need("code_method") not in ("SMS", "VOICE"):
        raise MetaError(100, "(#100) Param code_method must be one of {SMS, VOICE}")
    _check_language(call.need("language"))
    if verification_of(call.world, number) == "VERIFIED":
        raise refused(136024)
    number.verification_code = VERIFICATION_CODE
    return success()


async def verify_code(call: Call) -> Answer:
    number = call.number()
    if call.need("code") != number.verification_code:
        raise refused(136025)
    number.code_verification_status = "VERIFIED"
    number.verification_code = None
    number.verify_by = call.world.clock.now() + VERIFIED_FOR_S
    return success()


async def set_pin(call: Call) -> Answer:
    """POST to the node itself with a PIN: it replaces the one there is, whatever that was."""
    number = call.number()
    number.pin = pin_of(call)
    number.wrong_pins = 0
    bearer = call.bearer()
    value = {
        "display_phone_number": number.digits,
        "event": "PIN_CHANGED",
        "requester": bearer.app_id if bearer.user is None else bearer.user.id,
    }
    call.world.publish_change(call.world.wabas[number.waba_id], "security", value)
    return success()


def verification_of(world: World, number: PhoneNumber) -> str:
    """A confirmation that was not followed by a registration in time runs out."""
    status = number.code_verification_status
    is_late = number.verify_by is not None and world.clock.now() >= number.verify_by
    return "EXPIRED" if status == "VERIFIED" and is_late else status


def pin_of(call: Call) -> str:
    pin = call.parameters.get("pin")
    if pin is None or pin == "":
        raise missing_parameter("pin")
    pin = str(pin)
    if len(pin) != 6 or not pin.isdecimal() or not pin.isascii():
        raise MetaError(
            100,
            "(#100) Invalid parameter",
            details="Parameter value is not valid: pin must have 6 digits",
        )
    return pin


def _count_registration(world: World, number: PhoneNumber) -> None:
    """Ten register or deregister calls in 72 hours; the eleventh locks the number for as long."""
    now = world.clock.now()
    if now < number.registration_locked_until:
        raise refused(133016)
    while number.registrations and number.registrations[0] <= now - REGISTRATION_PERIOD_S:
        number.registrations.popleft()
    if len(number.registrations) >= MAX_REGISTRATIONS:
        number.registration_locked_until = now + REGISTRATION_PERIOD_S
        number.registrations.clear()
        raise refused(133016)
    number.registrations.append(now)


def _check_pin(world: World, number: PhoneNumber, pin: str) -> None:
    now = world.clock.now()
    if now < number.pin_locked_until:
        raise refused(133008, f"Try again after {int(number.pin_locked_until - now) + 1} seconds")
    if number.pin is None or number.pin == pin:
        number.wrong_pins = 0
        return
    number.wrong_pins += 1
    if number.wrong_pins >= MAX_WRONG_PINS:
        number.wrong_pins = 0
        number.pin_locked_until = now + PIN_LOCK_S
        raise refused(133008, f"Try again after {int(PIN_LOCK_S)} seconds")
    raise refused(133005)


def _check_language(language: str) -> None:
    if not LANGUAGE.fullmatch(language):
        raise MetaError(100, "(#100) Param language must be a valid locale, like en_US")


def _take_over(world: World, number: PhoneNumber) -> None:
    """A migrated number works from its new account from now on, and no longer from the old."""
    if not number.is_migrating:
        return
    number.is_migrating = False
    for other in world.numbers.values():
        if other is not number and other.digits == number.digits:
            other.is_registered, other.has_moved = False, True


def _adopt_name(number: PhoneNumber) -> None:
    """A new display name that was approved shows after the next registration."""
    request = number.name_request
    if request is not None and request.status == "APPROVED":
        number.verified_name, number.name_request = request.name, None
