"""Graph calls about templates."""

from __future__ import annotations

from types import MappingProxyType

from ..graph.route import NodeRoutes, Route
from ..world.entities import MANAGEMENT, Template, Waba
from . import templates

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (Waba, "message_templates", "GET"): Route(templates.list_of_waba, MANAGEMENT),
        (Waba, "message_templates", "POST"): Route(templates.create, MANAGEMENT),
        (Waba, "message_templates", "DELETE"): Route(templates.delete, MANAGEMENT),
        (Template, "", "GET"): Route(templates.get, MANAGEMENT),
    }
)
