"""Which Graph calls the sandbox simulates, and which it knows of and does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from . import media, messages, numbers, subscriptions, templates, tokens, wabas
from .call import Endpoint
from .entities import (
    MANAGEMENT,
    MESSAGING,
    App,
    Business,
    Media,
    PhoneNumber,
    Template,
    User,
    Waba,
)


@dataclass(frozen=True)
class Route:
    endpoint: Endpoint
    scope: str | None = None
    """The permission the token needs for the WABA of the node; None is for the endpoint to say."""
    takes_files: bool = False


# (kind of node, edge, method). An empty edge is the node itself.
NODE_ROUTES: Mapping[tuple[type, str, str], Route] = MappingProxyType(
    {
        (PhoneNumber, "", "GET"): Route(numbers.get, MANAGEMENT),
        (PhoneNumber, "", "POST"): Route(numbers.update, MANAGEMENT),
        (PhoneNumber, "messages", "POST"): Route(messages.post, MESSAGING),
        (PhoneNumber, "media", "POST"): Route(media.upload, MESSAGING, takes_files=True),
        (PhoneNumber, "register", "POST"): Route(numbers.register, MANAGEMENT),
        (PhoneNumber, "deregister", "POST"): Route(numbers.deregister, MANAGEMENT),
        (PhoneNumber, "request_code", "POST"): Route(numbers.request_code, MANAGEMENT),
        (PhoneNumber, "verify_code", "POST"): Route(numbers.verify_code, MANAGEMENT),
        (Waba, "", "GET"): Route(wabas.get, MANAGEMENT),
        (Waba, "phone_numbers", "GET"): Route(numbers.list_of_waba, MANAGEMENT),
        (Waba, "message_templates", "GET"): Route(templates.list_of_waba, MANAGEMENT),
        (Waba, "message_templates", "POST"): Route(templates.create, MANAGEMENT),
        (Waba, "message_templates", "DELETE"): Route(templates.delete, MANAGEMENT),
        (Waba, "subscribed_apps", "GET"): Route(wabas.subscriptions, MANAGEMENT),
        (Waba, "subscribed_apps", "POST"): Route(wabas.subscribe, MANAGEMENT),
        (Waba, "subscribed_apps", "DELETE"): Route(wabas.unsubscribe, MANAGEMENT),
        (Template, "", "GET"): Route(templates.get, MANAGEMENT),
        (Media, "", "GET"): Route(media.get, MESSAGING),
        (Media, "", "DELETE"): Route(media.delete, MESSAGING),
        (Business, "", "GET"): Route(wabas.get_business),
        (Business, "owned_whatsapp_business_accounts", "GET"): Route(wabas.owned_by_business),
        (Business, "client_whatsapp_business_accounts", "GET"): Route(wabas.clients_of_business),
        (User, "", "GET"): Route(tokens.get_user),
        (User, "assigned_whatsapp_business_accounts", "GET"): Route(wabas.assigned_to_user),
        (User, "permissions", "DELETE"): Route(tokens.revoke_users),
        (App, "subscriptions", "GET"): Route(subscriptions.show),
        (App, "subscriptions", "POST"): Route(subscriptions.save),
        (App, "subscriptions", "DELETE"): Route(subscriptions.remove),
    }
)

# Whole paths that have no node.
NAMED_ROUTES: Mapping[tuple[str, str], Route] = MappingProxyType(
    {
        ("me", "GET"): Route(tokens.me),
        ("me/businesses", "GET"): Route(wabas.my_businesses),
        ("me/permissions", "GET"): Route(tokens.my_permissions),
        ("me/permissions", "DELETE"): Route(tokens.revoke_mine),
        ("debug_token", "GET"): Route(tokens.debug),
    }
)
# These take an app's id and secret instead of a token.
OPEN_ROUTES: Mapping[tuple[str, str], Route] = MappingProxyType(
    {
        ("oauth/access_token", "GET"): Route(tokens.access_token),
        ("oauth/access_token", "POST"): Route(tokens.access_token),
        ("oauth/revoke", "GET"): Route(tokens.revoke_token),
    }
)
NEEDS_BUSINESS_SCOPE = frozenset({"me/businesses"})

# Edges of Meta's that the sandbox answers with 501.
NOT_SIMULATED: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        PhoneNumber: frozenset(
            (
                "marketing_messages",
                "settings",
                "username",
                "username_suggestions",
                "smb_app_data",
                "message_history",
                "events",
                "whatsapp_business_profile",
                "whatsapp_commerce_settings",
                "message_qrdls",
                "block_users",
                "whatsapp_business_encryption",
                "conversational_automation",
                "calls",
                "call_permissions",
                "groups",
                "official_business_account",
                "business_compliance_info",
            )
        ),
        Waba: frozenset(
            (
                "assigned_users",
                "template_analytics",
                "flows",
                "migrate_flows",
                "migrate_message_templates",
                "upsert_message_templates",
                "message_template_previews",
                "template_groups",
                "signups",
            )
        ),
        Template: frozenset(("compare", "unpause")),
        App: frozenset(("uploads",)),
        Business: frozenset(("onboard_partners_to_mm_lite", "system_user_access_tokens")),
    }
)
# And calls of which the same edge has others that are simulated.
NOT_SIMULATED_CALLS: frozenset[tuple[type, str, str]] = frozenset(
    ((Waba, "", "POST"), (Waba, "phone_numbers", "POST"), (Template, "", "POST"))
)
NOT_SIMULATED_NAMES = frozenset(("message_template_library",))
