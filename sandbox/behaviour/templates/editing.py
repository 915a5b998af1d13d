"""Changing a template that is there: edits, un-pausing, deleting."""

from __future__ import annotations

from ...protocol.shapes import Json
from ...world.entities import Message, Template
from ...world.world import World
from ..call import Answer, Call, success
from . import lifecycle
from .components import samples_in
from .creation import checked_category, checked_definition, life_in
from .refusals import (
    DIRECT_SEND_IS_FIXED,
    DIRECT_SEND_STAYS,
    NOT_FOUND,
    STATUS_IS_FIXED,
    parameter,
    refusal,
)

AUTO_GENERATED = "AUTO_GENERATED"
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
EDITED = ("components", "category", "message_send_ttl_seconds", "parameter_format")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
MAX_EDITS = 10
EDITS_WINDOW_S = 30 * 24 * 3600.0
EDIT_INTERVAL_S = 24 * 3600.0
NAME_BLOCKED_S = 30 * 24 * 3600.0
MAX_DELETED = 100


async def edit(call: Call) -> Answer:
    """POST /{template-id}: all components, the category, the time to live."""
    world, template, body = call.world, call.template(), call.parameters
    if template.source == AUTO_GENERATED:
        raise refusal(DIRECT_SEND_IS_FIXED, "Templates that Direct Send made can't be updated.")
    if template.status not in EDITABLE:
        raise refusal(
            STATUS_IS_FIXED,
            f"A template in status {template.status} can't be edited; only approved, rejected and "
            "paused ones can.",
        )
    if not any(body.get(name) is not None for name in EDITED):
        raise parameter("components", "or another part of the template must be given.")
    category = template.category
    if body.get("category") is not None:
        category = checked_category(call.need("category"))
    is_approved = template.status == "APPROVED"
    if is_approved:
        _check_edits(world, template, category)
    if body.get("components") is None and category == template.category:
        template.message_send_ttl_s = _life_s(template, body)
        template.updated_at = world.clock.now()
    else:
        _edit_content(world, template, body, category)
    if is_approved:
        template.edits.append(world.clock.now())
    # Meta's page shows success alone; its answers of 2026 name the template too (public clients
    # read it there).
    return {
        **success(),
        "id": template.id,
        "name": template.name,
        "category": template.category,
    }


async def unpause(call: Call) -> Answer:
    """POST /{template-id}/unpause"""
    template = call.template()
    if template.status != "PAUSED":
        raise refusal(STATUS_IS_FIXED, "This template is not paused.")
    lifecycle.unpause(call.world, template)
    return success()


async def delete(call: Call) -> Answer:
    """By name (all languages), by name and hsm_id (one), or by hsm_ids alone."""
    world = call.world
    for template in _chosen(call):
        remove(world, template)
    return success()


def remove(world: World, template: Template) -> None:
    """Delete it; while messages with it are still on their way it lives on for 30 days."""
    now = world.clock.now()
    until = now + NAME_BLOCKED_S
    if template.status == "APPROVED":
        world.deleted_templates[template.waba_id, template.name, template.language] = until
        if any(_is_on_its_way(message, now) for message in sent_with(world, template)):
            lifecycle.set_status(world, template, "PENDING_DELETION", reason=None)
            template.deleted_at = until
            lifecycle.rearm(world, template)
            return
    lifecycle.remove_now(world, template)


def sent_with(world: World, template: Template) -> list[Message]:
    """The messages of this account that were made of a template, as far as phones keep them."""
    return [
        message
        for message in world.messages.values()
        if message.is_outbound
        and message.kind == "template"
        and message.content.get("name") == template.name
        and message.content["language"]["code"] == template.language
        and world.numbers[message.number_id].waba_id == template.waba_id
    ]


def _chosen(call: Call) -> list[Template]:
    ours = call.world.templates_of(call.waba())
    ids, name = call.listed("hsm_ids"), call.parameters.get("name")
    one = str(call.parameters.get("hsm_id") or "")
    if ids:
        if name or one:
            raise parameter("hsm_ids", "stands alone, without name and hsm_id.")
        if len(ids) > MAX_DELETED:
            raise parameter("hsm_ids", f"may have {MAX_DELETED} elements.")
        chosen = [template for template in ours if template.id in ids]
        found = len(chosen) == len(set(ids))
    else:
        name = call.need("name")
        chosen = [
            template for template in ours if template.name == name and one in ("", template.id)
        ]
        found = bool(chosen)
    if not found:
        raise refusal(NOT_FOUND, "There is no such message template to delete.")
    if any(template.source == AUTO_GENERATED for template in chosen):
        raise refusal(DIRECT_SEND_STAYS, "Templates that Direct Send made can't be deleted.")
    return chosen


def _is_on_its_way(message: Message, now: float) -> bool:
    last = message.statuses[-1][0] if message.statuses else "accepted"
    return last in ("accepted", "sent") and now < message.expires_at


def _check_edits(world: World, template: Template, category: str) -> None:
    if category != template.category:
        raise refusal(STATUS_IS_FIXED, "The category of an approved template can't be changed.")
    now = world.clock.now()
    template.edits[:] = [at for at in template.edits if now - at < EDITS_WINDOW_S]
    if template.edits and now - template.edits[-1] < EDIT_INTERVAL_S:
        raise refusal(STATUS_IS_FIXED, "An approved template can be edited once in 24 hours.")
    if len(template.edits) >= MAX_EDITS:
        raise refusal(
            STATUS_IS_FIXED, f"An approved template can be edited {MAX_EDITS} times in 30 days."
        )


def _life_s(template: Template, body: Json) -> int | None:
    """The time to live is no content, so nobody reviews it."""
    life_s = life_in(body, template.category)
    return template.message_send_ttl_s if life_s is None else life_s


def _edit_content(world: World, template: Template, body: Json, category: str) -> None:
    wanted: Json = {"components": template.components, **body}
    if body.get("components") is None and "AUTHENTICATION" in (category, template.category):
        raise parameter("components", "must be given when this category changes.")
    definition = checked_definition(
        world,
        wanted,
        category,
        template.language,
        format_before=template.parameter_format,
        samples=samples_in(template.components),
    )
    template.category, template.components = category, definition.components
    template.parameter_format = definition.parameter_format
    if definition.life_s is not None:
        template.message_send_ttl_s = definition.life_s
    template.updated_at = world.clock.now()
    template.paused_until = None
    lifecycle.publish_components(world, template)
    lifecycle.submit(world, template)
