"""Sends of a template: which one is meant, whether it may be sent now, and its trial run."""

from __future__ import annotations

from functools import partial

from ...protocol.errors import failure, refused
from ...protocol.shapes import Json
from ...world.entities import Message, PhoneNumber, Template, Waba
from ...world.world import World
from ..templates import lifecycle
from . import statuses

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pacing
PACED = ("MARKETING", "UTILITY")


def find_template(world: World, number: PhoneNumber, content: Json) -> Template:
    """The template of this name and language, if it is one that can be sent now."""
    name, language = content["name"], content["language"]["code"]
    # Languages are found whatever their case: a live suite sends hello_world in en_us, and with ES
    # for es Meta complains of the parameters (https://github.com/chatwoot/chatwoot/pull/13269).
    wanted = (number.waba_id, name, language.casefold())
    found = None
    for template in world.templates.values():
        if (template.waba_id, template.name, template.language.casefold()) == wanted:
            found = template
    if found is None or found.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise refused(132001, f"template name ({name}) does not exist in {language}")
    if found.status == "PAUSED":
        raise refused(132015)
    if found.status == "DISABLED":
        raise refused(132016)
    return found


def check_channel(waba: Waba, template: Template) -> None:
    """Whether this template may go through /messages at all."""
    if template.category == "MARKETING" and waba.disable_marketing_messages_on_cloud_api:
        raise refused(131063)


def is_held(world: World, template: Template) -> bool:
    """Whether a new template's sample is used up, and its verdict still to come."""
    pacing = world.settings.template_pacing
    if pacing.sample is None or template.category not in PACED:
        return False
    now = world.clock.now()
    if template.pacing_ends_at is not None:
        return now < template.pacing_ends_at
    if template.paced < pacing.sample:
        template.paced += 1
        return False
    template.pacing_ends_at = now + pacing.hold_s
    return now < template.pacing_ends_at


def hold(world: World, message: Message, template: Template) -> None:
    """Keep a message until the verdict on its template."""
    ends_at = template.pacing_ends_at or world.clock.now()
    world.clock.at(ends_at, partial(_release, world, message, template))


def _release(world: World, message: Message, template: Template) -> None:
    if world.settings.template_pacing.outcome == "released":
        statuses.dispatch(world, message, failure=None, is_silent=False)
        return
    if template.status == "APPROVED":
        lifecycle.pause(world, template)
    statuses.dispatch(world, message, failure=failure(132015), is_silent=False)
