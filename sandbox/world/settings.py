"""What can be switched about a simulated world while it runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

MAX_DELAY_S = 7 * 86400.0


class Switches(BaseModel):
    """Our own JSON: camelCase outside, nothing unknown accepted."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", allow_inf_nan=False
    )


class StatusDelays(Switches):
    """Seconds from the acceptance of a message to each of its statuses."""

    sent: float = Field(default=0.05, ge=0)
    delivered: float = Field(default=0.15, ge=0)
    read: float = Field(default=0.4, ge=0)
    played: float = Field(default=0.8, ge=0, description="Voice messages only")


class TemplatePacing(Switches):
    """New marketing and utility templates go to a sample first; the rest waits for its verdict."""

    sample: int | None = Field(
        default=None, ge=0, description="Sends that go out at once; null switches pacing off"
    )
    hold_s: float = Field(default=1800.0, ge=0)
    outcome: Literal["released", "dropped"] = Field(
        default="released",
        description="dropped: the rest fails with 132015, and the template pauses",
    )
    message_status: Literal["held_for_quality_assessment", "paused"] = "held_for_quality_assessment"


class NameReview(Switches):
    """What becomes of a new display name, and after how many seconds."""

    delay_s: float = Field(default=1.0, ge=0)
    outcome: Literal["APPROVED", "REJECTED", "PENDING"] = "APPROVED"


class TemplateReview(Switches):
    """What becomes of a new or edited template, and after how many seconds."""

    delay_s: float = Field(default=1.0, ge=0)
    outcome: Literal["APPROVED", "REJECTED", "PENDING"] = "APPROVED"
    category: Literal["UTILITY", "MARKETING"] | None = Field(
        default=None, description="What Meta makes of new utility and marketing templates"
    )


class DelayRange(Switches):
    """Seconds, drawn anew for each update."""

    least: float = Field(default=0.0, ge=0, le=MAX_DELAY_S)
    most: float = Field(ge=0, le=MAX_DELAY_S)

    @model_validator(mode="after")
    def _make_sense(self) -> DelayRange:
        if self.most < self.least:
            raise ValueError("most is less than least")
        return self


def default_retry_delays() -> list[float]:
    """Meta's days in an hour: quick at first, then every eight seconds."""
    return [0.5, 1.0, 2.0, 4.0, *([8.0] * 450)]


class Settings(Switches):
    status_delays_s: StatusDelays = Field(default_factory=lambda: StatusDelays())
    instant: bool = Field(
        default=False, description="All statuses at once, whatever statusDelaysS says"
    )
    timing: Literal["brisk", "realistic"] = Field(
        default="brisk",
        description="brisk: statusDelaysS as they are; realistic: seconds and minutes, like people",
    )
    rates: Literal["enforced", "off"] = Field(
        default="enforced",
        description="Throughput, pair rate, messaging limit and calls per hour; see the limits",
    )
    marketing_cap: int | None = Field(
        default=None,
        ge=0,
        description="Marketing templates a person gets in 24 hours outside a window; "
        "more fail with 131049",
    )
    template_pacing: TemplatePacing = Field(default_factory=lambda: TemplatePacing())
    fetch_links: bool = Field(
        default=False,
        description="Fetch media links as Meta does; one that cannot be fetched fails with 131053",
    )
    out_of_window: Literal["failed", "silent"] = Field(
        default="failed",
        description="Free text outside the 24-hour window: a failed status with 131047, or nothing",
    )
    payment: Literal["valid", "failed", "silent"] = Field(
        default="valid",
        description="Whether business accounts have a payment method. failed: none has, and what "
        "is charged fails with 131042. silent: the same, but of free text, which is charged since "
        "October 2026, nothing more is heard",
    )
    mode: Literal["development", "live"] = Field(
        default="development",
        description="In development mode only allowed recipients can be written to",
    )
    login: Literal["picker", "continueAs", "plain"] = Field(
        default="picker",
        description="What a login with a configuration shows. continueAs: who has granted all of "
        "it before sees that, with the picker behind 'Edit settings'; plain: the consent without "
        "a picker, as for a configuration that was deleted",
    )
    refused_scopes: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="Permissions the app may not ask for; the login ends with 'Invalid Scopes'",
    )
    retry_delays_s: list[float] = Field(default_factory=default_retry_delays)
    webhook_timeout_s: float = Field(default=20.0, gt=0)
    webhook_connections: int = Field(default=16, ge=1, le=256)
    ordered: bool = Field(
        default=True,
        description="One conversation's webhooks wait for each other, also through retries",
    )
    batch_limit: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Most updates that are due at once and travel in one POST",
    )
    crowded_batch_limit: int = Field(
        default=1000,
        ge=1,
        le=1000,
        description="The same where more is due than there are connections",
    )
    webhook_delay_s: DelayRange | Annotated[float, Field(ge=0, le=MAX_DELAY_S)] = Field(
        default=0.0, description="How long webhooks take: seconds, or a range to draw from"
    )
    duplicates: float = Field(
        default=0.0, ge=0, le=1, description="The share of deliveries that come twice"
    )
    reorder: float = Field(
        default=0.0, ge=0, le=1, description="The share of deliveries that later ones overtake"
    )
    reorder_window_s: float = Field(
        default=1.0, ge=0, le=MAX_DELAY_S, description="The longest that such a delivery is held"
    )
    user_ids: bool = Field(
        default=True, description="Business-scoped user ids in webhooks, as since 2026"
    )
    contacts_on_failed: bool = Field(
        default=False,
        description="A contact in failed statuses too; Meta's page leaves it out there, "
        "some clients count on it",
    )
    template_review: TemplateReview = Field(default_factory=lambda: TemplateReview())
    name_review: NameReview = Field(default_factory=lambda: NameReview())
    history_limit: int = Field(
        default=50_000, ge=1, description="Messages kept on all phones together"
    )
    log_bytes: int = Field(
        default=16_000_000, ge=0, description="Bytes of webhook bodies kept in the log"
    )
