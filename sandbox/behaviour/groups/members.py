"""Who is in a group: added and removed by the business, joining and leaving by themselves."""

from __future__ import annotations

from starlette.responses import Response

from ...protocol.answers import answered
from ...protocol.errors import MetaError, refused
from ...protocol.paging import page
from ...protocol.shapes import Json, is_object
from ...world.entities import Group, JoinRequest, Person
from ...world.world import World
from ..accounts.checks import check_product, items, named_person
from ..call import Answer, Call
from .groups import accepted, participant
from .news import failure_of, publish

# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/reference
MAX_PARTICIPANTS = 8
FIELD = "group_participants_update"


class MembershipError(Exception):
    """Somebody cannot join or leave: a sentence that says why."""


async def add(call: Call) -> Answer:
    world, group = call.world, call.group()
    added, failed = _sorted(call, is_member=False)
    if len(group.participants) + len(added) > MAX_PARTICIPANTS:
        raise refused(131204)
    request_id = world.new_id()
    group.participants += [person.wa_id for _, person in added]
    said = _outcome(request_id, "added_participants", "failed_participants", added, failed)
    publish(world, group, FIELD, "group_participants_add", {**said, "reason": "business"})
    return accepted(request_id)


async def remove(call: Call) -> Answer:
    world, group = call.world, call.group()
    removed, failed = _sorted(call, is_member=True)
    if failed and not removed:
        raise refused(131212)
    request_id = world.new_id()
    gone = {person.wa_id for _, person in removed}
    group.participants = [wa_id for wa_id in group.participants if wa_id not in gone]
    said = _outcome(request_id, "removed_participants", "failed_participants", removed, failed)
    publish(world, group, FIELD, "group_participants_remove", {**said, "initiated_by": "business"})
    return accepted(request_id)


async def requests(call: Call) -> Answer:
    world, group = call.world, call.group()
    return page(
        list(group.join_requests.values()),
        key=lambda request: request.id,
        show=lambda request: {
            "join_request_id": request.id,
            **participant(world, request.wa_id),
            "creation_timestamp": int(request.at),
        },
        parameters=call.parameters,
        url=call.url,
    )


async def approve(call: Call) -> Answer:
    world, group = call.world, call.group()
    found, failed = _requests(call)
    request_id = world.new_id()
    approved: list[str] = []
    joined: list[str] = []
    for request in found:
        if len(group.participants) >= MAX_PARTICIPANTS:
            failed.append(_failed(request.id, 131204))
            continue
        del group.join_requests[request.id]
        group.participants.append(request.wa_id)
        approved.append(request.id)
        joined.append(request.wa_id)
    if joined:
        said = {
            "request_id": request_id,
            "added_participants": [participant(world, wa_id) for wa_id in joined],
            "reason": "join_request_approved",
        }
        publish(world, group, FIELD, "group_participants_add", said)
    return _partly(call, request_id, "approved_join_requests", approved, failed)


async def reject(call: Call) -> Answer:
    group = call.group()
    found, failed = _requests(call)
    for request in found:
        del group.join_requests[request.id]
    rejected = [request.id for request in found]
    return _partly(call, call.world.new_id(), "rejected_join_requests", rejected, failed)


def join(world: World, group: Group, person: Person) -> str | None:
    """Somebody follows the invitation; the id of the request where the business has to agree."""
    if person.wa_id in group.participants:
        raise MembershipError(f"{person.name} is in this group already.")
    if group.is_suspended or not group.invite_code:
        raise MembershipError("This group has no invitation that could be followed.")
    if group.join_approval_mode == "approval_required":
        return _ask(world, group, person)
    if len(group.participants) >= MAX_PARTICIPANTS:
        raise MembershipError(f"This group is full: it has {MAX_PARTICIPANTS} people.")
    group.participants.append(person.wa_id)
    said = {"reason": "invite_link", "added_participants": [participant(world, person.wa_id)]}
    publish(world, group, FIELD, "group_participants_add", said)
    return None


