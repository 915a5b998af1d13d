"""The short pages around a login and a sign-in; they need nothing that is built or loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from starlette.responses import HTMLResponse, Response

STYLE = resources.files("appmixer.engine.web").joinpath("notice.css").read_text("utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": f"{POLICY}; form-action 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    # With "no-referrer" a browser sends a form without its origin, which nobody may then trust.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
# Browsers hold form-action against the addresses that a form's answer redirects to as well, and
# nobody knows where a service's login leads from there.
LEAVING_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": POLICY,
}


@dataclass(frozen=True)
class Field:
    """Something to fill in: a text, or one of the choices (label by value)."""

    name: str
    label: str
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Form:
    """What a page asks; `secret` names the question, so that only this page can answer it."""

    action: str
    secret: str
    button: str
    fields: Sequence[Field] = ()


def failure_page(status: int, title: str, cause: str, cure: str, back: str = "/") -> Response:
    """Say what did not work, why, and what to do; `back` is the page to try it from again."""
    return _page(status, title, _told(cause, cure) + _back(back))


def unbuilt_page() -> Response:
    """Say that this engine has no page of its own, and how to get one."""
    body = _told(
        "This engine runs from its sources, where the page is built once. The API works without.",
        "Run `make designer` there, then load this page again.",
    )
    return _page(503, "The page has not been built", body)


def connecting_page(form: Form, *, label: str, owner: str, name: str, signed_in: str) -> Response:
    """Ask whether to connect an account for this owner; `signed_in` is who else is signed in."""
    called = f" There it will be called <strong>{escape(name)}</strong>." if name else ""
    stays = (
        f"<p>You are signed in here as <strong>{escape(signed_in)}</strong>, and stay so.</p>"
        if signed_in
        else ""
    )
    body = (
        f"<p>You are about to connect your {escape(label)} account to"
        f" <strong>{escape(owner)}</strong> on this engine.{called} Their flows can then act on"
        f" your behalf and see what the account receives.</p>{stays}"
        "<p>Go on only if this is what you want and you know who sent you here.</p>"
    )
    return _page(200, f"Connect your {label} account?", body + _form(form), LEAVING_HEADERS)


def sign_in_page(form: Form, *, owner: str, signed_in: str, path: str) -> Response:
    """Ask whether to become another owner in this browser; who does not goes on to `path`."""
    body = (
        f"<p>You are signed in here as <strong>{escape(signed_in)}</strong>. The link you opened"
        f" signs you in as <strong>{escape(owner)}</strong> instead.</p>"
        "<p>Go on only if you know who sent it. What you do then happens in their name.</p>"
    )
    stay = f'<p><a href="{escape(path)}">Stay {escape(signed_in)}</a></p>'
    return _page(200, f"Become {owner}?", body + _form(form) + stay)


def missing_page(form: Form, *, status: int, title: str, sentences: Sequence[str]) -> Response:
    """Ask for what an account still needs."""
    body = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
    return _page(status, title, body + _form(form))


def success_page(
    name: str, expires_at: str | None, form: Form | None = None, back: str = ""
) -> Response:
    """Say that the account is connected; the form lets a person choose among what it reaches.

    Without a way back, the window may have been opened for the login alone.
    """
    lasts = (
        "Its permission does not expire."
        if expires_at is None
        else f"Its permission lasts until {escape(expires_at[:10])} and is renewed before."
    )
    body = f"<p>The account <strong>{escape(name)}</strong> is ready. {lasts}</p>"
    end = _back(back) if back else f"<p>You can close this window.</p>{_back('/')}"
    return _page(200, "Connected", body + (_form(form) if form else "") + end)


def _told(cause: str, cure: str) -> str:
    return f"<p>{escape(cause)}</p><p><strong>{escape(cure)}</strong></p>"


def _back(path: str) -> str:
    return f'<p><a class="button" href="{escape(path)}">Back to the engine</a></p>'


def _form(form: Form) -> str:
    return (
        f'<form method="post" action="{escape(form.action)}">'
        f'<input type="hidden" name="secret" value="{escape(form.secret)}">'
        f"{''.join(map(_field, form.fields))}"
        f'<button type="submit">{escape(form.button)}</button></form>'
    )


def _field(field: Field) -> str:
    name = f'name="setting.{escape(field.name)}"'
    if not field.choices:
        entry = f'<input {name} value="{escape(field.value)}" required autocomplete="off">'
    else:
        options = "".join(
            f'<option value="{escape(value)}"{" selected" if value == field.value else ""}>'
            f"{escape(label)} ({escape(value)})</option>"
            for value, label in field.choices
        )
        entry = f"<select {name}>{options}</select>"
    return f"<label>{escape(field.label)}{entry}</label>"


def _page(status: int, title: str, body: str, headers: dict[str, str] = HEADERS) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n",
        status,
        headers,
    )
