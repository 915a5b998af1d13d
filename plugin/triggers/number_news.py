"""What Meta tells of phone numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..foreign_json.meta_fields import At, Word
from .news import News


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
