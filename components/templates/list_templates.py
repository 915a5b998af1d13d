"""List Templates: the message templates of a WhatsApp Business Account, all pages of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    ComponentContext,
    Fields,
    Json,
    JsonObject,
    Option,
)

from ...plugin.fields.definitions import BusinessAccountId
from ...plugin.fields.options import sender_options
from ...plugin.fields.senders import business_account, graph_of
from ...plugin.foreign_json.shapes import as_object, as_objects, as_text
from ...plugin.templates.definitions import TEMPLATE_FIELDS, variables

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


class Template(Fields):
    """A template in one language."""

    id: str = Field(
        title="Template ID", description="Meta's id of it.", examples=["1689556908129832"]
    )
    name: str = Field(description="Its name.", examples=["order_confirmation"])
    language: str = Field(description="The code of its language.", examples=["en_US"])
    status: str = Field(description="Whether it can be sent.", examples=["APPROVED"])
    category: str = Field(description="UTILITY, MARKETING or AUTHENTICATION.", examples=["UTILITY"])
    parameter_format: str = Field(
        description="POSITIONAL for {{1}}, NAMED for {{first_name}}.", examples=["POSITIONAL"]
    )
    body: str | None = Field(
        description="The text of its body.", examples=["Hi {{1}}, your order {{2}} has shipped."]
    )
    body_variables: list[str] = Field(
        description="The variables of its body.", examples=[["1", "2"]]
    )
    header_format: str | None = Field(
        description="TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION, if it has a header.",
        examples=["TEXT"],
    )
    quality: str | None = Field(
        description="GREEN, YELLOW, RED or UNKNOWN, by what people did with it.",
        examples=["GREEN"],
    )
    rejected_reason: str | None = Field(
        description="Why Meta rejected it, if it did.", examples=["INVALID_FORMAT"]
    )
    components: list[dict[str, Any]] = Field(
        description="Its parts, as Meta describes them.",
        examples=[[{"type": "BODY", "text": "Hi {{1}}, your order {{2}} has shipped."}]],
    )


TEMPLATE_SAMPLE: JsonObject = {
    "id": "1689556908129832",
    "name": "order_confirmation",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameterFormat": "POSITIONAL",
    "body": "Hi {{1}}, your order {{2}} has shipped.",
    "bodyVariables": ["1", "2"],
    "headerFormat": "TEXT",
    "quality": "GREEN",
    "rejectedReason": None,
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order update"},
        {"type": "BODY", "text": "Hi {{1}}, your order {{2}} has shipped."},
    ],
}


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
        waba_id: str = Field(
            title="WABA ID",
            description="The WhatsApp Business Account they belong to.",
            examples=["102290129340398"],
        )
        templates: list[Template] = Field(
            description="The templates that fit, one entry for each language.",
            examples=[[TEMPLATE_SAMPLE]],
        )
        count: int = Field(description="How many there are.", examples=[1])

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "one template": {
            "wabaId": "102290129340398",
            "templates": [TEMPLATE_SAMPLE],
            "count": 1,
        }
    }

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
            f"{waba_id}/message_templates", {"fields": TEMPLATE_FIELDS, **filters}
        )
        # Meta's filters are loose: a name also finds names that contain it.
        fitting = [node async for node in nodes if filters.items() <= node.items()]
        templates = [_template(node) for node in fitting]
        return self.Output(waba_id=waba_id, templates=templates, count=len(templates))

    async def options(
        self, context: ComponentContext, field: str, input: Mapping[str, Json]
    ) -> Sequence[Option]:
        return await sender_options(context, field, input)


def _template(node: Mapping[str, Any]) -> Template:
    parts = as_objects(node.get("components"))
    found = {as_text(part.get("type")).upper(): part for part in parts}
    body = as_text(as_object(found.get("BODY")).get("text"))
    return Template(
        id=str(node.get("id", "")),
        name=as_text(node.get("name")),
        language=as_text(node.get("language")),
        status=as_text(node.get("status")),
        category=as_text(node.get("category")),
        parameter_format=as_text(node.get("parameter_format")) or "POSITIONAL",
        body=body or None,
        body_variables=list(variables(body)),
        header_format=as_text(as_object(found.get("HEADER")).get("format")) or None,
        quality=as_text(as_object(node.get("quality_score")).get("score")) or None,
        rejected_reason=_reason(node),
        components=parts,
    )


def _reason(node: Mapping[str, Any]) -> str | None:
    reason = as_text(node.get("rejected_reason"))
    return reason if reason and reason != "NONE" else None
