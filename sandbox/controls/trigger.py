"""The controls that send any documented webhook on demand."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import Field

from ..behaviour.webhooks import trigger
from ..documents import paths
from ..documents.examples import Example, example, examples, near
from ..protocol.shapes import Json
from ..world import seed
from ..world.settings import Switches
from ..world.world import World
from .strict import wrong_value

MAX_CHANGES = 100
NO_EVENT: Json = {"description": "There is no such event, number or person."}
NOBODY: Json = {"description": "No app is subscribed to the field. Nothing was sent."}


class Wanted(Switches):
    """Which event, and what of it is to be different from the example."""

    event: str = Field(max_length=200, description="A name of GET /_sandbox/trigger")
    set: dict[str, Any] = Field(
        default_factory=dict,
        max_length=MAX_CHANGES,
        description="Path to value; a path begins at the first value or with entry[0]",
    )
    add: dict[str, Any] = Field(
        default_factory=dict, max_length=MAX_CHANGES, description="The same for what is not there"
    )
    remove: list[str] = Field(default_factory=list, max_length=MAX_CHANGES)
    to: str | None = Field(
        default=None, description="Phone number id; the seeded number unless given"
    )
    person: str | None = Field(
        default=None, description="Whom it is about, by number or user id; Sheena unless given"
    )
    verbatim: bool = Field(
        default=False, description="As documented, with its ids and times and no window opened"
    )


def trigger_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/trigger")
    async def events(field: str | None = None) -> Json:
        """Every event that can be triggered: name, field and what it tells."""
        known = [each for each in examples().values() if field in (None, each.field)]
        return {"events": [shown_example(each) for each in known]}

    @controls.get("/_sandbox/trigger/{event}", responses={404: NO_EVENT})
    async def event(event: str) -> Json:
        """One event with its documented body."""
        found = _example(event)
        return {**shown_example(found), "body": found.body()}

    @controls.post("/_sandbox/trigger", status_code=202, responses={404: NO_EVENT, 409: NOBODY})
    async def send(wanted: Wanted, request: Request) -> Json:
        """Send it: signed, escaped and retried like every other webhook."""
        found = _example(wanted.event)
        target = _target(world, wanted, str(request.base_url).rstrip("/"))
        body = found.body() if wanted.verbatim else trigger.fitted(world, found.body(), target)
        _change(body, wanted)
        apps = trigger.publish(world, found, body, target)
        if not apps:
            waba_id = target.number.waba_id
            raise HTTPException(
                409,
                f"No app takes the field {found.field} of account {waba_id}. Give the app a "
                "callback (POST /_sandbox/webhook) and subscribe it to the account "
                f"(POST /{waba_id}/subscribed_apps).",
            )
        if not wanted.verbatim:
            trigger.take_effect(world, body, target)
        return {"event": found.name, "field": found.field, "apps": apps, "body": body}


def shown_example(each: Example) -> Json:
    return {
        "name": each.name,
        "field": each.field,
        "description": each.description,
        "confidence": each.confidence,
        "source": each.source,
    }


def _example(name: str) -> Example:
    found = example(name)
    if found is None:
        alike = near(name)
        hint = f" Did you mean: {', '.join(alike)}?" if alike else " GET /_sandbox/trigger has all."
        raise HTTPException(404, f"There is no event {name[:100]}.{hint}")
    return found


def _target(world: World, wanted: Wanted, base_url: str) -> trigger.Target:
    number = world.numbers.get(wanted.to or seed.PHONE_NUMBER_ID)
    if number is None:
        if wanted.to is None and world.numbers:
            number = next(iter(world.numbers.values()))
        else:
            raise HTTPException(404, f"There is no phone number {wanted.to or ''}.")
    person = world.person(wanted.person or seed.PERSON)
    if person is None and wanted.person is not None:
        raise HTTPException(404, f"There is nobody with the number or user id {wanted.person}.")
    return trigger.Target(number, person, base_url)


def _change(body: Json, wanted: Wanted) -> None:
    try:
        for path, value in wanted.set.items():
            paths.change(body, path, value)
        for path, value in wanted.add.items():
            paths.add(body, path, value)
        for path in wanted.remove:
            paths.remove(body, path)
    except paths.PathError as wrong:
        raise wrong_value("path", str(wrong)) from None
