"""The things in a simulated world, from apps and tokens to people and their messages."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from ..protocol.shapes import Json
from .belongings import (
    Automation,
    CallPermission,
    CommerceSettings,
    NameRequest,
    NumberSettings,
    OfficialStatus,
    Profile,
    QrCode,
    Username,
)

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
    is_signup: bool = False
    """Embedded Signup: a window of its own, a code for 30 seconds, and an event for the page."""


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
    is_verified: bool = True
    marketing_invitation: str | None = None
    """The request id of a partner's invitation to the Marketing Messages API."""
    messaging_limit: str = "TIER_250"
    """How many people a day all its numbers may write to first; TIER_250 to TIER_UNLIMITED."""


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
    direct_send_allowed: bool = False
    marketing_messages_status: str = "ONBOARDED"
    disable_marketing_messages_on_cloud_api: bool = False
    is_enabled_for_insights: bool = True
    has_signups: bool = True
    """In-App Signup is open to this account."""
    accepted_signup_terms: bool = False
    tasks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What each assigned user may do; users of the account without an entry manage it."""
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])
    template_creations: list[float] = field(default_factory=list[float])


@lru_cache(1024)
def _digits(text: str) -> str:
    """Asked for with every message and every status."""
    return "".join(char for char in text if char.isdigit())


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
    is_on_biz_app: bool = False
    """Coexistence: the number is used in the WhatsApp Business app at the same time."""
    shares_history: bool = True
    """Coexistence: the business agreed to hand its chats over."""
    is_migrating: bool = False
    has_moved: bool = False
    """It was taken over by another WABA and is only a memory here."""
    verify_by: float | None = None
    """Until when a confirmed number has to be registered; None for one that has been."""
    profile: Profile = field(default_factory=Profile)
    commerce: CommerceSettings = field(default_factory=CommerceSettings)
    qr_codes: dict[str, QrCode] = field(default_factory=dict[str, QrCode])
    settings: NumberSettings = field(default_factory=NumberSettings)
    automation: Automation = field(default_factory=Automation)
    official: OfficialStatus = field(default_factory=OfficialStatus)
    blocked: dict[str, float] = field(default_factory=dict[str, float])
    """Phone numbers of the people this number has blocked, and since when."""
    call_permissions: dict[str, CallPermission] = field(default_factory=dict[str, CallPermission])
    syncs: dict[str, str] = field(default_factory=dict[str, str])
    """Coexistence: the synchronisations asked for so far, with their request ids."""
    username: Username | None = None
    name_request: NameRequest | None = None
    public_key: str | None = None
    compliance: Json | None = None
    throughput: str = "STANDARD"

    @property
    def digits(self) -> str:
        return _digits(self.display)


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
    paced: int = 0
    """Sends of the sample that tests a new template; see the setting templatePacing."""
    pacing_ends_at: float | None = None
    source: str = "USER_CREATED"
    updated_at: float = 0.0
    quality: str = "UNKNOWN"
    quality_at: float = 0.0
    previous_category: str | None = None
    correct_category: str | None = None
    category_changes_at: float | None = None
    sub_category: str | None = None
    library_name: str | None = None
    is_tracking_opted_out: bool | None = None
    creative_features: dict[str, str] = field(default_factory=dict[str, str])
    review_at: float | None = None
    """When the review that is under way ends; None while there is none."""
    edits: list[float] = field(default_factory=list[float])
    pauses: int = 0
    paused_until: float | None = None
    status_before_archive: str | None = None
    deleted_at: float | None = None


@dataclass
class TemplateGroup:
    """Templates whose numbers a business looks at together."""

    id: str
    waba_id: str
    name: str
    description: str
    template_ids: list[str]
    created_at: float


@dataclass
class Upload:
    """A resumable upload: a file that arrives in as many pieces as it takes."""

    key: str
    signature: str = field(repr=False)
    app_id: str
    user_id: str
    filename: str
    mime_type: str
    length: int
    expires_at: float
    content: bytearray = field(default_factory=bytearray, repr=False)
    handle: str | None = None


@dataclass
class StoredFile:
    """A file whose upload is complete; its handle stands for it until it expires."""

    handle: str
    app_id: str
    filename: str
    mime_type: str
    content: bytes = field(repr=False)
    expires_at: float


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
class FailNext:
    """The next messages to this person are accepted and fail afterwards, with this code."""

    code: int
    left: int
    details: str | None = None


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
    parent_bsuid: str | None = None
    identity_key_hash: str = ""
    """What changes when they move to another phone; empty until somebody asks for it."""
    open_chats: set[str] = field(default_factory=set[str])
    """Ids of the numbers whose chat is on the screen: what arrives there is read at once."""
    stopped_marketing: set[str] = field(default_factory=set[str])
    """Ids of the numbers whose marketing this person does not want."""
    fail_next: FailNext | None = None
    blocked: set[str] = field(default_factory=set[str])
    chat: deque[Message] = field(default_factory=deque["Message"])
    waiting: deque[Message] = field(default_factory=deque["Message"])

    @property
    def identity(self) -> str:
        """The hash of their identity key: what was set, or one that follows from who they are."""
        made_up = base64.b64encode(hashlib.sha256(self.bsuid.encode()).digest()[:8]).decode()
        return self.identity_key_hash or made_up


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
    group_id: str | None = None
    audience: list[Person] = field(default_factory=list["Person"])
    """Who gets a message to a group."""
    is_unheard: bool = False
    """Written by somebody the business had blocked: it never learned of it."""
    seen: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What became of a message to a group on each phone."""
    conversation_id: str | None = None
    pace: list[float] = field(default_factory=list[float])
    """Seconds to sent, delivered, read and played where it keeps a time of its own."""
    failure: Json | None = None
    statuses: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    def seen_by(self, person: Person) -> list[str]:
        """What this person's phone has reported so far."""
        if self.group_id is not None:
            return self.seen.get(person.wa_id, [])
        return [status for status, _ in self.statuses]


@dataclass
class JoinRequest:
    """Somebody who followed a group's invitation and waits to be let in."""

    id: str
    wa_id: str
    at: float


@dataclass
class Group:
    """A chat that a business number opened for several people."""

    id: str
    number_id: str
    subject: str
    description: str
    created_at: float
    invite_code: str
    join_approval_mode: str = "auto_approve"
    participants: list[str] = field(default_factory=list[str])
    """Phone numbers of the people in it, in the order they came; the business is not listed."""
    join_requests: dict[str, JoinRequest] = field(default_factory=dict[str, JoinRequest])
    is_suspended: bool = False
    picture_sha256: str | None = None


@dataclass
class Conversation:
    """A person and a business number: the window and what the chat shows."""

    last_inbound_at: float | None = None
    typing_until: float = 0.0
    referred_at: float | None = None
    """When the person came here from an ad and wrote."""
    free_entry_id: str | None = None
    free_entry_until: float = 0.0
