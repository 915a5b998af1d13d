"""People a business does not want to hear from."""

from __future__ import annotations

from starlette.responses import Response

from ...protocol.answers import answered
from ...protocol.errors import MetaError, entry_for, new_trace, refused
from ...protocol.paging import page
from ...protocol.shapes import Json, is_object
from ...world.entities import Person
from ...world.world import World
from ..call import Answer, Call
from .checks import check_product, digits_of, items, named_person

# https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users
MAX_BLOCKED = 64_000


async def listed(call: Call) -> Answer:
    world = call.world
    return page(
        list(call.number().blocked),
        key=lambda wa_id: wa_id,
        show=lambda wa_id: {"messaging_product": "whatsapp", **_identity(world, wa_id)},
        parameters=call.parameters,
        url=call.url,
    )


async def block(call: Call) -> Answer:
    """Block who wrote in the last 24 hours; the others fail, one by one."""
    world, number = call.world, call.number()
    done: list[Json] = []
    failed: list[Json] = []
    for given in _users(call):
        person = named_person(world, given.get("user"), given.get("user_id"))
        if person is None or not world.window_is_open(number, person):
            failed.append({**_named(given, person), "errors": [_too_late()]})
            continue
        if len(number.blocked) >= MAX_BLOCKED:
            raise refused(139101)
        number.blocked.setdefault(person.wa_id, world.clock.now())
        done.append(_named(given, person))
    return _answer(call, "added_users", done, failed, "Failed to block some users")


async def unblock(call: Call) -> Answer:
    """Take people off the list; who is not on it is as free as if they had been."""
    world, number = call.world, call.number()
    done: list[Json] = []
    failed: list[Json] = []
    for given in _users(call):
        person = named_person(world, given.get("user"), given.get("user_id"))
        if person is None:
            failed.append({**_named(given, None), "errors": [_nobody()]})
            continue
        number.blocked.pop(person.wa_id, None)
        done.append(_named(given, person))
    return _answer(call, "removed_users", done, failed, "Failed to unblock some users")


def _users(call: Call) -> list[Json]:
    check_product(call)
    users: list[Json] = []
    for given in items(call, "block_users"):
        if not is_object(given) or (given.get("user") is None) == (given.get("user_id") is None):
            raise MetaError(
                100, "(#100) Each of block_users must be an object with either user or user_id."
            )
        users.append(given)
    return users


def _named(given: Json, person: Person | None) -> Json:
    if given.get("user_id") is not None:
        return {"input": str(given["user_id"]), "user_id": str(given["user_id"])}
    wa_id = person.wa_id if person is not None else digits_of(given["user"])
    return {"input": str(given["user"]), **({"wa_id": wa_id} if wa_id else {})}


def _identity(world: World, wa_id: str) -> Json:
    person = world.people.get(wa_id)
    if person is not None and person.hides_phone:
        return {"user_id": person.bsuid}
    return {"wa_id": wa_id}


def _answer(
    call: Call, part: str, done: list[Json], failed: list[Json], said: str
) -> Json | Response:
    body: Json = {"messaging_product": "whatsapp", "block_users": {}}
    if done or not failed:
        body["block_users"][part] = done
    if not failed:
        return body
    body["block_users"]["failed_users"] = failed
    # The only answer of Meta's that carries both a result and an error.
    body["error"] = {
        "message": f"(#139100) {said}",
        "type": "OAuthException",
        "code": 139100,
        "error_data": {"details": f"{said}, see the block_users response list for details"},
        "fbtrace_id": new_trace(),
    }
    return answered(body, 400, call.version)


def _too_late() -> Json:
    return {
        "message": "Re-engagement required",
        "code": 131047,
        "error_data": {"details": "Users that are not messaged in last 24 hours cannot be blocked"},
    }


def _nobody() -> Json:
    entry = entry_for(131026)
    title = entry.title if entry is not None else "Message undeliverable"
    return {
        "message": title,
        "code": 131026,
        "error_data": {"details": "This user is not on WhatsApp"},
    }
