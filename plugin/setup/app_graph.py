"""Graph calls in the name of the Meta app itself, with its id and secret as the token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appmixer.engine.contract import AuthorizationError, ConfigurationError

from ..configuration.settings import Settings
from ..graph.client import GraphClient


async def get_as_app(
    graph: GraphClient, settings: Settings, path: str, params: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Read as the app; a refused token is the administrator's concern, and no account's."""
    try:
        return await graph.get(path, token=settings.app_token(), params=params)
    except AuthorizationError as error:
        raise ConfigurationError(
            "Meta does not accept the app's id and secret",
            error.cause,
            "Compare `clientId` and `clientSecret` with App settings, Basic, in the App Dashboard.",
            "clientSecret",
            error.code,
            error.subcode,
            error.trace,
        ) from None
