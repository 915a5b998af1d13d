"""Phone Number Quality Updated: starts a run when a number may write to more or fewer people."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...plugin.foreign_json.meta_fields import At, Word
from ...plugin.triggers.news import News, NewsTrigger, news_samples
from ...plugin.triggers.news_samples import NUMBER_QUALITIES


class PhoneNumberQualityUpdate(News):
    """How a number stands."""

    display_phone_number: Word = Field(
        description="The number as people see it.", examples=["15550783881"]
    )
    event: Word = Field(
        description="ONBOARDING or THROUGHPUT_UPGRADE; before 2026 also UPGRADE, DOWNGRADE, "
        "FLAGGED and UNFLAGGED.",
        examples=["THROUGHPUT_UPGRADE"],
    )
    messaging_limit: Annotated[Word, At("max_daily_conversations_per_business")] = Field(
        description="How many people a day the business may write to first.",
        examples=["TIER_UNLIMITED"],
    )
    current_limit: Word = Field(
        description="The limit of the number, as long as Meta tells it.", examples=["TIER_10K"]
    )
    old_limit: Word = Field(description="What it was before.", examples=["TIER_1K"])


class PhoneNumberQualityUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/phone_number_quality_update"""

    label = "Phone Number Quality Updated"
    description = "Starts a run when the limit or the throughput of a number changes."
    keywords = ("Messaging Limit", "Tier", "Throughput", "Quality Rating")
    events = ("phone_number_quality_update",)
    Output = PhoneNumberQualityUpdate
    samples = news_samples(PhoneNumberQualityUpdate, events[0], NUMBER_QUALITIES)
