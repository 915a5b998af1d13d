"""The HTML the sandbox shows to people: the login dialog, its error page and the front page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..world.entities import BUSINESS, MANAGEMENT, MESSAGING, User, Waba

MEANING = {
    MANAGEMENT: "Manage your WhatsApp Business Accounts, numbers and templates",
    MESSAGING: "Send and receive messages as your business",
    BUSINESS: "See the businesses you work for",
    "whatsapp_business_manage_events": "Report events about conversations",
    "public_profile": "See your name",
    "email": "See your e-mail address",
}

STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #0a7c66; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
main { border: 1px solid var(--line); border-radius: .75rem; padding: 1.5rem }
h1 { font-size: 1.3rem; margin-top: 0 }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0 }
label { display: flex; gap: .6rem; padding: .3rem 0 }
small { opacity: .7 }
button { font: inherit; padding: .5rem 1.1rem; border-radius: .5rem; border: 1px solid var(--line) }
button[value=approve] { background: var(--accent); color: #fff; border-color: var(--accent) }
a { color: inherit }
"""


def dialog_page(
    *,
    app_name: str,
    user: User,
    scopes: Sequence[str],
    wabas: Sequence[Waba] | None,
    reuses_grant: bool,
    switches: Mapping[str, str],
) -> str:
    """The form; `wabas` is None where Facebook shows no picker."""
    asked = "" if reuses_grant else _scope_choice(scopes)
    if reuses_grant:
        asked = f"<p>You allowed {escape(app_name)} this before. Nothing changes.</p>"
    picker = "" if wabas is None else _waba_choice(wabas)
    others = " · ".join(
        f'<a href="{escape(address)}">{escape(name)}</a>' for name, address in switches.items()
    )
    return _page(
        f"Log in to {app_name}",
        f"""<h1>{escape(app_name)} asks for access</h1>
<p>You are {escape(user.name)}. <small>Continue as {others} instead.</small></p>
<form method="post">
<input type="hidden" name="user_id" value="{escape(user.id)}">
{asked}{picker}
<button name="decision" value="approve">Continue</button>
<button name="decision" value="cancel">Cancel</button>
</form>
<p><small>This is a simulation of Facebook Login. No account of yours is involved.</small></p>""",
    )


def error_page(reason: str) -> str:
    return _page("Login failed", f"<h1>This login cannot go on</h1><p>{escape(reason)}</p>")


def front_page() -> str:
    links = {
        "/_sandbox/docs": "Controls: try them from the page",
        "/_sandbox/openapi.json": "Controls as OpenAPI",
        "/_sandbox/fixture": "The seeded world",
        "/_sandbox/calls": "Graph calls so far",
        "/_sandbox/webhooks": "Webhook deliveries so far",
        "/_sandbox/people": "People with phones",
    }
    items = "".join(
        f'<li><a href="{address}">{escape(name)}</a></li>' for address, name in links.items()
    )
    return _page(
        "WhatsApp sandbox",
        f"""<h1>WhatsApp sandbox</h1>
<p>A simulation of Meta's side of the WhatsApp Business Cloud API. Point your Graph address here
and call it as you would call Meta.</p><ul>{items}</ul>""",
    )


def _scope_choice(scopes: Sequence[str]) -> str:
    rows = "".join(
        f'<label><input type="checkbox" name="scopes" value="{escape(scope)}" checked>'
        f"<span>{escape(MEANING.get(scope, scope))}<br>"
        f"<small>{escape(scope)}</small></span></label>"
        for scope in scopes
    )
    return f"<fieldset><legend>What it may do</legend>{rows}</fieldset>"


def _waba_choice(wabas: Sequence[Waba]) -> str:
    rows = "".join(
        f'<label><input type="checkbox" name="waba_ids" value="{escape(waba.id)}">'
        f"<span>{escape(waba.name)}<br><small>{escape(waba.id)}</small></span></label>"
        for waba in wabas
    )
    return f"<fieldset><legend>WhatsApp Business Accounts to share</legend>{rows}</fieldset>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>\n"
    )
