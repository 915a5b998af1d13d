"""Graph calls about templates."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import MANAGEMENT, Template, TemplateGroup, Waba
from ..route import NodeRoutes, PathRoutes, Route
from . import authentication, creation, editing, groups, insights, library, listing, moving

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (Waba, "message_templates", "GET"): Route(listing.list_of_waba, MANAGEMENT),
        (Waba, "message_templates", "POST"): Route(creation.create, MANAGEMENT),
        (Waba, "message_templates", "DELETE"): Route(editing.delete, MANAGEMENT),
        (Waba, "message_templates/archive", "POST"): Route(moving.archive, MANAGEMENT),
        (Waba, "message_templates/unarchive", "POST"): Route(moving.unarchive, MANAGEMENT),
        (Waba, "upsert_message_templates", "POST"): Route(creation.upsert, MANAGEMENT),
        (Waba, "migrate_message_templates", "POST"): Route(moving.migrate, MANAGEMENT),
        (Waba, "message_template_previews", "GET"): Route(authentication.previews, MANAGEMENT),
        (Waba, "template_analytics", "GET"): Route(insights.template_analytics, MANAGEMENT),
        (Waba, "template_groups", "GET"): Route(groups.list_of_waba, MANAGEMENT),
        (Waba, "template_groups", "POST"): Route(groups.create, MANAGEMENT),
        (Template, "", "GET"): Route(listing.get, MANAGEMENT),
        (Template, "", "POST"): Route(editing.edit, MANAGEMENT),
        (Template, "compare", "GET"): Route(insights.compare, MANAGEMENT),
        (Template, "unpause", "POST"): Route(editing.unpause, MANAGEMENT),
        (TemplateGroup, "", "GET"): Route(groups.get, MANAGEMENT),
        (TemplateGroup, "", "POST"): Route(groups.change, MANAGEMENT),
        (TemplateGroup, "", "DELETE"): Route(groups.delete, MANAGEMENT),
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType(
    {("message_template_library", "GET"): Route(library.browse)}
)
