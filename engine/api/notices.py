"""The short pages that a login ends with, and the headers that every page carries."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def failure_page(status: int, title: str, cause: str, cure: str) -> Response:
    """Say what did not work, why, and what to do."""
    return _page(status, title, f"<p>{escape(cause)}</p><p><strong>{escape(cure)}</strong></p>")


def success_page(name: str, expires_at: str | None) -> Response:
    """Say that the account is connected."""
    lasts = (
        "Its permission does not expire."
        if expires_at is None
        else f"Its permission lasts until {escape(expires_at[:10])} and is renewed before."
    )
    return _page(
        200, "Connected", f"<p>The account <strong>{escape(name)}</strong> is ready. {lasts}</p>"
    )


def _page(status: int, title: str, body: str) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/assets/page.css"></head>'
        f'<body class="notice"><main><h1>{escape(title)}</h1>{body}'
        '<p><a class="button" href="/">Back to the engine</a></p></main></body></html>\n',
        status,
        SECURITY_HEADERS,
    )
