"""The sandbox's own controls under /_sandbox: the world, the clock, people, faults, webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import ValidationError

from ..behaviour.messages import statuses
from ..behaviour.people import people as phones
from ..behaviour.people import preferences
from ..protocol.errors import entry_for
from ..protocol.shapes import Json, is_object
from ..world import seed as fixed
from ..world.entities import FailNext, Person, PhoneNumber
from ..world.settings import Settings
from ..world.world import World
from .bodies import (
    ClockChange,
    FailNextChange,
    InboundMessage,
    NewPerson,
    PersonChange,
)
from .business import business_controls
from .calls import call_controls
from .faults import fault_controls
from .phones import phone_controls
from .refusals import REFUSALS, name_other_methods
from .stream import stream_controls
from .strict import StrictRoute
from .templates import template_controls
from .trigger import trigger_controls
from .views import (
    seeded,
    shown_clock,
    shown_person,
)
from .webhooks import webhook_controls
from .worlds import world_controls


def create_controls(world: World) -> FastAPI:
    """The controls as an application of their own, with OpenAPI beside them."""
    controls = FastAPI(
        title="WhatsApp sandbox controls",
        version="1",
        openapi_url="/_sandbox/openapi.json",
        docs_url="/_sandbox/docs",
        redoc_url=None,
        responses=REFUSALS,
    )
    name_other_methods(controls)
    controls.router.route_class = StrictRoute
    _world_controls(controls, world)
    business_controls(controls, world)
    call_controls(controls, world)
    webhook_controls(controls, world)
    _people_controls(controls, world)
    fault_controls(controls, world)
    phone_controls(controls, world)
    stream_controls(controls, world)
    trigger_controls(controls, world)
    template_controls(controls, world)
    world_controls(controls, world)
    return controls


def _world_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/fixture")
    async def fixture() -> Json:
        """The seeded world: ids, tokens and secrets to configure a client with."""
        return seeded()

    @controls.post("/_sandbox/reset")
    async def reset() -> Json:
        """Back to the seed."""
        world.reset()
        return {"reset": True}

    @controls.get("/_sandbox/clock")
    async def read_clock() -> Json:
        return shown_clock(world.clock)

    @controls.post("/_sandbox/clock")
    async def move_clock(change: ClockChange) -> Json:
        """Freeze, speed up, set, advance: in this order. What falls due on the way happens."""
        clock = world.clock
        if change.freeze is not None:
            clock.freeze(frozen=change.freeze)
        if change.speed is not None:
            clock.run_at(change.speed)
        if change.set_to is not None:
            when = change.set_to
            clock.move_to(when.timestamp() if isinstance(when, datetime) else when)
        if change.advance_s is not None:
            clock.move_to(clock.now() + change.advance_s)
        world.feed.publish("clock", clock)
        return shown_clock(clock)

    @controls.get("/_sandbox/settings")
    async def read_settings() -> Settings:
        return world.settings

    @controls.post("/_sandbox/settings")
    async def change_settings(change: dict[str, Any]) -> Settings:
        """Set what is named, leave the rest; objects are merged."""
        current = world.settings.model_dump(by_alias=True)
        world.settings = _validated(merged(current, change))
        world.feed.publish("settings", world.settings)
        return world.settings


def _people_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/people")
    async def everyone() -> Json:
        return {"people": [shown_person(world, person) for person in world.people.values()]}

    @controls.post("/_sandbox/people", status_code=201)
    async def create(new: NewPerson) -> Json:
        wa_id = new.wa_id or phones.made_up_number(world)
        bsuid = new.bsuid or phones.made_up_bsuid(wa_id)
        if world.person(wa_id) or world.person(bsuid):
            raise HTTPException(409, "There is somebody with this number or user id already.")
        person = Person(
            wa_id,
            bsuid,
            new.name,
            new.username,
            hides_phone=new.hide_phone,
            read_receipts=new.read_receipts,
            is_online=new.online,
        )
        world.add_person(person)
        _allow(world, person, allowed=new.allowed)
        world.feed.publish("person", person)
        return shown_person(world, person)

    @controls.patch("/_sandbox/people/{key}")
    async def change(key: str, change: PersonChange) -> Json:
        person = _person(world, key)
        _change_person(world, person, change)
        world.feed.publish("person", person)
        return shown_person(world, person)

    @controls.get("/_sandbox/people/{key}/messages")
    async def phone(key: str) -> Json:
        """That person's phone: both directions, oldest first."""
        person = _person(world, key)
        return {
            "messages": phones.phone(world, person),
            "typing": phones.who_types(world, person),
        }

    @controls.post("/_sandbox/people/{key}/messages", status_code=201)
    async def write(key: str, message: InboundMessage, request: Request) -> Json:
        """The person writes to a business; this opens the 24-hour window."""
        person = _person(world, key)
        group = world.groups.get(message.group_id or "")
        number = _number(world, group.number_id if group and not message.to else message.to)
        base_url = str(request.base_url).rstrip("/")
        try:
            ids = [
                phones.write(world, person, number, _writing(message, position), base_url)
                for position in range(1, message.count + 1)
            ]
        except phones.PersonError as impossible:
            raise HTTPException(409, str(impossible)) from None
        return {"id": ids[0], "ids": ids}


