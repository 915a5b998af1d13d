"""Who lets a business call them, and for how long."""

from __future__ import annotations

from ..protocol.shapes import Json
from .belongings import CallPermission
from .entities import Person, PhoneNumber
from .world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions
TEMPORARY_S = 7 * 24 * 3600.0


def of(world: World, number: PhoneNumber, person: Person) -> CallPermission:
    """The permission that holds now; one that ran out is none."""
    permission = number.call_permissions.get(person.wa_id)
    if permission is None or permission.status == "no_permission":
        return CallPermission("no_permission")
    if permission.expires_at is not None and world.clock.now() >= permission.expires_at:
        return CallPermission("no_permission")
    return permission


def allows(world: World, number: PhoneNumber, person: Person) -> bool:
    return of(world, number, person).status != "no_permission"


def answer(world: World, number: PhoneNumber, person: Person, reply: Json) -> None:
    """Keep what a person answered to a request (`call_permission_reply` of their message)."""
    is_permanent = reply.get("is_permanent") is True
    if reply.get("response") != "accept":
        number.call_permissions[person.wa_id] = CallPermission("no_permission")
    elif is_permanent:
        number.call_permissions[person.wa_id] = CallPermission("permanent")
    else:
        until = world.clock.now() + TEMPORARY_S
        number.call_permissions[person.wa_id] = CallPermission("temporary", until)


def called_back(world: World, number: PhoneNumber, person: Person) -> None:
    """Who calls a business that asks for callbacks lets it call back."""
    wants = number.settings.calling.get("callback_permission_status") == "ENABLED"
    if wants and not allows(world, number, person):
        until = world.clock.now() + TEMPORARY_S
        number.call_permissions[person.wa_id] = CallPermission("temporary", until)
