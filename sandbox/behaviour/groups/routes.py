"""Graph calls about groups."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import MESSAGING, Group, PhoneNumber
from ..route import NodeRoutes, Route
from . import groups, members

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "groups", "GET"): Route(groups.listed, MESSAGING),
        (PhoneNumber, "groups", "POST"): Route(groups.create, MESSAGING),
        (Group, "", "GET"): Route(groups.get, MESSAGING),
        (Group, "", "POST"): Route(groups.update, MESSAGING, takes_files=True),
        (Group, "", "DELETE"): Route(groups.delete, MESSAGING),
        (Group, "invite_link", "GET"): Route(groups.invitation, MESSAGING),
        (Group, "invite_link", "POST"): Route(groups.renew_invitation, MESSAGING),
        (Group, "invite_link", "DELETE"): Route(groups.withdraw_invitation, MESSAGING),
        (Group, "participants", "POST"): Route(members.add, MESSAGING),
        (Group, "participants", "DELETE"): Route(members.remove, MESSAGING),
        (Group, "join_requests", "GET"): Route(members.requests, MESSAGING),
        (Group, "join_requests", "POST"): Route(members.approve, MESSAGING),
        (Group, "join_requests", "DELETE"): Route(members.reject, MESSAGING),
    }
)
