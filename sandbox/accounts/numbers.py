"""Business phone numbers: lists, fields, verification, registration and its PIN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ..graph.call import Answer, Call, success
from ..graph.errors import MetaError, invalid_value, missing_parameter, refused
from ..graph.fields import Getter, Selected, pick
from ..graph.paging import page
from ..shapes import Json, is_array, is_object
from ..world.entities import PhoneNumber
from ..world.world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration
MAX_REGISTRATIONS = 10
REGISTRATION_PERIOD_S = 72 * 3600.0
MAX_WRONG_PINS = 5
PIN_LOCK_S = 300.0
MAX_OVERRIDE_CHARS = 200
NODE_TYPE = "WhatsAppBusinessPhoneNumber"
REGIONS = frozenset("AE AU BH BR CA CH DE GB ID IN JP KR SG ZA".split())
# What the sandbox texts to every phone; a person reads it off the settings page of the docs.
VERIFICATION_CODE = "123830"

LISTED = (
    "id",
    "display_phone_number",
    "verified_name",
    "quality_rating",
    "code_verification_status",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
)


async def list_of_waba(call: Call) -> Answer:
    world, wanted = call.world, call.fields()
    numbers = _filtered(world, world.numbers_of(call.waba()), call.parameters.get("filtering"))
    return page(
        numbers,
        key=lambda number: number.id,
        show=lambda number: pick(getters(world, number), wanted, LISTED, NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )


async def get(call: Call) -> Answer:
    return pick(getters(call.world, call.number()), call.fields(), LISTED, NODE_TYPE)


async def update(call: Call) -> Answer:
    """POST to the node itself: the PIN, a webhook override, or a new display name."""
    number, body = call.number(), call.parameters
    if "pin" in body:
        number.pin = _pin(call)
        number.wrong_pins = 0
    elif "webhook_configuration" in body:
        await _override(call)
    elif "new_display_name" in body:
        # Review is Meta's people at work; the sandbox accepts the name and keeps the old one.
        call.need("new_display_name")
    else:
        raise MetaError(100, "(#100) The parameter pin is required.")
    return success()


async def register(call: Call) -> Answer:
    world, number = call.world, call.number()
    _check_product(call)
    pin = _pin(call)
    region = call.parameters.get("data_localization_region")
    if region is not None and str(region) not in REGIONS:
        raise invalid_value("data_localization_region is not a supported country code")
    if number.code_verification_status == "NOT_VERIFIED":
        raise refused(133006)
    _count_registration(world, number)
    _check_pin(world, number, pin)
    number.pin = pin
    number.is_registered = True
    number.onboarded_at = world.clock.now()
    return success()


async def deregister(call: Call) -> Answer:
    world, number = call.world, call.number()
    if not number.is_registered:
        raise refused(133010)
    _count_registration(world, number)
    number.is_registered = False
    return success()


async def request_code(call: Call) -> Answer:
    number = call.number()
    if call.need("code_method") not in ("SMS", "VOICE"):
        raise MetaError(100, "(#100) Param code_method must be one of {SMS, VOICE}")
    call.need("language")
    if number.code_verification_status == "VERIFIED":
        raise refused(136024)
    number.verification_code = VERIFICATION_CODE
    return success()


async def verify_code(call: Call) -> Answer:
    number = call.number()
    if call.need("code") != number.verification_code:
        raise refused(136025)
    number.code_verification_status = "VERIFIED"
    number.verification_code = None
    return success()


def getters(world: World, number: PhoneNumber) -> Mapping[str, Getter]:
    """Every field of a number."""
    on = number.is_registered
    plain: Json = {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.verified_name,
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "status": "CONNECTED" if on else "PENDING",
        "code_verification_status": number.code_verification_status,
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "new_display_name": None,
        "platform_type": "CLOUD_API" if on else "NOT_APPLICABLE",
        "account_mode": "LIVE" if world.settings.mode == "live" else "SANDBOX",
        "throughput": {"level": "STANDARD" if on else "NOT_APPLICABLE"},
        "is_official_business_account": False,
        "official_business_account": {"oba_status": "NOT_STARTED"},
        "is_pin_enabled": number.pin is not None,
        "is_on_biz_app": False,
        "is_preverified_number": False,
        "last_onboarded_time": _iso(number.onboarded_at),
        "webhook_configuration": _callbacks(world, number),
        "conversational_automation": {"prompts": [], "commands": [], "id": number.id},
        "search_visibility": "NON_VISIBLE",
        "certificate": None,
        "new_certificate": None,
        "country_dial_code": number.country_code,
        # Not on Meta's page; pywa asks for it, so live Graph has it. Seen 2026-11.
        "country_code": world.wabas[number.waba_id].country,
        "whatsapp_business_manager_messaging_limit": "TIER_250",
        "messaging_limit_tier": "TIER_250",
        "eligibility_for_api_business_global_search": "NON_ELIGIBLE_UNDEFINED",
        "username": None,
        "health_status": _health(world, number),
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _callbacks(world: World, number: PhoneNumber) -> Json | None:
    """Where this number's webhooks go, override by override."""
    callbacks: Json = {}
    if number.override_callback_uri is not None:
        callbacks["phone_number"] = number.override_callback_uri
    for subscription in world.wabas[number.waba_id].subscriptions.values():
        if subscription.override_callback_uri is not None:
            callbacks["whatsapp_business_account"] = subscription.override_callback_uri
    for app in world.apps.values():
        if app.callback_url is not None:
            callbacks["application"] = app.callback_url
            break
    return callbacks or None


