"""What can be switched about a simulated world while it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


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


class TemplateReview(Switches):
    """What becomes of a newly created template, and after how many seconds."""

    delay_s: float = Field(default=1.0, ge=0)
    outcome: Literal["APPROVED", "REJECTED", "PENDING"] = "APPROVED"


def default_retry_delays() -> list[float]:
    """Meta's days in an hour: quick at first, then every eight seconds."""
    return [0.5, 1.0, 2.0, 4.0, *([8.0] * 450)]


class Settings(Switches):
    status_delays_s: StatusDelays = Field(default_factory=lambda: StatusDelays())
    instant: bool = Field(
        default=False, description="All statuses at once, whatever statusDelaysS says"
    )
    out_of_window: Literal["failed", "silent"] = Field(
        default="failed",
        description="Free text outside the 24-hour window: a failed status with 131047, or nothing",
    )
    mode: Literal["development", "live"] = Field(
        default="development",
        description="In development mode only allowed recipients can be written to",
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
    user_ids: bool = Field(
        default=True, description="Business-scoped user ids in webhooks, as since 2026"
    )
    contacts_on_failed: bool = Field(
        default=False,
        description="A contact in failed statuses too; Meta's page leaves it out there, "
        "some clients count on it",
    )
    template_review: TemplateReview = Field(default_factory=lambda: TemplateReview())
    history_limit: int = Field(
        default=50_000, ge=1, description="Messages kept on all phones together"
    )
    log_bytes: int = Field(
        default=16_000_000, ge=0, description="Bytes of webhook bodies kept in the log"
    )
