"""Business phone numbers: lists, fields, verification, registration and its PIN."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ...protocol.errors import MetaError
from ...protocol.fields import Getter, Selected, pick
from ...protocol.paging import page
from ...protocol.shapes import Json, is_array, is_object
from ...world.entities import PhoneNumber
from ...world.world import World
from ..call import Answer, Call, success
from . import automation, health, names, official, registration
from .overrides import save_override

NODE_TYPE = "WhatsAppBusinessPhoneNumber"

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
    body = call.parameters
    if "pin" in body:
        return await registration.set_pin(call)
    if "webhook_configuration" in body:
        await save_override(call)
        return success()
    if "new_display_name" in body:
        return await names.ask(call)
    raise MetaError(100, "(#100) The parameter pin is required.")


def getters(world: World, number: PhoneNumber) -> Mapping[str, Getter]:
    """Every field of a number."""
    on = number.is_registered
    wish = number.name_request
    limit = world.businesses[world.wabas[number.waba_id].business_id].messaging_limit
    plain: Json = {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.verified_name,
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "status": "CONNECTED" if on else "MIGRATED" if number.has_moved else "PENDING",
        "code_verification_status": registration.verification_of(world, number),
        "name_status": "APPROVED",
        "new_name_status": "NONE" if wish is None else wish.status,
        "new_display_name": None if wish is None else wish.name,
        "platform_type": "CLOUD_API" if on else "NOT_APPLICABLE",
        "account_mode": "LIVE" if world.settings.mode == "live" else "SANDBOX",
        "throughput": {"level": number.throughput if on else "NOT_APPLICABLE"},
        "is_official_business_account": number.official.status == "APPROVED",
        "official_business_account": official.shown(number),
        "is_pin_enabled": number.pin is not None,
        "is_on_biz_app": number.is_on_biz_app,
        "is_preverified_number": False,
        "last_onboarded_time": _iso(number.onboarded_at),
        "webhook_configuration": _callbacks(world, number),
        "conversational_automation": automation.shown(number),
        "search_visibility": "NON_VISIBLE",
        "certificate": _certificate(number.verified_name, number) if on else None,
        "new_certificate": _new_certificate(number),
        "country_dial_code": number.country_code,
        # Not on Meta's page; pywa asks for it, so live Graph has it. Seen 2026-11.
        "country_code": world.wabas[number.waba_id].country,
        "whatsapp_business_manager_messaging_limit": limit,
        "messaging_limit_tier": limit,
        "eligibility_for_api_business_global_search": "NON_ELIGIBLE_UNDEFINED",
        "username": None if number.username is None else number.username.name,
        "health_status": health.of_number(world, number),
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _certificate(name: str, number: PhoneNumber) -> str:
    """Opaque to clients: it names the number and its display name."""
    return base64.b64encode(f"{number.id}:{name}".encode()).decode()


def _new_certificate(number: PhoneNumber) -> str | None:
    wish = number.name_request
    is_ready = wish is not None and wish.status == "APPROVED"
    return _certificate(wish.name, number) if wish is not None and is_ready else None


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
