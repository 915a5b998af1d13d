"""Graph calls about tokens and permissions."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import User
from ..route import NodeRoutes, PathRoutes, Route
from . import tokens

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (User, "", "GET"): Route(tokens.get_user),
        (User, "permissions", "DELETE"): Route(tokens.revoke_users, takes_rest=True),
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType(
    {
        ("me", "GET"): Route(tokens.me),
        ("me/permissions", "GET"): Route(tokens.my_permissions),
        ("me/permissions", "DELETE"): Route(tokens.revoke_mine),
        ("debug_token", "GET"): Route(tokens.debug),
    }
)
# These take an app's id and secret instead of a token.
OPEN_ROUTES: PathRoutes = MappingProxyType(
    {
        ("oauth/access_token", "GET"): Route(tokens.access_token),
        ("oauth/access_token", "POST"): Route(tokens.access_token),
        ("oauth/revoke", "GET"): Route(tokens.revoke_token),
    }
)
