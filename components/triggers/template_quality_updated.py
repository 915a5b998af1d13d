"""Template Quality Updated: starts a run when people's opinion of a template changes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...plugin.foreign_json.meta_fields import At, Word
from ...plugin.triggers.news import NewsTrigger, TemplateNews, news_samples
from ...plugin.triggers.news_samples import TEMPLATE_QUALITIES


class TemplateQualityUpdate(TemplateNews):
    """How well a template is received."""

    quality: Annotated[Word, At("new_quality_score")] = Field(
        description="GREEN, YELLOW, RED or UNKNOWN.", examples=["YELLOW"]
    )
    previous_quality: Annotated[Word, At("previous_quality_score")] = Field(
        description="What it was before.", examples=["GREEN"]
    )


class TemplateQualityUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_quality_update"""

    label = "Template Quality Updated"
    description = "Starts a run when Meta rates the quality of a template anew."
    keywords = ("Quality Score", "Template Rating")
    events = ("message_template_quality_update",)
    Output = TemplateQualityUpdate
    samples = news_samples(TemplateQualityUpdate, events[0], TEMPLATE_QUALITIES)
