"""Which Graph calls the sandbox simulates, and which it knows of and does not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..behaviour.accounts import routes as accounts
from ..behaviour.calling import routes as calling
from ..behaviour.flows import routes as flows
from ..behaviour.groups import routes as groups
from ..behaviour.login import routes as login
from ..behaviour.media import routes as media
from ..behaviour.messages import routes as messages
from ..behaviour.route import NodeRoutes, PathRoutes
from ..behaviour.templates import routes as templates
from ..behaviour.webhooks import routes as webhooks
from ..world.entities import App, Business, PhoneNumber, Waba

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        **accounts.NODE_ROUTES,
        **calling.NODE_ROUTES,
        **flows.NODE_ROUTES,
        **groups.NODE_ROUTES,
        **login.NODE_ROUTES,
        **media.NODE_ROUTES,
        **messages.NODE_ROUTES,
        **templates.NODE_ROUTES,
        **webhooks.NODE_ROUTES,
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType(
    {**accounts.NAMED_ROUTES, **login.NAMED_ROUTES, **templates.NAMED_ROUTES}
)
OPEN_ROUTES: PathRoutes = login.OPEN_ROUTES
NEEDS_BUSINESS_SCOPE = frozenset({"me/businesses"})

# Edges of Meta's that the sandbox answers with 501: those of its OpenAPI file (facebook/openapi,
# business-messaging-api) that are not simulated, and what its pages have beyond.
NOT_SIMULATED: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        PhoneNumber: frozenset(("contact_book", "messages_encrypted")),
        Waba: frozenset(
            (
                "activities",
                "in_progress_onbehalf_request",
                "obo_mobility_intent",
                "payment_configurations",
                "product_catalogs",
                "schedules",
                "set_obo_mobility_intent",
                "set_solution_migration_intent",
                "solutions",
            )
        ),
        Business: frozenset(
            (
                "add_phone_numbers",
                "extendedcredits",
                "preverified_numbers",
                "self_certify_whatsapp_business",
                "share_preverified_numbers",
            )
        ),
        App: frozenset(
            (
                "connected_client_businesses",
                "whatsapp_business_solution",
                "whatsapp_business_solutions",
            )
        ),
    }
)
# And calls of which the same edge has others that are simulated.
NOT_SIMULATED_CALLS: frozenset[tuple[type, str, str]] = frozenset()
NOT_SIMULATED_NAMES: frozenset[str] = frozenset()
