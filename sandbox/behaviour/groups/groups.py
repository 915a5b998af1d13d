"""Groups: opened, listed, looked at, changed and deleted by the business.

Most of it happens after the answer: the answer carries a request id, and what became of the
request comes as a webhook.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import partial

from ...protocol.errors import MetaError, invalid_parameter, refused
from ...protocol.fields import Getter, pick
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.entities import Group, Person, PhoneNumber
from ...world.world import World
from ..accounts.checks import check_product, line, needed_line, one_of
from ..call import Answer, Call
from . import picture
from .news import failure_of, publish

# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/reference
MAX_SUBJECT_CHARS = 128
MAX_DESCRIPTION_CHARS = 2048
MAX_GROUPS = 10_000
APPROVAL_MODES = ("auto_approve", "approval_required")
INVITE = "https://chat.whatsapp.com/{}"
NODE_TYPE = "WhatsAppGroup"
DEFAULT = ("id",)


async def create(call: Call) -> Answer:
    check_product(call)
    world, number = call.world, call.number()
    subject = needed_line(call, "subject", MAX_SUBJECT_CHARS).strip()
    description = line(call, "description", MAX_DESCRIPTION_CHARS) or ""
    mode = one_of(
        call.parameters.get("join_approval_mode", APPROVAL_MODES[0]),
        "join_approval_mode",
        APPROVAL_MODES,
    )
    if not number.is_registered:
        raise refused(133010)
    group = Group(
        id=_new_group_id(number),
        number_id=number.id,
        subject=subject,
        description=description,
        created_at=world.clock.now(),
        invite_code=new_invite_code(),
        join_approval_mode=mode,
    )
    request_id = world.new_id()
    if len(groups_of(world, number)) >= MAX_GROUPS:
        said = {"request_id": request_id, "subject": subject, "errors": [failure_of(131211)]}
        publish(world, group, "group_lifecycle_update", "group_create", said)
    else:
        world.groups[group.id] = group
        said = {
            "request_id": request_id,
            "subject": subject,
            **({"description": description} if description else {}),
            "invite_link": INVITE.format(group.invite_code),
            "join_approval_mode": mode,
        }
        publish(world, group, "group_lifecycle_update", "group_create", said)
    return accepted(request_id)


async def listed(call: Call) -> Answer:
    """Meta nests these under `groups`, unlike its other lists."""
    listing = page(
        groups_of(call.world, call.number()),
        key=lambda group: group.id,
        show=lambda group: {
            "id": group.id,
            "subject": group.subject,
            "created_at": str(int(group.created_at)),
        },
        parameters=call.parameters,
        url=call.url,
    )
    return {**listing, "data": {"groups": listing["data"]}}


async def get(call: Call) -> Answer:
    group = call.group()
    getters = _getters(call.world, group)
    shown = pick(getters, call.fields(), DEFAULT, NODE_TYPE)
    return {"messaging_product": "whatsapp", **shown}


async def update(call: Call) -> Answer:
    check_product(call)
    world, group = call.world, call.group()
    subject = line(call, "subject", MAX_SUBJECT_CHARS, least=1)
    description = line(call, "description", MAX_DESCRIPTION_CHARS)
    image = await picture.of_call(call)
    if subject is None and description is None and image is None:
        raise invalid_parameter("One of subject, description and profile picture is required")
    _check_open(group)
    request_id = world.new_id()
    said: Json = {"request_id": request_id}
    if image is not None:
        said["profile_picture"] = _set_picture(group, image)
    if subject is not None:
        group.subject = subject.strip()
        said["group_subject"] = {"text": group.subject, "update_successful": True}
    if description is not None:
        group.description = description
        said["group_description"] = {"text": description, "update_successful": True}
    publish(world, group, "group_settings_update", "group_settings_update", said)
    return accepted(request_id)


async def delete(call: Call) -> Answer:
    world, group = call.world, call.group()
    request_id = world.new_id()
    del world.groups[group.id]
    publish(world, group, "group_lifecycle_update", "group_delete", {"request_id": request_id})
    return accepted(request_id)


async def invitation(call: Call) -> Answer:
    return _invitation(call.group())


async def renew_invitation(call: Call) -> Answer:
    check_product(call)
    group = call.group()
    _check_open(group)
    group.invite_code = new_invite_code()
    return _invitation(group)


async def withdraw_invitation(call: Call) -> Answer:
    """Nobody can join by the old link any more; asking for the link gives a new one."""
    call.group().invite_code = ""
    return {"messaging_product": "whatsapp", "success": True}


def accepted(request_id: str) -> Json:
    return {"messaging_product": "whatsapp", "request_id": request_id, "success": True}


def groups_of(world: World, number: PhoneNumber) -> list[Group]:
    return [group for group in world.groups.values() if group.number_id == number.id]


def participant(world: World, wa_id: str) -> Json:
    """How Graph names somebody in a group."""
    person = world.people.get(wa_id)
    if person is None:
        return {"wa_id": wa_id}
    named: Json = {} if person.hides_phone else {"wa_id": wa_id}
    return {**named, **_user_id(world, person)}


def new_invite_code() -> str:
    return secrets.token_urlsafe(16).replace("-", "x").replace("_", "y")


def _user_id(world: World, person: Person) -> Json:
    shown: Json = {}
    if world.settings.user_ids or person.hides_phone:
        shown["user_id"] = person.bsuid
    if person.username is not None:
        shown["username"] = f"@{person.username}"
    return shown


def _invitation(group: Group) -> Json:
    group.invite_code = group.invite_code or new_invite_code()
    return {"messaging_product": "whatsapp", "invite_link": INVITE.format(group.invite_code)}


def _check_open(group: Group) -> None:
    if group.is_suspended:
        raise refused(131207)


def _set_picture(group: Group, image: bytes) -> Json:
    said: Json = {"mime_type": "image/jpeg", "update_successful": False}
    try:
        picture.check(image)
    except MetaError as refusal:
        return {**said, "errors": [failure_of(refusal.code)]}
    group.picture_sha256 = base64.b64encode(hashlib.sha256(image).digest()).decode()
    return {**said, "update_successful": True, "sha256": group.picture_sha256}


def _getters(world: World, group: Group) -> dict[str, Getter]:
    plain: Json = {
        "id": group.id,
        "messaging_product": "whatsapp",
        "subject": group.subject,
        "description": group.description,
        "creation_timestamp": int(group.created_at),
        "suspended": group.is_suspended,
        "total_participant_count": len(group.participants),
        "participants": [participant(world, wa_id) for wa_id in group.participants],
        "join_approval_mode": group.join_approval_mode,
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _new_group_id(number: PhoneNumber) -> str:
    """An id in the form seen in Meta's examples; clients must not read anything into it."""
    raw = f"capi_group:{number.digits}:{120363 * 10**12 + secrets.randbelow(10**12)}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=") + "ZD"
