"""What a browser sends back on its way through a login, and the pages that say why it ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.responses import Response

from ..contract import ConnectorError
from ..errors import NotFoundError, not_here
from .identity import hosting
from .notices import failure_page
from .questions import OtherBrowserError, Questions

MAX_FORM_BYTES = 10_000
START_AGAIN = "Go back to Accounts and start the login there again."


async def answered(request: Request, secret: str, kind: str) -> dict[str, Any] | Response:
    """Return what the answered question was about, or the page that says why it is none."""
    try:
        about = await Questions(request).answered(secret)
    except OtherBrowserError:
        return failure_page(
            403,
            "This login began in another browser",
            "For your safety it can end only where it began.",
            START_AGAIN,
        )
    if about is None or about["kind"] != kind:
        return failure_page(
            400,
            "This login is over",
            "It was finished already, was started more than ten minutes ago, or never began here.",
            START_AGAIN,
        )
    service = about.get("service")
    if service is not None and service not in hosting(request).connectors:
        return failure(not_here(service))
    return about


async def form_of(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body[:MAX_FORM_BYTES].decode("utf-8", "replace").replace("\0", "")))


def link_is_over() -> Response:
    return failure_page(
        401,
        "This link was used already, or is too old",
        "It signs in one browser, once, within ten minutes.",
        "Ask for a new link, for example with `appmixer connect`.",
    )


def leads_elsewhere() -> Response:
    return failure_page(
        400,
        "This login would not lead back here",
        "What is to come next is no page of this engine.",
        "Start the login on the page of the account again.",
    )


def not_signed_in(back: str) -> Response:
    return failure_page(
        401,
        "You are not signed in",
        "The engine does not know whose account this is going to be.",
        "Open the engine's page through the link that `appmixer up` prints, then try again.",
        back or "/",
    )


def failure(error: ConnectorError | NotFoundError, back: str = "") -> Response:
    """Return the page that says what went wrong; it leads back to where the login began."""
    if isinstance(error, ConnectorError):
        return failure_page(400, error.title, error.cause, error.cure or START_AGAIN, back or "/")
    return failure_page(404, "There is no such login", str(error), START_AGAIN, back or "/")
