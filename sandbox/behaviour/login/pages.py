"""The HTML of the login dialog and of its error page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape

from ...world.entities import BUSINESS, MANAGEMENT, MESSAGING, PhoneNumber, User, Waba

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
    numbers: Sequence[PhoneNumber] | None,
    reuses_grant: bool,
    editing: str | None,
    switches: Mapping[str, str],
) -> str:
    """The form; `wabas` is None where Facebook shows no picker, `numbers` where no signup is.

    `editing` is the address of the picker, where there is one behind what was granted before.
    """
    asked = "" if reuses_grant else _scope_choice(scopes)
    if reuses_grant:
        asked = (
            f"<h2>Continue as {escape(user.name)}?</h2>"
            f"<p>You allowed {escape(app_name)} this before. Nothing changes.</p>"
        )
        if editing is not None:
            asked += f'<p><a href="{escape(editing)}">Edit settings</a></p>'
    picker = "" if wabas is None else _waba_choice(wabas)
    picker += "" if numbers is None else _number_choice(numbers)
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


def signup_page(event: str, answer: Mapping[str, object]) -> str:
    """The end of Embedded Signup: it tells the window behind it, in the order Meta does."""
    said = json.dumps([event, {"type": "SANDBOX_LOGIN", "authResponse": answer}])
    # Inside a script element only `<` could end it early.
    script = (
        f"for (const said of {said.replace('<', chr(92) + 'u003c')}) "
        "window.opener?.postMessage(said, '*'); window.close();"
    )
    return _page(
        "Signup finished",
        f"<h1>Done</h1><p>You can close this window.</p><pre>{escape(event)}</pre>"
        f"<script>{script}</script>",
    )


def error_page(reason: str) -> str:
    return _page("Login failed", f"<h1>This login cannot go on</h1><p>{escape(reason)}</p>")


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


def _number_choice(numbers: Sequence[PhoneNumber]) -> str:
    options = "".join(
        f'<option value="{escape(number.id)}">{escape(number.display)}, '
        f"{escape(number.verified_name)}</option>"
        for number in numbers
    )
    return (
        "<fieldset><legend>The phone number</legend><label>Number "
        f'<select name="phone_number_id"><option value="">The first of the account</option>'
        f"{options}</select></label></fieldset>"
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>\n"
    )
