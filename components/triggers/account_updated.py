"""Account Updated: starts a run when Meta reviews, restricts or warns a business account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from ...plugin.foreign_json.meta_fields import At, MetaFields, Moment, Object, Whole, Word
from ...plugin.foreign_json.shapes import as_objects
from ...plugin.triggers.filters import ONLY_WHEN
from ...plugin.triggers.listening import AccountInput
from ...plugin.triggers.news import News, NewsTrigger, news_samples
from ...plugin.triggers.news_samples import (
    ACCOUNT_ALERTS,
    ACCOUNT_REVIEWS,
    ACCOUNT_UPDATES,
    CAPABILITIES,
)

AccountField = Literal[
    "account_update", "account_alerts", "account_review_update", "business_capability_update"
]


class Restriction(MetaFields):
    """Something that the account may not do."""

    type: Annotated[Word, At("restriction_type")] = Field(
        description="What it may not do.", examples=["RESTRICTED_BIZ_INITIATED_MESSAGING"]
    )
    ends_at: Annotated[Moment, At("expiration")] = Field(
        description="Until when.", examples=["2026-09-24T14:13:20Z"]
    )


def _restrictions(value: object) -> list[Restriction]:
    return [Restriction.from_meta(each) for each in as_objects(value)]


class AccountUpdate(News):
    """How an account stands. What does not belong to its kind is null."""

    event: Word = Field(
        description="What happened in account_update, such as ACCOUNT_RESTRICTION.",
        examples=["ACCOUNT_RESTRICTION"],
    )
    restrictions: Annotated[
        list[Restriction], At("restriction_info"), BeforeValidator(_restrictions)
    ] = Field(description="What the account may not do, and until when.", examples=[[]])
    violation_type: Annotated[Word, At("violation_info.violation_type")] = Field(
        description="The policy that was violated.", examples=["ADULT"]
    )
    ban_state: Annotated[Word, At("ban_info.waba_ban_state")] = Field(
        description="SCHEDULE_FOR_DISABLE, DISABLE or REINSTATE.", examples=["SCHEDULE_FOR_DISABLE"]
    )
    ban_date: Annotated[Word, At("ban_info.waba_ban_date")] = Field(
        description="The day of it, as Meta writes it.", examples=["October 17, 2026"]
    )
    display_phone_number: Annotated[Word, At("phone_number")] = Field(
        description="The number that was disconnected from its phone app.", examples=["15550783881"]
    )
    disconnection: Annotated[Object, At("disconnection_info")] = Field(
        description="Why it was, as Meta describes it.", examples=[{"reason": "PRIMARY_INACTIVITY"}]
    )
    decision: Word = Field(
        description="How a review of the account ended: APPROVED, REJECTED, PENDING or DEFERRED.",
        examples=["APPROVED"],
    )
    alert_type: Annotated[Word, At("alert_info.alert_type")] = Field(
        description="What an alert is about.", examples=["PROFILE_PICTURE_LOST"]
    )
    alert_severity: Annotated[Word, At("alert_info.alert_severity")] = Field(
        description="CRITICAL, WARNING or INFORMATIONAL.", examples=["WARNING"]
    )
    alert_description: Annotated[Word, At("alert_info.alert_description")] = Field(
        description="The alert in Meta's words.", examples=["Please reupload your profile picture"]
    )
    entity_type: Word = Field(
        description="What the alert is about: BUSINESS or PHONE_NUMBER.", examples=["PHONE_NUMBER"]
    )
    entity_id: Word = Field(
        title="Entity ID", description="The id of that.", examples=["106540352242922"]
    )
    daily_limit: Annotated[Whole, At("max_daily_conversations_per_business")] = Field(
        description="How many people a day may be written to first; -1 for any number.",
        examples=[2000],
    )
    max_phone_numbers: Annotated[Whole, At("max_phone_numbers_per_waba")] = Field(
        description="How many numbers the account may have.", examples=[25]
    )


class AccountUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update"""

    label = "Account Updated"
    description = "Starts a run when Meta reviews, restricts, warns or changes a business account."
    keywords = ("Restricted", "Banned", "Violation", "Alert", "Review")
    events = get_args(AccountField)

    class Input(AccountInput):
        fields: list[AccountField] = Field(
            default_factory=list[AccountField],
            title="Kinds of News",
            description="Only these fields of Meta's webhooks; leave it empty for all four. The "
            "Meta app has to be subscribed to them.",
            examples=[["account_update", "account_alerts"]],
            json_schema_extra={"x-widget": "select", **ONLY_WHEN},
        )
        events: list[Annotated[str, Field(max_length=256, pattern="^[A-Z0-9_]+$")]] = Field(
            default_factory=list[str],
            title="Only These Events",
            description="Meta's words for what happened, as in event, alertType or decision.",
            max_length=100,
            examples=[["ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION"]],
            json_schema_extra={"x-hint": "a word of capital letters, digits and _", **ONLY_WHEN},
        )

    Output = AccountUpdate
    samples = (
        news_samples(AccountUpdate, "account_update", ACCOUNT_UPDATES)
        | news_samples(AccountUpdate, "account_alerts", ACCOUNT_ALERTS)
        | news_samples(AccountUpdate, "account_review_update", ACCOUNT_REVIEWS)
        | news_samples(AccountUpdate, "business_capability_update", CAPABILITIES)
    )

    def wanted(self, properties: Input) -> Sequence[str]:
        return properties.fields or self.events

    def wants(self, properties: Any, news: Any) -> bool:
        happened = {news.event, news.alert_type, news.decision}
        return not properties.events or bool(happened & {*properties.events})
