"""Graph calls about voice calls."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import MESSAGING, PhoneNumber
from ..route import NodeRoutes, Route
from . import calls, permissions

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "calls", "POST"): Route(calls.post, MESSAGING),
        (PhoneNumber, "call_permissions", "GET"): Route(permissions.get, MESSAGING),
    }
)
