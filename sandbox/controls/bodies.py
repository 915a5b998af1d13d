"""What the controls are told: the bodies of their requests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..shapes import Json
from ..world import seed as fixed
from ..world.settings import Switches

MAX_BULK = 10_000
MAX_MOVE_S = 100 * 366 * 86400
Moment = Annotated[float, Field(ge=0, le=100_000_000_000)]
InboundType = Literal[
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "button",
    "interactive",
    "order",
    "system",
    "unsupported",
]


class WebhookChoice(Switches):
    callback_url: str = Field(pattern=r"^https?://", max_length=2000)
    verify_token: str = fixed.VERIFY_TOKEN
    fields: list[str] | None = Field(default=None, description="All of them unless given")
    app_id: str = fixed.APP_ID


class ClockChange(Switches):
    advance_s: float | None = Field(default=None, ge=0, le=MAX_MOVE_S)
    set_to: datetime | Moment | None = Field(default=None, description="ISO time or UNIX seconds")
    freeze: bool | None = None
    speed: float | None = Field(default=None, gt=0, le=100_000)


class NewPerson(Switches):
    wa_id: str | None = Field(default=None, pattern=r"^\d{5,15}$")
    bsuid: str | None = Field(default=None, pattern=r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
    name: str = "Someone"
    username: str | None = None
    hide_phone: bool = False
    read_receipts: bool = True
    online: bool = True
    allowed: bool = Field(default=True, description="On the app's list of test recipients")


class PersonChange(Switches):
    name: str | None = None
    username: str | None = None
    hide_phone: bool | None = None
    read_receipts: bool | None = None
    online: bool | None = None
    allowed: bool | None = None
    blocks: list[str] | None = Field(
        default=None, description="Ids of the numbers this person blocks"
    )


class InboundMessage(Switches):
    """A message in Meta's own shape: `type` and the part of that name beside it."""

    model_config = ConfigDict(extra="allow")

    type: InboundType = "text"
    to: str | None = Field(
        default=None, description="Phone number id; the seeded number unless given"
    )
    context: Json | None = Field(
        default=None, description='{"id": "wamid…"} or {"forwarded": true}'
    )
    referral: Json | None = None
    identity: Json | None = None
    count: int = Field(
        default=1, ge=1, le=MAX_BULK, description="Write it so often; {n} counts in a text"
    )


class AppChange(Switches):
    require_app_secret_proof: bool
