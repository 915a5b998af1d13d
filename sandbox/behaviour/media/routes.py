"""Graph calls about files."""

from __future__ import annotations

from types import MappingProxyType

from ...world.entities import MESSAGING, App, Media, PhoneNumber
from ..route import NodeRoutes, Route
from . import media, uploads

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "media", "POST"): Route(media.upload, MESSAGING, takes_files=True),
        (Media, "", "GET"): Route(media.get, MESSAGING),
        (Media, "", "DELETE"): Route(media.delete, MESSAGING),
        (App, "uploads", "POST"): Route(uploads.start),
    }
)
