"""Connecting an account through a service's login dialog: there and back, in one browser."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ..accounts import checked_name
from ..api_token import new_secret
from ..contract import ConnectorError
from ..database import store
from ..owners import Identity, hash_of
from ..refusals import NotFoundError
from ..store import DatabaseStore
from .addresses import redirect_uri
from .identity import find_identity, hosting, is_secure, keep_session
from .notices import failure_page, success_page

if TYPE_CHECKING:
    from ..engine import Engine

router = APIRouter(prefix="/auth", include_in_schema=False)

NAMESPACE = "engine:login"
STATE_LIFE_S = 600
BROWSER_COOKIE = "appmixer_login"
START_AGAIN = "Go back to Accounts and start the login there again."


@router.get("/{service}/start")
async def start(request: Request, service: str, name: str = "", token: str = "") -> Response:
    """Send the person to the login dialog."""
    engine = hosting(request)
    if token:
        return await _sign_in(request, token)
    identity = await find_identity(request)
    if identity is None:
        return failure_page(
            401,
            "You are not signed in",
            "The engine does not know whose account this is going to be.",
            "Open the engine's page through the link that `appmixer up` prints, then try again.",
        )
    try:
        connector_id = _connector_id(engine, service)
        return await _send_to_dialog(request, identity, connector_id, checked_name(name))
    except (ConnectorError, NotFoundError) as error:
        return _failure(error)


@router.get("/{service}/callback")
async def callback(request: Request, service: str) -> Response:
    """Take the person back and connect the account."""
    engine = hosting(request)
    answer = dict(request.query_params)
    login = await _take_state(engine, answer.pop("state", ""))
    if login is None:
        return failure_page(
            400,
            "This login is over",
            "It was finished already, was started more than ten minutes ago, or never began here.",
            START_AGAIN,
        )
    browser = request.cookies.get(BROWSER_COOKIE, "")
    if not secrets.compare_digest(hash_of(browser), login["browser"]):
        return failure_page(
            403,
            "This login began in another browser",
            "For your safety it can end only where it began.",
            START_AGAIN,
        )
    try:
        if _connector_id(engine, service) != login["service"]:
            raise NotFoundError("This login belongs to another service.")
        account = await engine.accounts.connect(
            login["ownerId"],
            login["service"],
            redirect_uri=_redirect_uri(engine, service),
            answer=answer,
            name=login["name"],
        )
    except (ConnectorError, NotFoundError) as error:
        return _failure(error)
    return success_page(account["name"], account["expiresAt"])


async def _sign_in(request: Request, token: str) -> Response:
    """Exchange a one-time token, and go on at the same address without it."""
    session = await hosting(request).owners.redeem(token)
    if session is None:
        return failure_page(
            401,
            "This link was used already, or is too old",
            "It signs in one browser, once, within ten minutes.",
            "Ask for a new link, for example with `appmixer connect`.",
        )
    query = {key: value for key, value in request.query_params.items() if key != "token"}
    address = request.url.path + (f"?{urlencode(query)}" if query else "")
    response = RedirectResponse(address, 303)
    keep_session(request, response, session)
    return response


async def _send_to_dialog(
    request: Request, identity: Identity, connector_id: str, name: str
) -> Response:
    engine = hosting(request)
    service = engine.connectors[connector_id].manifest.auth.service
    state = new_secret()
    browser = request.cookies.get(BROWSER_COOKIE) or new_secret()
    url = engine.accounts.provider(connector_id).authorization_url(
        redirect_uri=_redirect_uri(engine, service), state=state
    )
    login = {
        "browser": hash_of(browser),
        "ownerId": identity.owner_id,
        "service": connector_id,
        "name": name,
    }
    states = DatabaseStore(engine.database, engine.writer, NAMESPACE)
    await states.put({hash_of(state): login}, expires_in_s=STATE_LIFE_S)
    response = RedirectResponse(url, 302)
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=STATE_LIFE_S,
        path="/auth",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return response


async def _take_state(engine: Engine, state: str) -> dict[str, Any] | None:
    """Return what was stored with the state, and forget it in the same moment."""
    states = DatabaseStore(engine.database, engine.writer, NAMESPACE)
    key = hash_of(state)
    if not await states.get([key]):
        return None
    mine = (store.c.namespace == NAMESPACE) & (store.c.key == key)
    taken = await engine.writer.commit(
        lambda connection: connection.scalar(sa.delete(store).where(mine).returning(store.c.value))
    )
    return None if taken is None else json.loads(taken)


def _connector_id(engine: Engine, service: str) -> str:
    for connector_id, connector in engine.connectors.items():
        if connector.manifest.auth.service == service:
            return connector_id
    raise NotFoundError(f"There is no service {service!r} to log in to.")


def _redirect_uri(engine: Engine, service: str) -> str:
    return redirect_uri(engine.settings, service)


def _failure(error: ConnectorError | NotFoundError) -> Response:
    if isinstance(error, ConnectorError):
        return failure_page(400, error.title, error.cause, error.cure or START_AGAIN)
    return failure_page(404, "There is no such login", str(error), START_AGAIN)
