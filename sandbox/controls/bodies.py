"""What the controls are told: the bodies of their requests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..protocol.shapes import Json
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
    "edit",
    "revoke",
]


class WebhookChoice(Switches):
    callback_url: str = Field(pattern=r"^https?://", max_length=2000)
    verify_token: str = fixed.VERIFY_TOKEN
    fields: list[str] | None = Field(default=None, description="All of them unless given")
    app_id: str = fixed.APP_ID
    handshake: bool = Field(default=True, description="Ask the callback first, as Meta does")
    subscribe: bool = Field(
        default=False, description="Subscribe every account that the app does not hear of yet"
    )


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


class FailNextChange(Switches):
    """What the next messages to a person fail with, after they were accepted."""

    code: int = Field(description="Any code of Meta's list of errors")
    count: int = Field(default=1, ge=1, le=MAX_BULK)
    details: str | None = Field(default=None, max_length=1000)


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
    parent_bsuid: str | None = Field(default=None, pattern=r"^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$")
    identity_key_hash: str | None = Field(default=None, max_length=100)
    open_chats: list[str] | None = Field(
        default=None, description="Ids of the numbers whose chat is on the screen"
    )
    stops_marketing: list[str] | None = Field(
        default=None, description="Ids of the numbers whose marketing they do not want"
    )
    fail_next: FailNextChange | None = None


class InboundMessage(Switches):
    """A message in Meta's own shape: `type` and the part of that name beside it."""

    model_config = ConfigDict(extra="allow")

    type: InboundType = "text"
    to: str | None = Field(
        default=None, description="Phone number id; the seeded number unless given"
    )
    context: Json | None = Field(
        default=None,
        description='{"id": "wamid…"}, {"forwarded": true}, {"frequently_forwarded": true}, '
        'or {"referred_product": {…}} of a question about a product',
    )
    referral: Json | None = None
    identity: Json | None = None
    origin: str | None = Field(
        default=None, description="Of contacts: contact_request where the business asked for it"
    )
    group_id: str | None = Field(default=None, description="The group it is written in")
    count: int = Field(
        default=1, ge=1, le=MAX_BULK, description="Write it so often; {n} counts in a text"
    )
