"""Graph calls about Flows."""

from __future__ import annotations

from types import MappingProxyType

from ...world.belongings import Flow
from ...world.entities import MANAGEMENT, Waba
from ..route import NodeRoutes, Route
from . import flows

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (Waba, "flows", "GET"): Route(flows.listed, MANAGEMENT),
        (Waba, "flows", "POST"): Route(flows.create, MANAGEMENT),
        (Waba, "migrate_flows", "POST"): Route(flows.migrate, MANAGEMENT),
        (Flow, "", "GET"): Route(flows.get, MANAGEMENT),
        (Flow, "", "POST"): Route(flows.update, MANAGEMENT),
        (Flow, "", "DELETE"): Route(flows.delete, MANAGEMENT),
        (Flow, "assets", "GET"): Route(flows.assets, MANAGEMENT),
        (Flow, "assets", "POST"): Route(flows.save_asset, MANAGEMENT, takes_files=True),
        (Flow, "publish", "POST"): Route(flows.publish, MANAGEMENT),
        (Flow, "deprecate", "POST"): Route(flows.deprecate, MANAGEMENT),
    }
)
