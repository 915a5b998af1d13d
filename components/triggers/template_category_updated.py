"""Template Category Updated: starts a run when a template gets, or is to get, another category."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...plugin.foreign_json.meta_fields import At, Moment, Word
from ...plugin.triggers.news import NewsTrigger, TemplateNews, news_samples
from ...plugin.triggers.news_samples import TEMPLATE_CATEGORIES


class TemplateCategoryUpdate(TemplateNews):
    """By which price a template is sent."""

    category: Annotated[Word, At("new_category")] = Field(
        description="What it is now.", examples=["UTILITY"]
    )
    previous_category: Word = Field(
        description="What it was, if it has changed now.", examples=[None]
    )
    coming_category: Annotated[Word, At("correct_category")] = Field(
        description="What Meta will make of it, if it is about to change.", examples=["MARKETING"]
    )
    changes_at: Annotated[Moment, At("category_update_timestamp")] = Field(
        description="When it will change.", examples=["2026-09-22T14:13:20Z"]
    )


class TemplateCategoryUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/template_category_update"""

    label = "Template Category Updated"
    description = "Starts a run when Meta changes the category of a template or announces it."
    keywords = ("Utility", "Marketing", "Price", "Reclassified")
    events = ("template_category_update",)
    Output = TemplateCategoryUpdate
    samples = news_samples(TemplateCategoryUpdate, events[0], TEMPLATE_CATEGORIES)
