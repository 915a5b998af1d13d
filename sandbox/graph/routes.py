"""Which Graph calls the sandbox simulates, and which it knows of and does not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..accounts import routes as accounts
from ..login import routes as login
from ..media import routes as media
from ..messages import routes as messages
from ..templates import routes as templates
from ..webhooks import routes as webhooks
from ..world.entities import App, Business, PhoneNumber, Template, Waba
from .route import NodeRoutes, PathRoutes

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        **accounts.NODE_ROUTES,
        **login.NODE_ROUTES,
        **media.NODE_ROUTES,
        **messages.NODE_ROUTES,
        **templates.NODE_ROUTES,
        **webhooks.NODE_ROUTES,
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType({**accounts.NAMED_ROUTES, **login.NAMED_ROUTES})
OPEN_ROUTES: PathRoutes = login.OPEN_ROUTES
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
