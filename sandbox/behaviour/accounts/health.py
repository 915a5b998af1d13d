"""Whether messages can be sent, as Meta tells it of a number or a business account.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/health-status
"""

from __future__ import annotations

from ...protocol.shapes import Json
from ...world.entities import PhoneNumber, Waba
from ...world.world import World

# Meta's page lists no codes of these errors, and this one could not be checked: nothing should
# depend on it.
UNPAID: Json = {
    "error_code": 141006,
    "error_description": "There is no valid payment method, so charged messages do not go out.",
    "possible_solution": "Add a valid payment method to the WhatsApp Business Account.",
}
UNREGISTERED: Json = {
    "error_code": 141000,
    "error_description": "The phone number is not registered.",
    "possible_solution": "Register the phone number.",
}


def of_number(world: World, number: PhoneNumber) -> Json:
    """The health of everything that a message of the number depends on."""
    own = _entity("PHONE_NUMBER", number.id, None if number.is_registered else UNREGISTERED)
    waba = world.wabas[number.waba_id]
    apps = [_entity("APP", app_id) for app_id in waba.subscriptions or world.apps]
    return _summary([own, *_of_business(world, waba), *apps])


def of_waba(world: World, waba: Waba) -> Json:
    """The same without a number."""
    return _summary(_of_business(world, waba))


def _of_business(world: World, waba: Waba) -> list[Json]:
    fault = None if world.settings.payment == "valid" else UNPAID
    return [_entity("WABA", waba.id, fault), _entity("BUSINESS", waba.business_id)]


def _entity(kind: str, entity_id: str, fault: Json | None = None) -> Json:
    state = "AVAILABLE" if fault is None else "BLOCKED"
    entity: Json = {"entity_type": kind, "id": entity_id, "can_send_message": state}
    return entity if fault is None else {**entity, "errors": [fault]}


def _summary(entities: list[Json]) -> Json:
    is_blocked = any(each["can_send_message"] == "BLOCKED" for each in entities)
    return {"can_send_message": "BLOCKED" if is_blocked else "AVAILABLE", "entities": entities}
