"""Signing a browser in as another owner than the one it is signed in as: only when asked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ..accounts.owners import Identity
from .identity import hosting, keep_session
from .login_forms import answered, form_of, link_is_over
from .notices import Form, sign_in_page
from .questions import Questions

router = APIRouter(prefix="/auth", include_in_schema=False)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Replace a browser's session after the person was asked."""
    answer = await form_of(request)
    asked = await answered(request, answer.get("secret", ""), "sign-in")
    if isinstance(asked, Response):
        return asked
    session = await hosting(request).owners.redeem(asked["token"])
    if session is None:
        return link_is_over()
    response = RedirectResponse(asked["path"], 303)
    keep_session(request, response, session)
    return response


async def ask_to_sign_in(
    request: Request, token: str, identity: Identity, present: Identity, path: str
) -> Response:
    """Ask whether the one-time token's owner is to take the place of the one who is signed in.

    Either way leads on to `path`.
    """
    questions = Questions(request)
    secret = await questions.ask({"kind": "sign-in", "token": token, "path": path})
    form = Form("/auth/sign-in", secret, f"Become {identity.owner_name}")
    page = sign_in_page(form, owner=identity.owner_name, signed_in=present.owner_name, path=path)
    return questions.remember(page)
