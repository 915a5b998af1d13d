"""Graph calls about an app's subscriptions."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import App
from ..route import NodeRoutes, Route
from . import subscriptions

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (App, "subscriptions", "GET"): Route(subscriptions.show),
        (App, "subscriptions", "POST"): Route(subscriptions.save),
        (App, "subscriptions", "DELETE"): Route(subscriptions.remove),
    }
)
