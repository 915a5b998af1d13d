"""The life of a template: review, pausing, quality, category, and the webhooks that tell of it.

Everything that is due is kept in the template itself, so `rearm` can set the timers again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from ...protocol.shapes import Json, objects, text
from ...world.entities import Template
from ...world.world import World
from .variables import has_neighbours

STATUS_FIELD = "message_template_status_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pausing
PAUSES_S = (3 * 3600.0, 6 * 3600.0)
PAUSE_TITLES = ("FIRST_PAUSE", "SECOND_PAUSE")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-archival
ARCHIVED_LIFE_S = 28 * 24 * 3600.0
NEIGHBOURS: Json = {
    "reason": "Two variables stand next to each other with no words or punctuation between them.",
    "recommendation": "Put words between the variables that make clear what each of them is.",
}


def submit(world: World, template: Template) -> None:
    """Send a new or edited template to review; the settings say how it ends, and when."""
    template.status, template.rejected_reason = "PENDING", None
    template.review_at = world.clock.now() + world.settings.template_review.delay_s
    rearm(world, template)


def rearm(world: World, template: Template) -> None:
    """Set the timers of what is due for this template, after it changed or was loaded."""
    for when, act in (
        (template.review_at, _review),
        (template.paused_until, _unpause_in_time),
        (template.category_changes_at, _change_category_in_time),
        (template.deleted_at, _forget),
    ):
        if when is not None:
            world.clock.at(when, partial(act, world, template, when))


def approve(world: World, template: Template) -> None:
    set_status(world, template, "APPROVED")


def reject(world: World, template: Template, reason: str, why: Json | None = None) -> None:
    template.review_at = None
    extra: Json = {} if why is None else {"rejection_info": why}
    set_status(world, template, "REJECTED", reason=reason, extra=extra)


def pause(world: World, template: Template) -> None:
    """Three hours the first time, six the second; the third time it is disabled."""
    if template.pauses >= len(PAUSES_S):
        disable(world, template)
        return
    length_s, title = PAUSES_S[template.pauses], PAUSE_TITLES[template.pauses]
    template.pauses += 1
    until = world.clock.now() + length_s
    hours = int(length_s // 3600)
    moment = datetime.fromtimestamp(until, UTC).strftime("%b %d at %H:%M UTC")
    said = f"Too many people gave it bad feedback: paused for {hours} hours, until {moment}."
    set_status(world, template, "PAUSED", extra=_other(title, said))
    template.paused_until = until
    rearm(world, template)


def unpause(world: World, template: Template) -> None:
    """Back to use, by the clock or by hand. Meta's event is an approval with this title."""
    said = "The template is no longer paused and can be sent again."
    set_status(world, template, "APPROVED", extra=_other("UNPAUSE", said))


def disable(world: World, template: Template) -> None:
    said = "The template was paused too often and can never be sent again."
    extra = {
        "disable_info": {"disable_date": str(int(world.clock.now()))},
        **_other("DISABLED", said),
    }
    set_status(world, template, "DISABLED", extra=extra)


def archive(world: World, template: Template) -> None:
    before = template.status
    set_status(world, template, "ARCHIVED")
    template.status_before_archive = before
    template.deleted_at = world.clock.now() + ARCHIVED_LIFE_S
    rearm(world, template)


def unarchive(world: World, template: Template) -> None:
    before = template.status_before_archive or "APPROVED"
    set_status(world, template, before, event="UNARCHIVED")


def remove_now(world: World, template: Template) -> None:
    del world.templates[template.id]
    template.status = "DELETED"
    publish_status(world, template, "DELETED")


def flag(world: World, template: Template) -> None:
    """A warning only: a flagged template is still approved."""
    publish_status(world, template, "FLAGGED")


def reinstate(world: World, template: Template) -> None:
    template.pauses = 0
    set_status(world, template, "APPROVED", event="REINSTATED")


def set_status(
    world: World,
    template: Template,
    status: str,
    *,
    event: str | None = None,
    reason: str | None = "NONE",
    extra: Json | None = None,
) -> None:
    """Change the status, forget what was due under the former one, and tell the subscribers."""
    template.status = status
    template.rejected_reason = reason if status == "REJECTED" else None
    template.review_at = template.paused_until = template.deleted_at = None
    template.status_before_archive = None
    template.updated_at = world.clock.now()
    publish_status(world, template, event or status, reason=reason, extra=extra)


