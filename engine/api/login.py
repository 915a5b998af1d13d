"""Connecting an account through a service's login dialog: there and back, in one browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from ..accounts.api_token import new_secret
from ..accounts.keeping import checked_name
from ..accounts.owners import INVITATION, Identity
from ..accounts.stored import packed, unpacked
from ..contract import ConnectorError, Credentials, Manifest, RejectedError
from ..contract.manifest import Auth
from ..errors import NotFoundError
from .addresses import is_own_path, redirect_uri
from .identity import find_identity, find_present, hosting, keep_session
from .login_forms import (
    answered,
    failure,
    form_of,
    leads_elsewhere,
    link_is_over,
    not_signed_in,
)
from .notices import Field, Form, connecting_page, missing_page, success_page
from .questions import Questions

router = APIRouter(prefix="/auth", include_in_schema=False)

CONNECTED = "connected"


@router.get("/{service}/start")
async def start(
    request: Request,
    service: str,
    name: str = "",
    token: str = "",
    back: Annotated[str, Query(alias="next")] = "",
) -> Response:
    """Send the person to the login dialog, or ask first when it was not they who began.

    In the end they are led on to the page of ours that is named as the next one.
    """
    engine = hosting(request)
    if back and not is_own_path(back):
        return leads_elsewhere()
    present = await find_present(request)
    identity = await engine.owners.identify(token, INVITATION) if token else present
    if identity is None:
        return link_is_over() if token else not_signed_in(back)
    try:
        login = {
            "kind": "start",
            "ownerId": identity.owner_id,
            "service": _connector_id(request, service),
            "name": checked_name(name),
            "back": back,
        }
        if not token and _began_here(request) and await find_identity(request):
            return await _send_to_dialog(request, login, 302)
        # Whether the login is set up is told before anybody is asked.
        _authorization_url(request, login, "")
    except (ConnectorError, NotFoundError) as error:
        return failure(error, back)
    return await _ask_first(request, login, identity, present, token)


@router.post("/{service}/start")
async def go_on(request: Request, service: str) -> Response:
    """Send the person to the login dialog after they were asked."""
    answer = await form_of(request)
    login = await answered(request, answer.get("secret", ""), "start")
    if isinstance(login, Response):
        return login
    present = await find_identity(request)
    session = None
    if token := login.pop("token", ""):
        session = await hosting(request).owners.redeem(token)
        if session is None:
            return link_is_over()
    elif present is None or present.owner_id != login["ownerId"]:
        return not_signed_in(login["back"])
    try:
        response = await _send_to_dialog(request, login, 303)
    except (ConnectorError, NotFoundError) as error:
        response = failure(error, login["back"])
    # Somebody else's session is not replaced: the account is connected without it.
    if session is not None and (present is None or present.owner_id == login["ownerId"]):
        keep_session(request, response, session)
    return response


@router.get("/{service}/callback")
async def callback(request: Request, service: str) -> Response:
    """Take the person back and connect the account."""
    answer = dict(request.query_params)
    login = await answered(request, answer.pop("state", ""), "dialog")
    if isinstance(login, Response):
        return login
    try:
        if _connector_id(request, service) != login["service"]:
            raise NotFoundError("This login belongs to another service.")
        provider = hosting(request).accounts.provider(login["service"])
        uri = _redirect_uri(request, login["service"])
        credentials = await provider.connect(redirect_uri=uri, answer=answer)
        return await _connect(request, login, credentials, {})
    except (ConnectorError, NotFoundError) as error:
        return failure(error, login["back"])


@router.post("/{service}/callback")
async def complete(request: Request, service: str) -> Response:
    """Take what the page after the login asked for."""
    answer = await form_of(request)
    login = await answered(request, answer.get("secret", ""), "settings")
    if isinstance(login, Response):
        return login
    named = {
        key.removeprefix("setting."): value.strip()
        for key, value in answer.items()
        if key.startswith("setting.")
    }
    accounts = hosting(request).accounts
    try:
        if kept := login.pop("credentials", None):
            return await _connect(request, login, unpacked(kept), named)
        account = await accounts.change_settings(login["ownerId"], login["accountId"], named)
    except (ConnectorError, NotFoundError) as error:
        return failure(error, login["back"])
    if login["back"]:
        return RedirectResponse(_with_name(login["back"], account["name"]), 303)
    return await _connected(request, login, account)


def _began_here(request: Request) -> bool:
    """Whether it was a click on a page of ours, or no browser at all.

    A browser that does not say where a visit comes from is asked as well.
    """
    if "authorization" in request.headers:
        return True
    return request.headers.get("sec-fetch-site") == "same-origin"


async def _ask_first(
    request: Request,
    login: dict[str, Any],
    identity: Identity,
    present: Identity | None,
    token: str,
) -> Response:
    manifest = hosting(request).connectors[login["service"]].manifest
    is_other = present is not None and present.owner_id != identity.owner_id
    questions = Questions(request)
    secret = await questions.ask({**login, "token": token})
    page = connecting_page(
        Form(f"/auth/{_auth(manifest).service}/start", secret, "Go on to the login"),
        label=manifest.label,
        owner=identity.owner_name,
        name=login["name"],
        signed_in=present.owner_name if present is not None and is_other else "",
    )
    return questions.remember(page)


async def _send_to_dialog(request: Request, login: Mapping[str, Any], status: int) -> Response:
    state = new_secret()
    url = _authorization_url(request, login, state)
    questions = Questions(request)
    await questions.ask({**login, "kind": "dialog"}, state)
    return questions.remember(RedirectResponse(url, status))


async def _connect(
    request: Request, login: dict[str, Any], credentials: Credentials, named: Mapping[str, str]
) -> Response:
    """Keep the account; ask for what it still needs, as often as it takes."""
    accounts = hosting(request).accounts
    try:
        account = await accounts.complete(
            login["ownerId"], login["service"], credentials, login["name"], named
        )
    except RejectedError as error:
        if error.field not in credentials.asks:
            raise
        return await _ask_for(request, login, credentials, named, error)
    return await _connected(request, {**login, "accountId": account["id"]}, account)


async def _ask_for(
    request: Request,
    login: dict[str, Any],
    credentials: Credentials,
    named: Mapping[str, str],
    error: RejectedError,
) -> Response:
    engine = hosting(request)
    manifest = engine.connectors[login["service"]].manifest
    labels = {each.name: each.label for each in manifest.account_settings}
    questions = Questions(request)
    about = {**login, "kind": "settings", "credentials": packed(credentials)}
    secret = await questions.ask(about)
    page = missing_page(
        Form(
            f"/auth/{_auth(manifest).service}/callback",
            secret,
            "Connect",
            [Field(name, labels.get(name, name), named.get(name, "")) for name in credentials.asks],
        ),
        status=400 if named else 200,
        title=error.title,
        sentences=[error.cause, error.cure if named else ""],
    )
    return questions.remember(page)


async def _connected(
    request: Request, login: dict[str, Any], account: Mapping[str, Any]
) -> Response:
    """Lead back or say so, and let the person choose where the account reaches several things."""
    on = _with_name(login["back"], account["name"]) if login["back"] else ""
    fields = [
        Field(
            each["name"],
            each["label"],
            account["profile"].get(each["name"], ""),
            [(choice["value"], choice["label"]) for choice in each["choices"]],
        )
        for each in account["availableSettings"]
        if len(each["choices"]) > 1
    ]
    if not fields:
        return (
            RedirectResponse(on, 303) if on else success_page(account["name"], account["expiresAt"])
        )
    manifest = hosting(request).connectors[login["service"]].manifest
    questions = Questions(request)
    secret = await questions.ask({**login, "kind": "settings"})
    form = Form(f"/auth/{_auth(manifest).service}/callback", secret, "Change", fields)
    return questions.remember(success_page(account["name"], account["expiresAt"], form, on))


def _with_name(path: str, name: str) -> str:
    """Return the path with the name of the account that was connected, for the page to show."""
    before, _, text = path.partition("?")
    query = [each for each in parse_qsl(text, keep_blank_values=True) if each[0] != CONNECTED]
    return f"{before}?{urlencode([*query, (CONNECTED, name)])}"


def _authorization_url(request: Request, login: Mapping[str, Any], state: str) -> str:
    return (
        hosting(request)
        .accounts.provider(login["service"])
        .authorization_url(redirect_uri=_redirect_uri(request, login["service"]), state=state)
    )


def _connector_id(request: Request, service: str) -> str:
    for connector_id, connector in hosting(request).connectors.items():
        auth = connector.manifest.auth
        if auth is not None and (auth.type, auth.service) == ("oauth2", service):
            return connector_id
    raise NotFoundError(f"There is no service {service!r} to log in to.")


def _redirect_uri(request: Request, connector_id: str) -> str:
    engine = hosting(request)
    return redirect_uri(engine.settings, _auth(engine.connectors[connector_id].manifest).service)


def _auth(manifest: Manifest) -> Auth:
    if manifest.auth is None:  # by now it may be another version of the connector
        raise NotFoundError(f"{manifest.label} has no accounts to connect.")
    return manifest.auth
