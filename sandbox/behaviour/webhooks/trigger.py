"""A documented webhook on demand, made to fit the world it is sent from."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...documents.examples import Example
from ...protocol.envelope import Update
from ...protocol.shapes import Json, is_array, is_object, objects, text
from ...world import call_permissions, seed
from ...world.entities import Person, PhoneNumber
from ...world.world import World, new_wamid
from ..media import attachments
from .subscriptions import WEBHOOK_FIELDS
from .user_ids import add_user_ids

# What the documented bodies were written with.
EXAMPLE_TIME = 1_790_000_000
EXAMPLE_WABA_ID = "102290129340398"
EXAMPLE_SECOND_WABA_ID = "419561257915477"
EXAMPLE_NUMBER_ID = "106540352242922"
EXAMPLE_DIGITS = "15550783881"
EXAMPLE_APP_ID = "634974688087057"
EXAMPLE_BUSINESS_IDS = ("506914307656634", "2949482758682047")
EXAMPLE_PERSON = ("16505551234", "US.13491208655302741918", "Sheena Nelson")
# Times further from that than a season are examples of something else, opening hours for one.
NEAR_S = 90 * 86400
TIME_NAME = re.compile(r"time|timestamp|expiration|date")
UNIX_TIME = re.compile(r"1\d{9}")


@dataclass(frozen=True)
class Target:
    """Where the event happens: a number of the world, and the person it is about."""

    number: PhoneNumber
    person: Person | None
    base_url: str


def fitted(world: World, body: Json, target: Target) -> Json:
    """The body with this world's ids, the present time, and ids of messages never used before."""
    names = _names(world, target)
    fresh = _fresh_ids(body, target)
    shift = int(world.clock.now()) - EXAMPLE_TIME

    def fit(value: object, name: str) -> object:
        if is_object(value):
            return {key: fit(part, key) for key, part in value.items()}
        if is_array(value):
            return [fit(part, name) for part in value]
        if isinstance(value, str):
            value = fresh.get(value) or names.get(value, value)
        return _moved(value, shift, name) if TIME_NAME.search(name) else value

    result = {key: fit(part, key) for key, part in body.items()}
    _each_message(result, lambda message: _attach(world, message, target))
    if world.settings.user_ids:
        add_user_ids(world, result)
    return result


def publish(world: World, example: Example, body: Json, target: Target) -> int:
    """Send a body as it is to every app that takes its field; returns how many do."""
    number = target.number
    # What no app can subscribe to goes to those that take messages.
    field = example.field if example.field in WEBHOOK_FIELDS else "messages"
    person = target.person.wa_id if target.person is not None else ""
    update = Update(
        waba_id=number.waba_id,
        field=example.field,
        lane=f"{number.id}:{person}" if field == "messages" else f"{number.waba_id}:{field}",
        value={},
        whole=body,
    )
    audience = world.audience(number.waba_id, field, number)
    for app, url in audience:
        world.courier.send(app, url, update)
    return len(audience)


def take_effect(world: World, body: Json, target: Target) -> None:
    """What a person wrote counts, also as an example: they may be answered for a day, or called."""
    number, person = target.number, target.person
    written: list[Json] = []
    _each_message(body, written.append)
    for message in written:
        if person is None or not _wrote(person, message):
            continue
        world.conversation(number, person).last_inbound_at = world.clock.now()
        interactive: object = message.get("interactive")
        reply: object = interactive.get("call_permission_reply") if is_object(interactive) else None
        if is_object(reply):
            call_permissions.answer(world, number, person, reply)


def _wrote(person: Person, message: Json) -> bool:
    return person.wa_id == message.get("from") or person.bsuid == message.get("from_user_id")


def _names(world: World, target: Target) -> Mapping[str, str]:
    number = target.number
    waba = world.wabas[number.waba_id]
    names = {
        EXAMPLE_WABA_ID: waba.id,
        EXAMPLE_NUMBER_ID: number.id,
        EXAMPLE_DIGITS: number.digits,
        **dict.fromkeys(EXAMPLE_BUSINESS_IDS, waba.business_id),
    }
    if seed.SECOND_WABA_ID in world.wabas and waba.id != seed.SECOND_WABA_ID:
        names[EXAMPLE_SECOND_WABA_ID] = seed.SECOND_WABA_ID
    app_id = next(iter(waba.subscriptions), None)
    if app_id is not None:
        names[EXAMPLE_APP_ID] = app_id
    person = target.person
    if person is not None:
        ours = (person.wa_id, person.bsuid, person.name)
        names.update(zip(EXAMPLE_PERSON, ours, strict=True))
    return names


def _fresh_ids(body: Json, target: Target) -> dict[str, str]:
    """New ids for all that has an id and a time: messages, statuses, echoes, calls."""
    phone = target.person.wa_id if target.person is not None else EXAMPLE_PERSON[0]
    fresh: dict[str, str] = {}

    def look(value: object) -> None:
        if is_object(value):
            known = value.get("id")
            if isinstance(known, str) and "timestamp" in value:
                is_outbound = "status" in value or "message" in value
                fresh[known] = (
                    f"wacid.{secrets.token_urlsafe(24)}"
                    if known.startswith("wacid.")
                    else new_wamid(phone, is_outbound=is_outbound)
                )
            for part in value.values():
                look(part)
        elif is_array(value):
            for part in value:
                look(part)

    look(body)
    return fresh


def _moved(value: object, shift: int, name: str) -> object:
    """A time as far from now as it was from the example's; text stays text."""
    if isinstance(value, bool) or not UNIX_TIME.fullmatch(str(value)):
        return value
    seconds = int(str(value))
    if abs(seconds - EXAMPLE_TIME) > NEAR_S:
        if name != "timestamp":
            return value
        seconds = EXAMPLE_TIME
    return str(seconds + shift) if isinstance(value, str) else seconds + shift


def _each_message(body: Json, act: Callable[[Json], None]) -> None:
    for entry in objects(body.get("entry")):
        for change in objects(entry.get("changes")):
            value: object = change.get("value")
            for message in objects(value.get("messages")) if is_object(value) else []:
                act(message)


def _attach(world: World, message: Json, target: Target) -> None:
    """Media of an example cannot be fetched; these can."""
    kind = text(message.get("type"))
    part: object = message.get(kind)
    if kind in attachments.SAMPLES and is_object(part) and "id" in part:
        stored = attachments.attach(world, target.number, kind, part, target.base_url)
        part |= {name: value for name, value in stored.items() if name in part}
