"""`appmixer connect` and `appmixer link`: what goes on in a browser."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from . import completion
from .accounts import read_settings
from .output import AsJson, fail, misuse, print_json, say, warn
from .reach import Data, Url, call

PATIENCE_S = 600.0
POLL_S = 1.0


def connect(
    name: Annotated[
        str,
        typer.Argument(
            help="What flows call the account; asked for unless given.",
            show_default=False,
            autocompletion=completion.accounts,
        ),
    ] = "",
    service: Annotated[
        str | None,
        typer.Option(
            help="The connector's id; the only one whose components need accounts unless given.",
            autocompletion=completion.services,
        ),
    ] = None,
    token: Annotated[
        bool, typer.Option("--token", help="Ask for an access token instead of opening a browser.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the login page.")] = True,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set this of the account; repeatable."),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Connect an account: in the browser, or with a token or key read from the terminal."""
    connectors = call(url, data, "GET", "/api/components")["connectors"]
    by_id = {each["id"]: each for each in connectors if each["auth"]}
    if not by_id:
        fail("No connector here has accounts.")
    usual = [key for key, each in by_id.items() if each["auth"]["forAll"]] or list(by_id)
    chosen = service or (usual[0] if len(usual) == 1 else "")
    if chosen not in by_id:
        misuse(f"Choose --service from: {', '.join(sorted(by_id))}.")
    given = read_settings(settings or (), by_id[chosen]["auth"]["settings"])
    name = name or _asked_name()
    has_keys = by_id[chosen]["auth"]["type"] == "apiKey"
    if token or has_keys:
        for each in by_id[chosen]["auth"]["settings"]:
            if each["required"] and each["name"] not in given and sys.stdin.isatty():
                warn(each["description"])
                given[each["name"]] = typer.prompt(each["label"], err=True)
        label = by_id[chosen]["auth"]["keyLabel"] if has_keys else "Access token"
        pasted = typer.prompt(label, hide_input=True, err=True)
        key = "secret" if has_keys else "accessToken"
        content = {"service": chosen, "name": name, key: pasted, "settings": given}
        account = call(url, data, "POST", "/api/accounts", content)
    else:
        account = _connect_in_browser(
            by_id[chosen]["auth"]["service"], name, url, data, opens=browser
        )
        if given:
            account = call(url, data, "PATCH", f"/api/accounts/{account['id']}", given)
    print_json(account) if as_json else say(f"Account {account['name']} is connected.")


def link(url: Url = None, data: Data = None) -> None:
    """Print a link that opens the engine's page, once."""
    say(call(url, data, "POST", "/api/links", {"path": "/"})["url"])


def _asked_name() -> str:
    if not sys.stdin.isatty():
        misuse("The account needs a name, by which flows call it: appmixer connect NAME.")
    asked: str = typer.prompt("A name for the account, by which flows call it", err=True)
    return asked


def _connect_in_browser(
    service: str, name: str, url: str | None, data: Path | None, *, opens: bool
) -> Mapping[str, Any]:
    import webbrowser

    before = {_version(each) for each in call(url, data, "GET", "/api/accounts")["accounts"]}
    path = f"/auth/{service}/start?name={quote(name)}"
    address = call(url, data, "POST", "/api/links", {"path": path})["url"]
    # Standard output is kept for the account, which a script may want.
    warn(f"Open this link and follow the dialog:\n{address}")
    if opens:
        webbrowser.open(address)
    until = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
    warn(
        f"Waiting for account {name} to be connected there, until {until.astimezone():%H:%M}."
        " Ctrl-C ends the waiting."
    )
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for account in call(url, data, "GET", "/api/accounts")["accounts"]:
            if _version(account) not in before and account["state"] == "connected":
                return dict(account)
        time.sleep(POLL_S)
    fail("Nobody finished the login within ten minutes. Start again.")


def _version(account: Mapping[str, Any]) -> tuple[str, str, str]:
    return account["id"], account["tokenSince"], account["state"]
