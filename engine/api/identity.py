"""Who asks: an API token in the header, or the session of a browser on the engine's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from ..accounts.owners import BEARERS, SESSION, SESSION_LIFE_S, Identity, hash_of
from ..errors import ForbiddenError, UnauthenticatedError
from .origins import is_own_origin

if TYPE_CHECKING:
    from ..host.engine import Engine

SESSION_COOKIE = "appmixer_session"
# The session itself stays away when a link of others leads here. This one comes along, opens
# nothing, and tells whose session such a link would replace.
MARK_COOKIE = "appmixer_mark"
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
    if session := find_session(request):
        return await engine.owners.identify(session, SESSION)
    return None


async def find_present(request: HTTPConnection) -> Identity | None:
    """Return who is signed in here, also when they come by a link of others; to ask, not to do."""
    if present := await find_identity(request):
        return present
    mark = request.cookies.get(_named(request, MARK_COOKIE), "")
    return await hosting(request).owners.behind(mark) if mark else None


def find_session(request: HTTPConnection) -> str:
    """Return the secret of the browser's session, or nothing."""
    return request.cookies.get(_named(request, SESSION_COOKIE), "")


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
    """Give the browser its session, out of reach of scripts and of whatever other sites do."""
    cookies: tuple[tuple[str, str, Literal["strict", "lax"]], ...] = (
        (SESSION_COOKIE, session, "strict"),
        (MARK_COOKIE, hash_of(session), "lax"),
    )
    for name, value, same_site in cookies:
        response.set_cookie(
            _named(request, name),
            value,
            max_age=int(SESSION_LIFE_S),
            path="/",
            httponly=True,
            samesite=same_site,
            secure=is_secure(request),
        )


def end_session(request: HTTPConnection, response: Response) -> None:
    for name in (SESSION_COOKIE, MARK_COOKIE):
        # Browsers forget a cookie of this prefix only when it is set like one.
        response.delete_cookie(
            _named(request, name), path="/", httponly=True, secure=is_secure(request)
        )


def is_secure(request: HTTPConnection) -> bool:
    return hosting(request).settings.base_url.startswith("https://")


def _named(request: HTTPConnection, name: str) -> str:
    """Return a cookie's name; under https no neighbour of this host can set one called so."""
    return f"__Host-{name}" if is_secure(request) else name


def _is_same_origin(request: Request) -> bool:
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    return is_own_origin(origin, host, hosting(request).settings.base_url)