def leave(world: World, group: Group, person: Person) -> None:
    waiting = [one for one in group.join_requests.values() if one.wa_id == person.wa_id]
    if waiting:
        del group.join_requests[waiting[0].id]
        said = {"join_request_id": waiting[0].id, **participant(world, person.wa_id)}
        publish(world, group, FIELD, "group_join_request_revoked", said)
        return
    if person.wa_id not in group.participants:
        raise MembershipError(f"{person.name} is not in this group.")
    group.participants.remove(person.wa_id)
    left = [participant(world, person.wa_id)]
    said = {"initiated_by": "participant", "removed_participants": left}
    publish(world, group, FIELD, "group_participants_remove", said)


def _ask(world: World, group: Group, person: Person) -> str:
    if any(one.wa_id == person.wa_id for one in group.join_requests.values()):
        raise MembershipError(f"{person.name} has asked to join already.")
    request = JoinRequest(world.new_id(), person.wa_id, world.clock.now())
    group.join_requests[request.id] = request
    said = {
        "reason": "invite_link",
        "join_request_id": request.id,
        **participant(world, person.wa_id),
    }
    publish(world, group, FIELD, "group_join_request_created", said)
    return request.id


def _sorted(call: Call, *, is_member: bool) -> tuple[list[tuple[str, Person]], list[Json]]:
    """Whom the call names and can act on, and the others with the reason."""
    check_product(call)
    world, group = call.world, call.group()
    if group.is_suspended:
        raise refused(131207)
    given = items(call, "participants")
    if len(given) > MAX_PARTICIPANTS:
        raise refused(131204)
    good: list[tuple[str, Person]] = []
    bad: list[Json] = []
    for one in given:
        if not is_object(one) or (one.get("user") is None) == (one.get("user_id") is None):
            raise MetaError(
                100, "(#100) Each of participants must be an object with either user or user_id."
            )
        written = str(one.get("user") or one.get("user_id"))
        person = named_person(world, one.get("user"), one.get("user_id"))
        if person is not None and any(other is person for _, other in good):
            raise refused(131202)
        if person is None or (person.wa_id in group.participants) != is_member:
            code = 131026 if person is None else 131212 if is_member else 131202
            bad.append({"input": written, "errors": [failure_of(code)]})
        else:
            good.append((written, person))
    return good, bad


def _outcome(
    request_id: str, good: str, bad: str, done: list[tuple[str, Person]], failed: list[Json]
) -> Json:
    said: Json = {"request_id": request_id, good: [{"input": written} for written, _ in done]}
    if failed:
        said |= {bad: failed, "errors": [failure_of(131201)]}
    return said


def _requests(call: Call) -> tuple[list[JoinRequest], list[Json]]:
    check_product(call)
    group = call.group()
    wanted = list(dict.fromkeys(str(one) for one in items(call, "join_requests")))
    found = [group.join_requests[one] for one in wanted if one in group.join_requests]
    return found, [_failed(one, 131213) for one in wanted if one not in group.join_requests]


def _failed(request_id: str, code: int) -> Json:
    return {"join_request_id": request_id, "errors": [failure_of(code)]}


def _partly(
    call: Call, request_id: str, part: str, done: list[str], failed: list[Json]
) -> Json | Response:
    body: Json = {"messaging_product": "whatsapp", "request_id": request_id, part: done}
    if not failed:
        return body
    body |= {"failed_join_requests": failed, "errors": [failure_of(131201)]}
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/error-codes
    return answered(body, 206, call.version)


def suspend(world: World, group: Group, *, is_suspended: bool) -> None:
    """Meta stops a group, or lets it go on."""
    group.is_suspended = is_suspended
    kind = "group_suspend" if is_suspended else "group_suspend_cleared"
    publish(world, group, "group_status_update", kind, {})
