"""A number's username: asked for, changed, given up, and suggested."""

from __future__ import annotations

import re

from ...protocol.errors import invalid_parameter, refused
from ...world.belongings import Username
from ...world.entities import PhoneNumber
from ...world.world import World
from ..call import Answer, Call
from .checks import one_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
FORM = re.compile(r"(?=.*[a-z])(?!www)(?!\.)(?!.*\.\.)[a-z0-9._]{3,35}(?<!\.)")
DOMAIN = re.compile(r".*\.(com|org|net|gov|edu|io|co|app|html?)")
TRANSFERS = ("none", "force_transfer")
ALLOWED = (
    "A username has 3 to 35 of the characters a-z, 0-9, . and _, at least one letter, does not "
    "start with www, does not start or end with a full stop, and does not look like an address"
)


async def get(call: Call) -> Answer:
    username = call.number().username
    if username is None:
        return {}
    return {"username": username.name, "status": username.status}


async def save(call: Call) -> Answer:
    world, number = call.world, call.number()
    name = call.need("username").lower()
    transfer = one_of(call.parameters.get("transfer_action", "none"), "transfer_action", TRANSFERS)
    # Meta's pages name the switch both ways.
    is_forced = transfer == "force_transfer" or call.parameters.get("force_transfer") is True
    if not FORM.fullmatch(name) or DOMAIN.fullmatch(name):
        raise invalid_parameter(ALLOWED)
    if not number.is_registered:
        raise refused(133010)
    holder = _holder(world, name)
    if holder is not None and holder is not number:
        if _business(world, holder) != _business(world, number):
            raise refused(147001)
        if not is_forced:
            raise refused(147005)
        holder.username = None
        _tell(world, holder, name, "deleted")
    number.username = Username(name)
    _tell(world, number, name, number.username.status)
    return {"status": number.username.status}


async def remove(call: Call) -> Answer:
    number = call.number()
    if number.username is None:
        return {"success": False}
    name, number.username = number.username.name, None
    _tell(call.world, number, name, "deleted")
    return {"success": True}


async def suggestions(call: Call) -> Answer:
    world, number = call.world, call.number()
    stem = re.sub(r"[^a-z0-9]+", "_", number.verified_name.lower()).strip("_")[:28] or "business"
    made = (stem, stem.replace("_", "."), f"{stem}_official", f"{stem}_{number.digits[-4:]}")
    free = [
        name
        for name in dict.fromkeys(made)
        if FORM.fullmatch(name) and _holder(world, name) is None
    ]
    return {"data": [{"username_suggestions": free}]}


def _holder(world: World, name: str) -> PhoneNumber | None:
    for number in world.numbers.values():
        if number.username is not None and number.username.name == name:
            return number
    return None


def _business(world: World, number: PhoneNumber) -> str:
    return world.wabas[number.waba_id].business_id


def _tell(world: World, number: PhoneNumber, name: str, status: str) -> None:
    world.publish_change(
        world.wabas[number.waba_id],
        "business_username_update",
        {"display_phone_number": number.digits, "username": name, "status": status},
    )
