"""Controls of templates: what only Meta decides about them, decided by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, Self, TypeAlias

from fastapi import FastAPI, HTTPException
from pydantic import Field, model_validator

from ..behaviour.templates import lifecycle
from ..protocol.shapes import Json
from ..world.entities import Template
from ..world.settings import Switches
from ..world.world import World

TemplateEvent: TypeAlias = Literal[
    "PENDING",
    "APPROVED",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "LIMIT_EXCEEDED",
    "PENDING_DELETION",
    "DELETED",
    "ARCHIVED",
    "UNARCHIVED",
    "FLAGGED",
    "REINSTATED",
    "LOCKED",
]
Category: TypeAlias = Literal["UTILITY", "MARKETING", "AUTHENTICATION"]
RejectionReason: TypeAlias = Literal[
    "ABUSIVE_CONTENT",
    "CATEGORY_NOT_AVAILABLE",
    "INCORRECT_CATEGORY",
    "INVALID_FORMAT",
    "PROMOTIONAL",
    "SCAM",
    "TAG_CONTENT_MISMATCH",
]
Decide: TypeAlias = Callable[[World, Template], None]


class TemplateChange(Switches):
    """What Meta decides about a template; each part is told by its own webhook."""

    status: TemplateEvent | None = Field(
        default=None,
        description="A status, or an event of message_template_status_update that leads to one",
    )
    reason: RejectionReason | None = Field(default=None, description="Only with REJECTED")
    category: Category | None = Field(default=None, description="The category Meta moves it to")
    category_in_s: float | None = Field(
        default=None,
        gt=0,
        le=366 * 86400,
        description="Announce the category now, and change it so many seconds later",
    )
    suggested_category: Category | None = Field(
        default=None, description="What Meta would take for the right category, without a change"
    )
    quality: Literal["GREEN", "YELLOW", "RED", "UNKNOWN"] | None = None

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        if self.reason is not None and self.status != "REJECTED":
            raise ValueError("a reason belongs to the status REJECTED")
        if self.category_in_s is not None and self.category is None:
            raise ValueError("categoryInS needs a category")
        if not self.model_fields_set:
            raise ValueError("say what changes: status, category, suggestedCategory or quality")
        return self


DECISIONS: Mapping[str, Decide] = MappingProxyType(
    {
        "APPROVED": lifecycle.approve,
        "PAUSED": lifecycle.pause,
        "DISABLED": lifecycle.disable,
        "ARCHIVED": lifecycle.archive,
        "UNARCHIVED": lifecycle.unarchive,
        "FLAGGED": lifecycle.flag,
        "REINSTATED": lifecycle.reinstate,
        "DELETED": lifecycle.remove_now,
    }
)


def template_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/templates")
    async def templates() -> Json:
        """The templates of every account, with what Graph does not show."""
        return {"templates": [shown_template(one) for one in world.templates.values()]}

    @controls.post("/_sandbox/templates/{template_id}")
    async def change(template_id: str, change: TemplateChange) -> Json:
        """Approve, reject, pause, disable, move or rate a template; its webhooks go out."""
        template = world.templates.get(template_id)
        if template is None:
            raise HTTPException(404, f"There is no template {template_id}.")
        _apply(world, template, change)
        return shown_template(template)


def shown_template(template: Template) -> Json:
    return {
        "id": template.id,
        "wabaId": template.waba_id,
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "status": template.status,
        "rejectedReason": template.rejected_reason,
        "quality": template.quality,
        "pauses": template.pauses,
        "pausedUntil": template.paused_until,
        "correctCategory": template.correct_category,
        "categoryChangesAt": template.category_changes_at,
        "source": template.source,
    }


def _apply(world: World, template: Template, change: TemplateChange) -> None:
    if change.category is not None:
        if change.category_in_s is None:
            lifecycle.set_category(world, template, change.category)
        else:
            lifecycle.announce_category(world, template, change.category, change.category_in_s)
    if change.suggested_category is not None:
        lifecycle.suggest_category(world, template, change.suggested_category)
    if change.quality is not None:
        lifecycle.set_quality(world, template, change.quality)
    if change.status == "REJECTED":
        lifecycle.reject(world, template, change.reason or "INVALID_FORMAT")
    elif change.status is not None:
        decide = DECISIONS.get(change.status)
        if decide is None:
            lifecycle.set_status(world, template, change.status)
        else:
            decide(world, template)