def publish_status(
    world: World,
    template: Template,
    event: str,
    *,
    reason: str | None = "NONE",
    extra: Json | None = None,
) -> None:
    value: Json = {
        "event": event,
        **_names(template),
        "reason": reason,
        "message_template_category": template.category,
        **(extra or {}),
    }
    world.publish_change(world.wabas[template.waba_id], STATUS_FIELD, value)


def set_quality(world: World, template: Template, quality: str) -> None:
    before, template.quality = template.quality, quality
    template.quality_at = template.updated_at = world.clock.now()
    value: Json = {
        "previous_quality_score": before,
        "new_quality_score": quality,
        **_names(template),
    }
    world.publish_change(world.wabas[template.waba_id], "message_template_quality_update", value)


def set_category(world: World, template: Template, category: str) -> None:
    """Meta moves a template to the category it thinks right."""
    template.previous_category, template.category = template.category, category
    template.correct_category = template.category_changes_at = None
    template.updated_at = world.clock.now()
    value = {"previous_category": template.previous_category, "new_category": category}
    _publish_category(world, template, value)


def announce_category(world: World, template: Template, category: str, delay_s: float) -> None:
    """Warn that the category will change, and change it when the time has come."""
    template.correct_category = category
    template.category_changes_at = world.clock.now() + delay_s
    value = {
        "new_category": template.category,
        "correct_category": category,
        "category_update_timestamp": int(template.category_changes_at),
    }
    _publish_category(world, template, value)
    when = template.category_changes_at
    world.clock.at(when, partial(_change_category_in_time, world, template, when))


def suggest_category(world: World, template: Template, category: str) -> None:
    """Say which category would be right, without a consequence."""
    value: Json = {
        **_names(template),
        "current_category": template.category,
        "suggested_category": category,
    }
    waba = world.wabas[template.waba_id]
    world.publish_change(waba, "template_correct_category_detection", value)


def publish_components(world: World, template: Template) -> None:
    """What a template says after an edit, in this webhook's own words for the parts."""
    parts = {text(part.get("type")).upper(): part for part in template.components}
    value = _names(template)
    for name, part in (("title", "HEADER"), ("element", "BODY"), ("footer", "FOOTER")):
        said = text(parts.get(part, {}).get("text"))
        if said:
            value[f"message_template_{name}"] = said
    buttons = objects(parts.get("BUTTONS", {}).get("buttons"))
    if buttons:
        value["message_template_buttons"] = [_told(button) for button in buttons]
    world.publish_change(world.wabas[template.waba_id], "message_template_components_update", value)


def _told(button: Json) -> Json:
    prefix = "message_template_button_"
    return {
        f"{prefix}{name}": button[name]
        for name in ("type", "text", "url", "phone_number")
        if button.get(name) is not None
    }


def _names(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _other(title: str, description: str) -> Json:
    return {"other_info": {"title": title, "description": description}}


def _publish_category(world: World, template: Template, value: Json) -> None:
    change = {**_names(template), **value}
    world.publish_change(world.wabas[template.waba_id], "template_category_update", change)


def _review(world: World, template: Template, when: float) -> None:
    if world.templates.get(template.id) is not template or template.review_at != when:
        return
    template.review_at = None
    outcome = world.settings.template_review.outcome
    if outcome == "PENDING":
        return
    bodies = [part for part in template.components if text(part.get("type")).upper() == "BODY"]
    if any(has_neighbours(text(part.get("text"))) for part in bodies):
        reject(world, template, "INVALID_FORMAT", NEIGHBOURS)
    elif outcome == "REJECTED":
        reject(world, template, "INVALID_FORMAT")
    else:
        approve(world, template)


def _unpause_in_time(world: World, template: Template, when: float) -> None:
    if world.templates.get(template.id) is template and template.paused_until == when:
        unpause(world, template)


def _change_category_in_time(world: World, template: Template, when: float) -> None:
    is_due = template.category_changes_at == when and template.correct_category is not None
    if world.templates.get(template.id) is template and is_due:
        set_category(world, template, template.correct_category or template.category)


def _forget(world: World, template: Template, when: float) -> None:
    if world.templates.get(template.id) is template and template.deleted_at == when:
        remove_now(world, template)
