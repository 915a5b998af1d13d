"""What a Flow says of itself: its fields, its preview, its health and its figures."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import partial

from ...protocol.errors import MetaError
from ...protocol.fields import Getter, Selected, pick
from ...protocol.shapes import Json
from ...world.belongings import Flow
from ...world.world import World
from ..accounts import public
from ..accounts.wabas import getters as waba_getters
from ..call import Call
from . import validation

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowsapi
PREVIEW_LIFE_S = 30 * 24 * 3600.0
METRICS = (
    "ENDPOINT_REQUEST_COUNT",
    "ENDPOINT_REQUEST_ERROR",
    "ENDPOINT_REQUEST_ERROR_RATE",
    "ENDPOINT_REQUEST_LATENCY_SECONDS_CEIL",
    "ENDPOINT_AVAILABILITY",
)
STEPS = ("DAY", "HOUR", "LIFETIME")


def getters(call: Call, flow: Flow) -> dict[str, Getter]:
    world = call.world
    app = world.apps[flow.app_id]
    waba = world.wabas[flow.waba_id]
    link = f"https://www.facebook.com/games/?app_id={app.id}"
    # A clone keeps what data_channel_uri was called before Graph 19.
    plain: Json = {
        "id": flow.id,
        "name": flow.name,
        "status": flow.status,
        "categories": flow.categories,
        "validation_errors": flow.validation_errors,
        "json_version": validation.version_of(flow.source, "version"),
        "data_api_version": validation.version_of(flow.source, "data_api_version"),
        "endpoint_uri": flow.endpoint_uri,
        "updated_at": _iso(flow.updated_at),
        "application": {"link": link, "name": app.name, "id": app.id},
    }
    known: dict[str, Getter] = {name: partial(_value, value) for name, value in plain.items()}
    known["metric"] = lambda selected: _metric(flow, selected)
    known["preview"] = lambda selected: _preview(call, flow, selected)
    known["health_status"] = lambda selected: _health(world, flow, selected)
    known["whatsapp_business_account"] = lambda selected: pick(
        waba_getters(world, waba),
        selected.nested,
        ("id", "name", "currency", "timezone_id", "message_template_namespace"),
        "WhatsAppBusinessAccount",
    )
    return known


def _value(value: object, _selected: object) -> object:
    return value


def _preview(call: Call, flow: Flow, selected: Selected) -> Json:
    if selected.arguments.get("invalidate") == "true":
        flow.key = secrets.token_urlsafe(18)
    until = call.world.clock.now() + PREVIEW_LIFE_S
    return {
        "preview_url": public.address(call.base_url, "flow", flow.key),
        "expires_at": _iso(until),
    }


def _metric(flow: Flow, selected: Selected) -> Json:
    """What an endpoint did; no endpoint is called in the sandbox, so there is nothing to count."""
    name = selected.arguments.get("name", "")
    step = selected.arguments.get("granularity", "")
    if name not in METRICS or step not in STEPS:
        raise MetaError(100, "(#100) Param metric needs a known name and granularity")
    return {"id": f"{flow.id}/{name}", "name": name, "granularity": step, "data_points": []}


def _health(world: World, flow: Flow, selected: Selected) -> Json:
    waba = world.wabas[flow.waba_id]
    state = "BLOCKED" if flow.status in ("BLOCKED", "DEPRECATED") else "AVAILABLE"
    entities: list[Json] = [
        {"entity_type": "FLOW", "id": flow.id, "can_send_message": state},
        {"entity_type": "WABA", "id": waba.id, "can_send_message": "AVAILABLE"},
        {"entity_type": "BUSINESS", "id": waba.business_id, "can_send_message": "AVAILABLE"},
        {"entity_type": "APP", "id": flow.app_id, "can_send_message": "AVAILABLE"},
    ]
    number = world.numbers.get(selected.arguments.get("phone_number", ""))
    if number is not None and number.waba_id == waba.id:
        reaches = "AVAILABLE" if number.is_registered else "BLOCKED"
        entities.append(
            {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": reaches}
        )
        state = state if number.is_registered else "BLOCKED"
    return {"can_send_message": state, "entities": entities}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
