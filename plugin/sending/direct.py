"""Direct Send: what Meta delivers without a template, for accounts that it has admitted."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Json, RejectedError

from .messages import FreeFormInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/direct-send/configure-message-ttl
MIN_TTL_S = 30
MAX_TTL_S = {"utility": 43_200, "authentication": 900}
DIRECT: dict[str, JsonValue] = {"x-group": "Direct Send (Beta)"}
OF_A_CATEGORY: dict[str, JsonValue] = {
    **DIRECT,
    "x-when": {"category": ["authentication", "utility"]},
}


class DirectSendInput(FreeFormInput):
    """What a message needs that may also go out without a template and outside the window."""

    category: Literal["utility", "authentication"] | None = Field(
        default=None,
        title="Send Without a Template As",
        description="Delivers the message outside the 24-hour window too, charged as this category."
        " For accounts that Meta has admitted to Direct Send; leave it empty otherwise.",
        examples=["utility"],
        json_schema_extra={"x-widget": "select", **DIRECT},
    )
    ttl_seconds: int | None = Field(
        default=None,
        title="Time to Live in Seconds",
        description="How long Meta tries to deliver it: up to 43200 for utility (30 days if left "
        "empty), up to 900 for authentication (600 if left empty). Then it is dropped.",
        ge=MIN_TTL_S,
        le=max(MAX_TTL_S.values()),
        examples=[600],
        json_schema_extra=OF_A_CATEGORY,
    )
    template_name: str | None = Field(
        default=None,
        title="Name of Its Template",
        description="What the read-only template is called that Meta makes from the message.",
        pattern="^([a-z0-9_]{1,512})?$",
        examples=["order_shipped"],
        json_schema_extra={"x-hint": "a name of small letters, digits and _", **OF_A_CATEGORY},
    )

    @property
    def needs_window(self) -> bool:
        return self.category is None

    @property
    def direct_send(self) -> dict[str, Json]:
        """The part of Meta's request that asks for it."""
        asked: dict[str, Json] = {}
        if self.category:
            asked["category"] = self.category
        if self.ttl_seconds is not None:
            asked["ttl_seconds"] = self.ttl_seconds
        if self.template_name:
            asked["direct_send_config"] = {"template_name": self.template_name}
        return asked

    @model_validator(mode="after")
    def _check_direct_send(self) -> Self:
        given = {"ttlSeconds": self.ttl_seconds, "templateName": self.template_name}
        field = next((name for name, value in given.items() if value), "")
        if self.category is None:
            if field:
                raise RejectedError(
                    "Only a Direct Send has this",
                    "A message inside the 24-hour window has no time to live and no template.",
                    "Choose a category, or leave this empty.",
                    field,
                )
        elif (self.ttl_seconds or 0) > MAX_TTL_S[self.category]:
            raise RejectedError(
                "The time to live is too long",
                f"It is {self.ttl_seconds} seconds, and {self.category} takes "
                f"{MIN_TTL_S} to {MAX_TTL_S[self.category]}.",
                "Shorten it, or leave it empty.",
                "ttlSeconds",
            )
        return self
