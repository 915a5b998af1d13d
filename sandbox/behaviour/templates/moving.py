"""Templates in bulk: archiving, un-archiving, and taking them over from another account."""

from __future__ import annotations

from collections.abc import Callable

from ...protocol.errors import MetaError, unknown_object
from ...protocol.shapes import Json
from ...world.entities import Template
from ...world.world import World
from ..call import Answer, Call
from . import creation, lifecycle
from .refusals import parameter

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-archival
MAX_ARCHIVED = 100
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-migration
MAX_MIGRATED = 500


async def archive(call: Call) -> Answer:
    """POST /{waba-id}/message_templates/archive"""

    def act(world: World, template: Template) -> str | None:
        if template.status == "ARCHIVED":
            return "Template is already archived"
        if template.status in ("PENDING_DELETION", "DISABLED"):
            return f"A template in status {template.status} cannot be archived"
        lifecycle.archive(world, template)
        return None

    return _each(call, "archived_templates", act)


async def unarchive(call: Call) -> Answer:
    """POST /{waba-id}/message_templates/unarchive"""

    def act(world: World, template: Template) -> str | None:
        if template.status != "ARCHIVED":
            return "Template is not archived"
        lifecycle.unarchive(world, template)
        return None

    return _each(call, "unarchived_templates", act)


async def migrate(call: Call) -> Answer:
    """POST /{waba-id}/migrate_message_templates: copies; the source keeps its own."""
    world, waba = call.world, call.waba()
    source = world.wabas.get(call.need("source_waba_id"))
    if source is None or not call.bearer().sees(source.id):
        raise unknown_object(call.method, call.need("source_waba_id"))
    if source.business_id != waba.business_id or source is waba:
        raise parameter("source_waba_id", "must be another account of the same business.")
    start = _whole(call, "page_number", 0, 10_000) * MAX_MIGRATED
    count = _whole(call, "count", MAX_MIGRATED, MAX_MIGRATED)
    ids = call.listed("template_ids")
    if len(ids) > MAX_MIGRATED:
        raise parameter("template_ids", f"may have {MAX_MIGRATED} elements.")
    chosen = [one for one in world.templates_of(source) if not ids or one.id in ids]
    migrated: list[str] = []
    failed: dict[str, str] = {}
    for template in chosen[start : start + count]:
        if template.status != "APPROVED" or template.quality not in ("GREEN", "UNKNOWN"):
            # These are not eligible; Meta's answer does not name them.
            continue
        try:
            creation.copy(world, waba, template)
        except MetaError as refusal:
            failed[template.id] = refusal.user_title or refusal.message
        else:
            migrated.append(template.id)
    return {"migrated_templates": migrated, "failed_templates": failed}


def _each(call: Call, done_name: str, act: Callable[[World, Template], str | None]) -> Json:
    ids = call.listed("hsm_ids")
    if not 1 <= len(ids) <= MAX_ARCHIVED:
        raise parameter("hsm_ids", f"must have from 1 to {MAX_ARCHIVED} elements.")
    ours = {template.id: template for template in call.world.templates_of(call.waba())}
    done: list[str] = []
    failed: dict[str, str] = {}
    for template_id in ids:
        template = ours.get(template_id)
        reason = "Template not found" if template is None else act(call.world, template)
        if reason is None:
            done.append(template_id)
        else:
            failed[template_id] = reason
    return {done_name: done, "failed_templates": failed}


def _whole(call: Call, name: str, default: int, most: int) -> int:
    given = call.parameters.get(name)
    if given is None:
        return default
    said = str(given)
    if not (said.isascii() and said.isdecimal() and len(said) < 10) or int(said) > most:
        raise parameter(name, f"must be from 0 to {most}.")
    return int(said)
