"""What a business keeps at Meta beside its messages: profile, codes, settings, flows, calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..protocol.shapes import Json

# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-call-permissions
CallPermissionStatus = Literal["no_permission", "temporary", "permanent"]
CallState = Literal["ringing", "pre_accepted", "accepted", "rejected", "ended"]


@dataclass
class Profile:
    """How a number presents itself to people."""

    about: str = ""
    address: str = ""
    description: str = ""
    email: str = ""
    websites: list[str] = field(default_factory=list[str])
    vertical: str = ""
    picture: bytes | None = field(default=None, repr=False)
    picture_type: str = ""
    picture_key: str = ""
    """The unguessable part of the picture's address."""


@dataclass
class CommerceSettings:
    catalog_id: str = ""
    is_cart_enabled: bool = True
    is_catalog_visible: bool = False


@dataclass
class QrCode:
    """A short link that opens a chat with a message already written."""

    code: str
    prefilled_message: str
    created_at: float


@dataclass
class Username:
    name: str
    status: str = "approved"


@dataclass
class NameRequest:
    """A new display name on its way through Meta's review."""

    name: str
    status: str = "PENDING_REVIEW"


def default_calling() -> Json:
    return {
        "status": "DISABLED",
        "call_icon_visibility": "DEFAULT",
        "callback_permission_status": "DISABLED",
    }


@dataclass
class NumberSettings:
    """The features of GET and POST /{phone-number-id}/settings, each in Meta's own shape."""

    calling: Json = field(default_factory=default_calling)
    payload_encryption: Json = field(default_factory=lambda: {"status": "DISABLED"})
    storage_configuration: Json = field(default_factory=lambda: {"status": "DEFAULT"})
    user_identity_change: Json = field(default_factory=lambda: {"enable_identity_key_check": False})


@dataclass
class Automation:
    """Ice breakers and commands that a chat offers."""

    prompts: list[str] = field(default_factory=list[str])
    commands: list[Json] = field(default_factory=list[Json])


@dataclass
class OfficialStatus:
    """How far the application for the blue check has come."""

    status: str = "NOT_STARTED"
    message: str = ""


@dataclass
class CallPermission:
    """Whether a person lets the business call them, and until when."""

    status: CallPermissionStatus
    expires_at: float | None = None


@dataclass
class PhoneCall:
    """A voice call between a number and a person."""

    id: str
    number_id: str
    wa_id: str
    is_outbound: bool
    sdp: str
    at: float
    state: CallState = "ringing"
    accepted_at: float | None = None
    opaque: str | None = None


@dataclass
class Flow:
    """A form that opens inside the chat, from draft to retirement."""

    id: str
    waba_id: str
    name: str
    categories: list[str]
    created_at: float
    updated_at: float
    app_id: str
    key: str
    """The unguessable part of its asset's and its preview's address."""
    status: str = "DRAFT"
    endpoint_uri: str | None = None
    source: str | None = None
    """Its Flow JSON as it was uploaded."""
    validation_errors: list[Json] = field(default_factory=list[Json])


@dataclass
class Signup:
    """A link through which people subscribe to a business's marketing messages."""

    id: str
    waba_id: str
    signup_message: str
    confirmation_message: str
    privacy_policy_url: str
    promo_code: str | None = None
    display_name: str | None = None
    website_url: str | None = None
    status: str = "ACTIVE"