def merged(current: Json, change: Json) -> Json:
    result = dict(current)
    for name, value in change.items():
        before = result.get(name)
        result[name] = merged(before, value) if is_object(before) and is_object(value) else value
    return result


def _validated(settings: Json) -> Settings:
    try:
        return Settings.model_validate(settings)
    except ValidationError as wrong:
        raise HTTPException(422, wrong.errors(include_url=False, include_context=False)) from None


def _number(world: World, number_id: str | None) -> PhoneNumber:
    number = world.numbers.get(number_id or fixed.PHONE_NUMBER_ID)
    if number is None:
        raise HTTPException(404, f"There is no phone number {number_id}.")
    return number


def _person(world: World, key: str) -> Person:
    person = world.person(key)
    if person is None:
        raise HTTPException(404, f"There is nobody with the number or user id {key}.")
    return person


def _writing(message: InboundMessage, position: int) -> phones.Writing:
    parts: Json = message.model_extra or {}
    content: object = parts.get(message.type)
    unknown = [name for name in parts if name != message.type]
    if unknown:
        raise HTTPException(422, f"Unknown part: {unknown[0]}.")
    context = message.context or {}
    quoted = context.get("id") or context.get("message_id")
    product = context.get("referred_product")
    return phones.Writing(
        kind=message.type,
        content=phones.counted(content, position),
        quoted_id=str(quoted) if quoted else None,
        is_forwarded=bool(context.get("forwarded")),
        is_forwarded_often=bool(context.get("frequently_forwarded")),
        referred_product=product if is_object(product) else None,
        referral=message.referral,
        identity=message.identity,
        origin=message.origin,
        group_id=message.group_id,
    )


def _change_person(world: World, person: Person, change: PersonChange) -> None:
    if change.name is not None:
        person.name = change.name
    if "username" in change.model_fields_set:
        person.username = change.username
    if change.hide_phone is not None:
        person.hides_phone = change.hide_phone
    if change.read_receipts is not None:
        person.read_receipts = change.read_receipts
    if change.allowed is not None:
        _allow(world, person, allowed=change.allowed)
    if change.blocks is not None:
        person.blocked = {_number(world, number_id).id for number_id in change.blocks}
    if change.online is not None:
        person.is_online = change.online
        if change.online:
            statuses.come_online(world, person)
    _change_reception(world, person, change)


def _change_reception(world: World, person: Person, change: PersonChange) -> None:
    """What becomes of the messages to this person."""
    if "parent_bsuid" in change.model_fields_set:
        world.people_by_bsuid.pop(person.parent_bsuid or "", None)
        person.parent_bsuid = change.parent_bsuid
        world.add_person(person)
    if change.identity_key_hash is not None:
        person.identity_key_hash = change.identity_key_hash
    if change.open_chats is not None:
        numbers = {_number(world, number_id).id for number_id in change.open_chats}
        statuses.open_chat(world, person, numbers)
    if change.stops_marketing is not None:
        numbers = {_number(world, number_id).id for number_id in change.stops_marketing}
        preferences.choose_marketing(world, person, numbers)
    if "fail_next" in change.model_fields_set:
        person.fail_next = _fail_next(change.fail_next)


def _fail_next(wanted: FailNextChange | None) -> FailNext | None:
    if wanted is None:
        return None
    if entry_for(wanted.code) is None:
        raise HTTPException(422, f"Meta's list of errors has no code {wanted.code}.")
    return FailNext(wanted.code, wanted.count, wanted.details)


def _allow(world: World, person: Person, *, allowed: bool) -> None:
    for app in world.apps.values():
        if allowed:
            app.allowed_recipients.add(person.wa_id)
        else:
            app.allowed_recipients.discard(person.wa_id)
