"""`appmixer account …`: your connected accounts and what is set of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion
from .output import AsJson, fail, misuse, print_json, say, table
from .reach import Data, Url, call

app = typer.Typer(no_args_is_help=True, help="Your connected accounts and their settings.")

Name = Annotated[
    str, typer.Argument(help="The account's name.", autocompletion=completion.accounts)
]
Service = Annotated[
    str | None,
    typer.Option(
        help="The connector's id, where several have an account so named.",
        autocompletion=completion.services,
    ),
]


@app.command("list")
def list_accounts(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """List your accounts, with their state and what is set."""
    accounts = call(url, data, "GET", "/api/accounts")["accounts"]
    if as_json:
        print_json({"accounts": accounts})
        return
    rows = [[each["name"], each["service"], each["state"], _standing(each)] for each in accounts]
    table(rows) if rows else say("No account is connected yet; run `appmixer connect NAME`.")


@app.command("set")
def set_account(
    name: Name,
    key: Annotated[str, typer.Argument(help="The setting; `account list --json` lists all.")],
    value: Annotated[str, typer.Argument(help="The value; null takes it back.")],
    service: Service = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Change a setting of an account."""
    found = _named(url, data, name, service)
    changes = read_settings([f"{key}={value}"], found["availableSettings"])
    changed = call(url, data, "PATCH", f"/api/accounts/{found['id']}", changes)
    say(f"{name}: {_standing(changed)}")


@app.command("remove")
def remove_account(
    name: Name,
    service: Service = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Forget an account; refused while a running flow uses it."""
    found = _named(url, data, name, service)
    call(url, data, "DELETE", f"/api/accounts/{found['id']}")
    say(f"{name} is removed.")


def _named(url: str | None, data: Path | None, name: str, service: str | None) -> dict[str, Any]:
    accounts = call(url, data, "GET", "/api/accounts")["accounts"]
    found = [
        each for each in accounts if each["name"] == name and service in (None, each["service"])
    ]
    if not found:
        known = ", ".join(sorted(each["name"] for each in accounts)) or "none"
        fail(f"There is no account {name}; there is: {known}.")
    if len(found) > 1:
        services = ", ".join(sorted(each["service"] for each in found))
        misuse(f"Choose --service from: {services}.")
    return dict(found[0])


def read_settings(
    given: Iterable[str], available: Iterable[Mapping[str, Any]]
) -> dict[str, str | bool | None]:
    """Return what KEY=VALUE says; the engine knows which keys there are, and which values."""
    switches = {each["name"] for each in available if each["type"] == "switch"}
    words: dict[str, bool | None] = {"true": True, "false": False, "null": None}
    changes: dict[str, str | bool | None] = {}
    for pair in given:
        key, separator, value = pair.partition("=")
        if not key or not separator:
            misuse(f"{pair} is not KEY=VALUE.")
        changes[key] = words.get(value, value) if key in switches or value == "null" else value
    return changes


def _standing(account: Mapping[str, Any]) -> str:
    if account["state"] != "connected":
        return str(account["reason"])
    until = account["expiresAt"]
    said = [f"until {until[:10]}" if until else "does not expire"]
    for each in account["availableSettings"]:
        name, labels = each["name"], {one["value"]: one["label"] for one in each["choices"]}
        # What was chosen counts only while the account reaches it; the profile tells.
        value = account["profile" if labels else "settings"].get(name)
        if value is not None:
            label = f" ({labels[value]})" if value in labels else ""
            said.append(f"{name}={str(value).lower() if value in (True, False) else value}{label}")
    return ", ".join(said)
