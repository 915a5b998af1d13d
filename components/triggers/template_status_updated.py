"""Template Status Updated: starts a run when a template is approved, rejected, paused and so on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ...plugin.foreign_json.meta_fields import At, Moment, Word
from ...plugin.triggers.filters import ONLY_WHEN
from ...plugin.triggers.listening import AccountInput
from ...plugin.triggers.news import NewsTrigger, TemplateNews, news_samples
from ...plugin.triggers.news_samples import TEMPLATE_STATUSES

TemplateStatus = Literal[
    "APPROVED",
    "REJECTED",
    "PENDING",
    "PAUSED",
    "DISABLED",
    "FLAGGED",
    "REINSTATED",
    "IN_APPEAL",
    "LOCKED",
    "LIMIT_EXCEEDED",
    "PENDING_DELETION",
    "DELETED",
    "ARCHIVED",
    "UNARCHIVED",
]


class TemplateStatusUpdate(TemplateNews):
    """What has become of a template."""

    status: Annotated[Word, At("event")] = Field(
        description="Such as APPROVED, REJECTED, PAUSED or DISABLED.", examples=["REJECTED"]
    )
    category: Annotated[Word, At("message_template_category")] = Field(
        description="Its category.", examples=["MARKETING"]
    )
    reason: Word = Field(
        description="Meta's word for why; NONE where there is nothing.", examples=["INVALID_FORMAT"]
    )
    explanation: Annotated[Word, At("rejection_info.reason")] = Field(
        description="Why it was rejected, in Meta's sentence.",
        examples=["Two parameters stand next to each other."],
    )
    recommendation: Annotated[Word, At("rejection_info.recommendation")] = Field(
        description="What Meta recommends.", examples=["Separate them with words."]
    )
    note_title: Annotated[Word, At("other_info.title")] = Field(
        description="Which pause it is, such as FIRST_PAUSE.", examples=["FIRST_PAUSE"]
    )
    note: Annotated[Word, At("other_info.description")] = Field(
        description="What Meta says of it, such as until when it is paused.",
        examples=["Your WhatsApp message template has been paused for 3 hours."],
    )
    disabled_at: Annotated[Moment, At("disable_info.disable_date")] = Field(
        description="When it is disabled.", examples=["2026-09-21T14:13:20Z"]
    )


class TemplateStatusUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update"""

    label = "Template Status Updated"
    description = "Starts a run when a template is approved, rejected, paused or disabled."
    keywords = ("Template Approved", "Template Rejected", "Template Paused", "Review")
    events = ("message_template_status_update",)

    class Input(AccountInput):
        statuses: list[TemplateStatus] = Field(
            default_factory=list[TemplateStatus],
            description="Only these statuses; leave it empty for all.",
            examples=[["REJECTED", "PAUSED", "DISABLED"]],
            json_schema_extra={"x-widget": "select", **ONLY_WHEN},
        )

    Output = TemplateStatusUpdate
    samples = news_samples(TemplateStatusUpdate, events[0], TEMPLATE_STATUSES)

    def wants(self, properties: Any, news: Any) -> bool:
        return not properties.statuses or news.status in properties.statuses
