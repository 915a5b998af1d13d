"""The sandbox's own controls under /_sandbox: the world, the clock, people, faults, webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request, Response
from pydantic import ValidationError

from ..graph.faults import FaultRule
from ..shapes import Json, is_object
from ..webhooks import subscriptions
from ..webhooks.deliveries import Delivery
from ..world import people as phones
from ..world import seed as fixed
from ..world import statuses
from ..world.entities import App, Person, PhoneNumber
from ..world.settings import Settings
from ..world.world import World
from .bodies import (
    AppChange,
    ClockChange,
    InboundMessage,
    NewPerson,
    PersonChange,
    WebhookChoice,
)
from .views import (
    seeded,
    shown_call,
    shown_clock,
    shown_delivery,
    shown_fault,
    shown_person,
)

Limit = Annotated[int, Query(ge=1, le=10_000)]


def create_controls(world: World) -> FastAPI:
    """The controls as an application of their own, with OpenAPI beside them."""
    controls = FastAPI(
        title="WhatsApp sandbox controls",
        version="1",
        openapi_url="/_sandbox/openapi.json",
        docs_url="/_sandbox/docs",
        redoc_url=None,
    )
    _world_controls(controls, world)
    _webhook_controls(controls, world)
    _people_controls(controls, world)
    _fault_controls(controls, world)
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
        return shown_clock(clock)

    @controls.get("/_sandbox/settings")
    async def read_settings() -> Settings:
        return world.settings

    @controls.post("/_sandbox/settings")
    async def change_settings(change: dict[str, Any]) -> Settings:
        """Set what is named, leave the rest; objects are merged."""
        current = world.settings.model_dump(by_alias=True)
        world.settings = _validated(merged(current, change))
        return world.settings

    @controls.patch("/_sandbox/apps/{app_id}")
    async def change_app(app_id: str, change: AppChange) -> Json:
        app = _app(world, app_id)
        app.requires_proof = change.require_app_secret_proof
        return {"id": app.id, "requireAppSecretProof": app.requires_proof}

    @controls.get("/_sandbox/calls")
    async def calls(limit: Limit = 100) -> Json:
        """The latest Graph calls, newest first."""
        latest = list(world.calls)[::-1][:limit]
        return {"calls": [shown_call(call) for call in latest]}


def _webhook_controls(controls: FastAPI, world: World) -> None:
    @controls.post("/_sandbox/webhook")
    async def set_webhook(choice: WebhookChoice, response: Response) -> Json:
        """Give the app a callback; Meta's GET handshake comes first."""
        app = _app(world, choice.app_id)
        fields = choice.fields if choice.fields is not None else list(subscriptions.WEBHOOK_FIELDS)
        unknown = [name for name in fields if name not in subscriptions.WEBHOOK_FIELDS]
        if unknown:
            raise HTTPException(422, f"Meta has no webhook field named {unknown[0]}.")
        reason = await subscriptions.configure(
            world, app, choice.callback_url, choice.verify_token, fields
        )
        if reason is not None:
            response.status_code = 400
        return {"verified": reason is None, "reason": reason, "callbackUrl": app.callback_url}

    @controls.get("/_sandbox/webhooks")
    async def deliveries(limit: Limit = 100) -> Json:
        """The latest deliveries, newest first, and how many updates still wait."""
        log = world.courier.log
        return {
            "waiting": world.courier.waiting,
            "deliveries": [shown_delivery(delivery) for delivery in log.latest(limit)],
        }

    @controls.get("/_sandbox/webhooks/{delivery_id}")
    async def delivery(delivery_id: str) -> Json:
        found = _delivery(world, delivery_id)
        return {**shown_delivery(found), "body": found.body.decode()}

    @controls.post("/_sandbox/webhooks/{delivery_id}/resend", status_code=202)
    async def resend(delivery_id: str) -> Json:
        """Post the same bytes again."""
        return shown_delivery(world.courier.resend(_delivery(world, delivery_id)))


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
        return shown_person(world, person)

    @controls.patch("/_sandbox/people/{key}")
    async def change(key: str, change: PersonChange) -> Json:
        person = _person(world, key)
        _change_person(world, person, change)
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
        number = _number(world, message.to)
        base_url = str(request.base_url).rstrip("/")
        try:
            ids = [
                phones.write(world, person, number, _writing(message, position), base_url)
                for position in range(1, message.count + 1)
            ]
        except phones.PersonError as impossible:
            raise HTTPException(409, str(impossible)) from None
        return {"id": ids[0], "ids": ids}


def _fault_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/faults")
    async def faults() -> Json:
        return {"faults": [shown_fault(fault) for fault in world.faults.all()]}

    @controls.post("/_sandbox/faults", status_code=201)
    async def add(rule: FaultRule) -> Json:
        return shown_fault(world.faults.add(rule))

    @controls.delete("/_sandbox/faults")
    async def clear() -> Json:
        world.faults.clear()
        return {"faults": []}

    @controls.delete("/_sandbox/faults/{fault_id}")
    async def remove(fault_id: str) -> Json:
        if not world.faults.remove(fault_id):
            raise HTTPException(404, "There is no such fault.")
        return {"faults": [shown_fault(fault) for fault in world.faults.all()]}


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


def _app(world: World, app_id: str) -> App:
    app = world.apps.get(app_id)
    if app is None:
        raise HTTPException(404, f"There is no app {app_id}.")
    return app


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


def _delivery(world: World, delivery_id: str) -> Delivery:
    delivery = world.courier.log.get(delivery_id)
    if delivery is None:
        raise HTTPException(404, "There is no such delivery in the log (any more).")
    return delivery


def _writing(message: InboundMessage, position: int) -> phones.Writing:
    parts: Json = message.model_extra or {}
    content: object = parts.get(message.type)
    unknown = [name for name in parts if name != message.type]
    if unknown:
        raise HTTPException(422, f"Unknown part: {unknown[0]}.")
    context = message.context or {}
    quoted = context.get("id") or context.get("message_id")
    return phones.Writing(
        kind=message.type,
        content=phones.counted(content, position),
        quoted_id=str(quoted) if quoted else None,
        is_forwarded=bool(context.get("forwarded")),
        referral=message.referral,
        identity=message.identity,
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


def _allow(world: World, person: Person, *, allowed: bool) -> None:
    for app in world.apps.values():
        if allowed:
            app.allowed_recipients.add(person.wa_id)
        else:
            app.allowed_recipients.discard(person.wa_id)