def _health(world: World, number: PhoneNumber) -> Json:
    waba = world.wabas[number.waba_id]
    state = "AVAILABLE" if number.is_registered else "BLOCKED"
    entities: list[Json] = [
        {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": state},
        {"entity_type": "WABA", "id": waba.id, "can_send_message": "AVAILABLE"},
        {"entity_type": "BUSINESS", "id": waba.business_id, "can_send_message": "AVAILABLE"},
        *(
            {"entity_type": "APP", "id": app_id, "can_send_message": "AVAILABLE"}
            for app_id in waba.subscriptions or world.apps
        ),
    ]
    if not number.is_registered:
        entities[0]["errors"] = [
            {
                "error_code": 141000,
                "error_description": "The phone number is not registered.",
                "possible_solution": "Register the phone number.",
            }
        ]
    return {"can_send_message": state, "entities": entities}


def _filtered(world: World, numbers: list[PhoneNumber], filtering: object) -> list[PhoneNumber]:
    if filtering is None or filtering == "":
        return numbers
    rules = filtering
    if isinstance(filtering, str):
        try:
            rules = json.loads(filtering)
        except ValueError:
            rules = None
    if not is_array(rules) or not all(is_object(rule) for rule in rules):
        raise MetaError(100, "(#100) Param filtering must be an array.")
    kept = numbers
    for rule in rules:
        if rule.get("operator") not in ("EQUAL", "IN"):
            raise MetaError(100, "(#100) Filtering operator is not supported.")
        value = rule.get("value")
        wanted = value if is_array(value) else [value]
        kept = [number for number in kept if _field(world, number, rule) in wanted]
    return kept


def _field(world: World, number: PhoneNumber, rule: Json) -> object:
    name = str(rule.get("field"))
    getter = getters(world, number).get(name)
    if getter is None:
        raise MetaError(100, f"(#100) Filtering field '{name}' is not supported.")
    return getter(Selected(name))


def _check_product(call: Call) -> None:
    if call.parameters.get("messaging_product") != "whatsapp":
        raise MetaError(100, "(#100) The parameter messaging_product is required.")


def _pin(call: Call) -> str:
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


async def _override(call: Call) -> None:
    number, configuration = call.number(), call.parameters["webhook_configuration"]
    if not is_object(configuration):
        raise invalid_value("webhook_configuration must be an object")
    url = configuration.get("override_callback_uri")
    if not url:
        number.override_callback_uri = None
        return
    await verify_override(call, str(url), str(configuration.get("verify_token") or ""))
    number.override_callback_uri = str(url)


async def verify_override(call: Call, url: str, verify_token: str) -> None:
    """Meta calls an override address before it accepts it."""
    if len(url) > MAX_OVERRIDE_CHARS or not url.startswith(("http://", "https://")):
        raise invalid_value(
            f"override_callback_uri must be a URL of at most {MAX_OVERRIDE_CHARS} characters"
        )
    if not verify_token:
        raise missing_parameter("verify_token")
    reason = await call.world.courier.verify(url, verify_token)
    if reason is not None:
        raise MetaError(
            2200, f"(#2200) Callback verification failed with the following errors: {reason}"
        )
