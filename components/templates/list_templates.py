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

    class Output(Fields):
        waba_id: WabaId
        templates: list[Template] = Field(
            description="The templates that fit, one entry for each language.",
            examples=[[TEMPLATE_SAMPLE]],
        )
        count: Count

    async def receive(self, context: ActionContext, input: Input) -> Output:
        waba_id = business_account(context, input.business_account_id)
        wanted = {
            "name": input.name,
            "status": input.status,
            "category": input.category,
            "language": input.language,
        }
        filters = {name: value for name, value in wanted.items() if value}
        nodes = graph_of(context).pages(
            f"{waba_id}/message_templates", {**Template.asking(), **filters}
        )
        # Meta's filters are loose: a name also finds names that contain it.
        fitting = [node async for node in nodes if filters.items() <= node.items()]
        templates = [Template.from_meta(node) for node in fitting]
        return self.Output(waba_id=waba_id, templates=templates, count=len(templates))
