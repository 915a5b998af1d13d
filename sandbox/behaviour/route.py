"""One simulated Graph call: who answers it, and what its token must allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .call import Endpoint


@dataclass(frozen=True)
class Route:
    endpoint: Endpoint
    scope: str | None = None
    """The permission the token needs for the WABA of the node; None is for the endpoint to say."""
    takes_files: bool = False
    takes_rest: bool = False
    """Whether the path goes on behind the edge, as in `/{number}/message_qrdls/{code}`."""


# (kind of node, edge, method). An empty edge is the node itself.
NodeRoutes: TypeAlias = Mapping[tuple[type, str, str], Route]
# (whole path, method), for paths that have no node.
PathRoutes: TypeAlias = Mapping[tuple[str, str], Route]
