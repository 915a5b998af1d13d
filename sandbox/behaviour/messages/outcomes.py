"""What Meta only finds out after it accepted a message: whether and why it fails."""

from __future__ import annotations

from ...protocol.errors import failure
from ...protocol.shapes import Json
from ...world.entities import Message, Person, PhoneNumber, Template
from ...world.world import World
from . import attachments, links
from .validation import MEDIA_TYPES

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/reaction-messages
REACTS_FOR_S = 30 * 24 * 3600
SILENT: Json = {}


async def outcome(
    world: World,
    number: PhoneNumber,
    message: Message,
    template: Template | None,
    *,
    needs_window: bool,
    identity: str | None,
) -> Json | None:
    """The error of the failed status to come, `SILENT` for none ever, None when all is well."""
    person = message.person
    if message.group_id is None:
        if person is None:
            return failure(131026)
        if identity is not None and identity != person.identity:
            return failure(137000)
        refusal = _not_wanted(world, number, person, template, needs_window=needs_window)
        if refusal is not None:
            return refusal
    if message.kind == "reaction" and not _can_react(world, message):
        return failure(131009, "The message to react to is unknown, too old or a reaction itself")
    return await _broken_file(world, number, message)


def ordered_failure(person: Person | None, code: int | None) -> Json | None:
    """The failure that somebody asked for, by a fault or for the next messages of a person."""
    if code is not None:
        return failure(code)
    if person is None or person.fail_next is None:
        return None
    wanted = person.fail_next
    wanted.left -= 1
    if wanted.left <= 0:
        person.fail_next = None
    return failure(wanted.code, wanted.details)


def _not_wanted(
    world: World,
    number: PhoneNumber,
    person: Person,
    template: Template | None,
    *,
    needs_window: bool,
) -> Json | None:
    is_open = world.window_is_open(number, person)
    if person.wa_id in number.blocked:
        return failure(130403)
    if needs_window and not is_open:
        return SILENT if world.settings.out_of_window == "silent" else failure(131047)
    if world.settings.payment != "valid":
        is_silent = needs_window and world.settings.payment == "silent"
        return SILENT if is_silent else failure(131042)
    if template is not None and template.category == "MARKETING":
        if number.id in person.stopped_marketing:
            return failure(131050)
        cap = world.settings.marketing_cap
        now = world.clock.now()
        # Who has just written is not spared: only a window that is closed has a cap.
        if cap is not None and not is_open and not _takes(world, person, cap, now):
            return failure(131049)
    if needs_window or is_open or world.settings.rates == "off":
        return None
    return _beyond_portfolio(world, number, person)


def _takes(world: World, person: Person, cap: int, now: float) -> bool:
    return world.limits.takes_marketing(person.wa_id, cap, now)


def _beyond_portfolio(world: World, number: PhoneNumber, person: Person) -> Json | None:
    # Meta publishes no code for the plain limit; 131048 is the one its pages come closest with.
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
    business = world.businesses.get(world.wabas[number.waba_id].business_id)
    if business is None:
        return None
    now = world.clock.now()
    tier = business.messaging_limit
    if world.limits.takes_person(business.id, person.wa_id, tier, now):
        return None
    return failure(131048)


def _can_react(world: World, message: Message) -> bool:
    target = world.messages.get(message.content["message_id"])
    return (
        target is not None
        and target.number_id == message.number_id
        and target.person is message.person
        and target.group_id == message.group_id
        and target.kind != "reaction"
        and message.at - target.at <= REACTS_FOR_S
    )


async def _broken_file(world: World, number: PhoneNumber, message: Message) -> Json | None:
    kind, content = message.kind, message.content
    if kind not in (*MEDIA_TYPES, "interactive", "template"):
        return None
    reason = attachments.problem(world, number, kind, content)
    if reason is not None:
        return failure(131053, reason)
    for holder in attachments.sources(kind, content):
        link = holder.get("link")
        if link is None:
            continue
        if links.is_reserved(link):
            return failure(131053)
        if world.settings.fetch_links:
            reason = await links.problem(world, kind, link)
            if reason is not None:
                return failure(131053, reason)
    return None
