"""Graph calls that send."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import MESSAGING, PhoneNumber
from ..route import NodeRoutes, Route
from . import marketing, post

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "messages", "POST"): Route(post.post, MESSAGING),
        (PhoneNumber, "marketing_messages", "POST"): Route(marketing.send, MESSAGING),
    }
)
