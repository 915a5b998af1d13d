"""Who asks: an API token in the header, or the session of a browser on the engine's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from ..accounts.owners import BEARERS, SESSION, SESSION_LIFE_S, Identity
from ..errors import ForbiddenError, UnauthenticatedError
from .origins import is_own_origin

if TYPE_CHECKING:
    from ..host.engine import Engine

SESSION_COOKIE = "appmixer_session"
READING = ("GET", "HEAD", "OPTIONS")

_bearer = HTTPBearer(auto_error=False, description="An API token of the engine.")


def hosting(request: HTTPConnection) -> Engine:
    """Return the engine behind the application."""
    return cast("Engine", request.app.state.engine)


async def find_identity(request: HTTPConnection) -> Identity | None:
    """Return who asks, or None; a wrong token is not replaced by a right cookie."""
    engine = hosting(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await engine.owners.identify(token.strip(), *BEARERS)
    if session := request.cookies.get(SESSION_COOKIE):
        return await engine.owners.identify(session, SESSION)
    return None


async def _caller(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Identity:
    identity = await find_identity(request)
    if identity is None:
        raise UnauthenticatedError(
            "The request does not say who you are",
            "It carries no API token that this engine knows.",
            "Send Authorization: Bearer with the token from the file api-token in the data folder,"
            " or open the page through the link that `appmixer up` prints.",
        )
    is_session = "authorization" not in request.headers
    if is_session and request.method not in READING and not _is_same_origin(request):
        raise ForbiddenError(
            "The request comes from another page",
            "A browser session may change things only from the engine's own pages.",
            "Use an API token.",
        )
    return identity


async def _administrator(identity: Caller) -> Identity:
    if not identity.is_administrator:
        raise ForbiddenError(
            "Only the administrator may do this",
            f"You are {identity.owner_name}.",
            "Ask the administrator of this engine.",
        )
    return identity


Caller = Annotated[Identity, Depends(_caller)]
Administrator = Annotated[Identity, Depends(_administrator)]


def keep_session(request: HTTPConnection, response: Response, session: str) -> None:
    """Give the browser its session, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=int(SESSION_LIFE_S),
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def is_secure(request: HTTPConnection) -> bool:
    return hosting(request).settings.base_url.startswith("https://")


def _is_same_origin(request: Request) -> bool:
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    return is_own_origin(origin, host, hosting(request).settings.base_url)
