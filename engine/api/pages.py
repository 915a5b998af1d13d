"""The engine's own page: one document for every address that is none of the interface's.

It is served to anybody, with nothing of anybody in it: what it shows, its script asks of the API.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..accounts.owners import INVITATION
from ..errors import NotFoundError
from .addresses import is_own_path
from .built_page import BuiltPage
from .identity import end_session, find_present, find_session, hosting, keep_session
from .notices import unbuilt_page
from .sign_in import ask_to_sign_in

if TYPE_CHECKING:
    from ..host.engine import Engine

router = APIRouter(include_in_schema=False)

READS = ("GET", "HEAD")
# What the build writes wherever a nonce belongs.
NONCE = "CSP_NONCE"
TOKEN, SIGN_IN, EXPIRED = "token", "signIn", "expired"
# Their names are made of their content.
FOR_EVER = "public, max-age=31536000, immutable"
ASSET_HEADERS = {
    "Cache-Control": FOR_EVER,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
    " img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self';"
    " worker-src 'self'; manifest-src 'self'; frame-src {frames}; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)


class PageElsewhere:
    """Stands behind all routes: answers with the page where a person looks for one."""

    def __init__(self, not_found: ASGIApp, areas: tuple[str, ...]) -> None:
        self._not_found, self._areas = not_found, areas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        first = scope["path"].split("/", 2)[1]
        # A file at the root is one that browsers and robots look for everywhere.
        is_no_page = first in self._areas or "." in first
        if is_no_page or request.method not in READS or not _wants_html(request):
            await self._not_found(scope, receive, send)
        else:
            await (await page(request))(scope, receive, send)


@router.api_route("/", methods=[*READS])
async def page(request: Request) -> Response:
    """Show the page; a one-time token signs the browser in first."""
    token = request.query_params.get(TOKEN)
    if token is not None:
        return await _signed_in(request, token)
    index = await _built(request).index()
    if index is None:
        return unbuilt_page()
    nonce = secrets.token_urlsafe(16)
    policy = POLICY.format(nonce=nonce, frames=_frames(hosting(request)))
    headers = {**PAGE_HEADERS, "Content-Security-Policy": policy}
    return HTMLResponse(index.replace(NONCE, nonce), headers=headers)


@router.api_route("/assets/{name}", methods=[*READS])
async def asset(request: Request, name: str) -> Response:
    """Return a file of the build, zipped for whoever can unzip it."""
    found = await _built(request).asset(name)
    if found is None:
        raise NotFoundError("There is no such file.")
    headers, content = dict(ASSET_HEADERS), found.content
    if found.zipped is not None:
        headers["Vary"] = "Accept-Encoding"
        if _takes_gzip(request):
            headers["Content-Encoding"], content = "gzip", found.zipped
    return Response(content, headers=headers, media_type=found.media_type)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the browser's session."""
    if session := find_session(request):
        await hosting(request).owners.sign_out(session)
    response = Response(status_code=204)
    end_session(request, response)
    return response


async def _signed_in(request: Request, token: str) -> Response:
    """Open a session and lead to the same page without the token.

    It does not take the place of another owner's session before the person was asked.
    """
    owners = hosting(request).owners
    invited = await owners.identify(token, INVITATION)
    present = await find_present(request)
    if invited and present and invited.owner_id != present.owner_id:
        return await ask_to_sign_in(request, token, invited, present, _same_page(request))
    session = await owners.redeem(token)
    if session is None:
        return RedirectResponse(_same_page(request, {SIGN_IN: EXPIRED}), 303)
    response = RedirectResponse(_same_page(request), 303)
    keep_session(request, response, session)
    return response


def _same_page(request: Request, more: dict[str, str] | None = None) -> str:
    """Return the address that was asked for, without what has to do with signing in."""
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    query = [each for each in asked if each[0] not in (TOKEN, SIGN_IN)]
    path = quote(request.scope["path"], "/:@!$&'()*+,;=~")
    text = urlencode([*query, *(more or {}).items()])
    return (path if is_own_path(path) else "/") + (f"?{text}" if text else "")


def _built(request: Request) -> BuiltPage:
    found: BuiltPage = request.app.state.built_page
    return found


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _takes_gzip(request: Request) -> bool:
    for each in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = each.replace(" ", "").partition(";")
        if coding == "gzip":
            return quality.removeprefix("q=").strip("0.") != "" or not quality
    return False


def _frames(engine: Engine) -> str:
    """Return the origin of what may stand in the page: a simulator's, if there is one."""
    simulator = engine.settings.simulator
    if simulator is None:
        return "'none'"
    parts = urlsplit(simulator.url)
    return f"{parts.scheme}://{parts.netloc}"
