"""The things in a simulated world, from apps and tokens to people and their messages."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from ..shapes import Json

MANAGEMENT = "whatsapp_business_management"
MESSAGING = "whatsapp_business_messaging"
BUSINESS = "business_management"
PUBLIC_PROFILE = "public_profile"

# https://developers.facebook.com/documentation/business-messaging/whatsapp/permissions
KNOWN_SCOPES = (
    MANAGEMENT,
    MESSAGING,
    BUSINESS,
    "whatsapp_business_manage_events",
    PUBLIC_PROFILE,
    "email",
)

TokenKind = Literal["USER", "SYSTEM_USER", "APP"]


@dataclass
class LoginConfiguration:
    """Facebook Login for Business: what the dialog asks for and which token comes out."""

    id: str
    name: str
    scopes: tuple[str, ...]
    token_life_s: int | None
    """None never expires."""


@dataclass
class App:
    id: str
    name: str
    secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    configurations: dict[str, LoginConfiguration]
    redirect_uris: tuple[str, ...] = ()
    callback_url: str | None = None
    fields: tuple[str, ...] = ()
    requires_proof: bool = False
    allowed_recipients: set[str] = field(default_factory=set[str])


@dataclass
class User:
    """A person or system user on the business side."""

    id: str
    name: str
    business_ids: tuple[str, ...]
    waba_ids: tuple[str, ...]
    developer_of: frozenset[str] = frozenset()
    is_system: bool = False


@dataclass
class Grant:
    """What a user allowed an app. Scopes map to WABA ids; None is every WABA of the user."""

    scopes: dict[str, frozenset[str] | None]


@dataclass
class Token:
    value: str = field(repr=False)
    app_id: str
    kind: TokenKind
    user: User | None
    scopes: dict[str, frozenset[str] | None]
    issued_at: int
    expires_at: int
    data_access_expires_at: int
    revoked_subcode: int | None = None

    def reaches(self, scope: str, waba_id: str) -> bool:
        if self.user is None or scope not in self.scopes or waba_id not in self.user.waba_ids:
            return False
        targets = self.scopes[scope]
        return targets is None or waba_id in targets

    def sees(self, waba_id: str) -> bool:
        return self.reaches(MANAGEMENT, waba_id) or self.reaches(MESSAGING, waba_id)


@dataclass
class AuthorizationCode:
    value: str = field(repr=False)
    app_id: str
    user: User
    scopes: dict[str, frozenset[str] | None]
    redirect_uri: str | None
    expires_at: float
    kind: TokenKind
    life_s: int | None
    used: bool = False


@dataclass
class Business:
    id: str
    name: str
    owned_waba_ids: list[str] = field(default_factory=list[str])
    client_waba_ids: list[str] = field(default_factory=list[str])


@dataclass
class Subscription:
    """An app that receives a WABA's webhooks, perhaps at an address of its own."""

    app_id: str
    override_callback_uri: str | None = None


@dataclass
class Waba:
    id: str
    name: str
    business_id: str
    currency: str = "USD"
    timezone_id: str = "1"
    country: str = "US"
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])


@dataclass
class PhoneNumber:
    id: str
    waba_id: str
    display: str
    country_code: str
    verified_name: str
    code_verification_status: str = "VERIFIED"
    quality: str = "GREEN"
    is_registered: bool = False
    pin: str | None = field(default=None, repr=False)
    verification_code: str | None = field(default=None, repr=False)
    override_callback_uri: str | None = None
    onboarded_at: float | None = None
    wrong_pins: int = 0
    pin_locked_until: float = 0.0
    registrations: deque[float] = field(default_factory=deque[float])
    registration_locked_until: float = 0.0
    free_month: str = ""
    free_used: int = 0

    @property
    def digits(self) -> str:
        return "".join(char for char in self.display if char.isdigit())


@dataclass
class Template:
    id: str
    waba_id: str
    name: str
    language: str
    category: str
    components: list[Json]
    created_at: float
    parameter_format: str = "POSITIONAL"
    status: str = "APPROVED"
    rejected_reason: str | None = None
    message_send_ttl_s: int | None = None


@dataclass
class Media:
    id: str
    number_id: str
    content: bytes = field(repr=False)
    mime_type: str
    expires_at: float
    sha256: str
    filename: str | None = None


@dataclass
class Person:
    """Someone with a phone who talks to businesses."""

    wa_id: str
    bsuid: str
    name: str
    username: str | None = None
    hides_phone: bool = False
    read_receipts: bool = True
    is_online: bool = True
    blocked: set[str] = field(default_factory=set[str])
    chat: deque[Message] = field(default_factory=deque["Message"])
    waiting: deque[Message] = field(default_factory=deque["Message"])


@dataclass
class Message:
    """One message between a business number and a person, in either direction."""

    id: str
    number_id: str
    person: Person | None
    recipient: str
    is_outbound: bool
    kind: str
    content: Json
    at: float
    expires_at: float = 0.0
    context: Json | None = None
    opaque: str | None = None
    category: str = "service"
    is_free: bool = False
    is_read: bool = False
    read_delay_s: float = 0.0
    failure: Json | None = None
    statuses: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])


@dataclass
class Conversation:
    """A person and a business number: the window and what the chat shows."""

    last_inbound_at: float | None = None
    typing_until: float = 0.0
