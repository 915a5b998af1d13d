"""List Templates: the message templates of a WhatsApp Business Account, all pages of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Fields,
)

from ...plugin.fields.definitions import BusinessAccountId, Count, WabaId
from ...plugin.fields.senders import business_account, graph_of
from ...plugin.templates.template import TEMPLATE_SAMPLE, Template

Status = Literal[
    "APPROVED",
    "PENDING",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "PENDING_DELETION",
    "DELETED",
    "LIMIT_EXCEEDED",
    "ARCHIVED",
]


class ListTemplates(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management"""

    label = "List Templates"
    description = (
        "Lists the message templates of a WhatsApp Business Account with their state and contents."
    )
    group = "Templates"
    keywords = ("Find Templates", "HSM")
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "templates"

    class Input(Fields):
        business_account_id: BusinessAccountId = None
        name: str | None = Field(
            default=None,
            description="Only templates of this name.",
            pattern="^[a-z0-9_]{0,512}$",
            json_schema_extra={"x-hint": "a name of small letters, digits and _"},
            examples=["order_confirmation"],
        )
        status: Status | None = Field(
            default=None,
            description="Only templates in this state.",
            examples=["APPROVED"],
            json_schema_extra={"x-widget": "select"},
        )
        category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] | None = Field(
            default=None,
            description="Only templates of this category.",
            examples=["UTILITY"],
            json_schema_extra={"x-widget": "select"},
        )
        language: str | None = Field(
            default=None,
            description="Only templates in the language of this code.",
            pattern="^[A-Za-z_]{0,8}$",
            json_schema_extra={"x-hint": "the code of a language"},
            examples=["en_US"],
        )

        quality: Literal["GREEN", "YELLOW", "RED", "UNKNOWN"] | None = Field(
            default=None,
            description="Only templates of this quality.",
            examples=["RED"],
            json_schema_extra={"x-widget": "select"},
        )
        text: str | None = Field(
            default=None,
            description="Only templates with these words in their name or text.",
            max_length=512,
            examples=["shipped"],
        )
        limit: int | None = Field(
            default=None,
            title="At Most",
            description="How many to list; all of them if left empty.",
            ge=1,
            le=10_000,
            examples=[100],
            json_schema_extra={"x-group": "Options"},
        )

    class Output(Fields):
        waba_id: WabaId
        templates: list[Template] = Field(
            description="The templates that fit, one entry for each language.",
            examples=[[TEMPLATE_SAMPLE]],
        )
        count: Count
        has_more: bool = Field(
            description="Whether there are more that fit than were asked for.", examples=[False]
        )

    async def receive(self, context: ActionContext, input: Input) -> Output:
        waba_id = business_account(context, input.business_account_id)
        equal = {
            "name": input.name,
            "status": input.status,
            "category": input.category,
            "language": input.language,
        }
        filters = {name: value for name, value in equal.items() if value}
        further = {"quality_score": input.quality, "name_or_content": input.text}
        asking = {name: value for name, value in further.items() if value} | filters
        nodes = graph_of(context).pages(
            f"{waba_id}/message_templates", {**Template.asking(), **asking}
        )
        templates: list[Template] = []
        async for node in nodes:
            # Meta's filters are loose: a name also finds names that contain it.
            if not filters.items() <= node.items():
                continue
            if len(templates) == input.limit:
                return self._listed(waba_id, templates, has_more=True)
            templates.append(Template.from_meta(node))
        return self._listed(waba_id, templates, has_more=False)

    def _listed(self, waba_id: str, templates: list[Template], *, has_more: bool) -> Output:
        return self.Output(
            waba_id=waba_id, templates=templates, count=len(templates), has_more=has_more
        )
