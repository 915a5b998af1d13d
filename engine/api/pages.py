"""The engine's own page and what it loads."""

from __future__ import annotations

from importlib import resources

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..accounts.owners import INVITATION
from ..errors import NotFoundError
from .identity import SESSION_COOKIE, find_identity, hosting, keep_session
from .notices import SECURITY_HEADERS, failure_page
from .sign_in import ask_to_sign_in

router = APIRouter(include_in_schema=False)

WEB = "appmixer.engine.web"
MEDIA_TYPES = {"page.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}


@router.get("/")
async def page(request: Request, token: str = "") -> Response:
    """Show the page; a one-time token signs the browser in first.

    It does not take the place of another owner's session before the person was asked.
    """
    if token:
        owners = hosting(request).owners
        invited = await owners.identify(token, INVITATION)
        present = await find_identity(request)
        if invited and present and invited.owner_id != present.owner_id:
            return await ask_to_sign_in(request, token, invited, present)
        session = await owners.redeem(token)
        if session is not None:
            response: Response = RedirectResponse("/", 303)
            keep_session(request, response, session)
            return response
    if await find_identity(request) is None:
        return failure_page(
            401,
            "You are not signed in",
            "This link was used already, or is too old." if token else "This page is yours only.",
            "Open the link that `appmixer up` printed, or get a new one with `appmixer link`.",
        )
    return HTMLResponse(_read("index.html"), headers=SECURITY_HEADERS)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the browser's session."""
    session = request.cookies.get(SESSION_COOKIE)
    if session:
        await hosting(request).owners.sign_out(session)
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    if name not in MEDIA_TYPES:
        raise NotFoundError("There is no such file.")
    headers = {**SECURITY_HEADERS, "Cache-Control": "max-age=300"}
    return Response(_read(name), headers=headers, media_type=MEDIA_TYPES[name])


def _read(name: str) -> bytes:
    return resources.files(WEB).joinpath(name).read_bytes()
