"""`appmixer config …`: the connectors' configuration, and the addresses to enter elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion
from .output import AsJson, fail, print_json, say, table
from .reach import Data, Url, call, segment
from .serving import run_in_loop

LOCAL_ONLY = (
    "Only this machine reaches these addresses. Start the engine with APPMIXER_PUBLIC_URL set to"
    " the https address under which others do, and they change with it."
)

app = typer.Typer(no_args_is_help=True, help="The connectors' configuration (administrator).")

Service = Annotated[
    str, typer.Argument(help="The connector's id.", autocompletion=completion.services)
]
AnyService = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONNECTOR]", help="The connector's id.", autocompletion=completion.services
    ),
]
Key = Annotated[str, typer.Argument(help="The key.", autocompletion=completion.keys)]


@app.command("set")
def set_key(
    service: Service,
    key: Key,
    value: Annotated[
        str, typer.Argument(help="The value; - reads it from standard input, for secrets.")
    ],
    url: Url = None,
    data: Data = None,
) -> None:
    """Set a configuration key: at the running engine, or else in the data folder."""
    given = sys.stdin.read().strip() if value == "-" else value
    shown, where = _configure(url, data, service, key, given)
    say(f"{service} {key} is set {where}.")
    if shown["source"] == "environment":
        say(f"{shown['environment']} is set as well, and wins.")


@app.command("get")
def get_key(
    service: Service, key: Key, as_json: AsJson = False, url: Url = None, data: Data = None
) -> None:
    """Show one key; of a secret only whether it is set."""
    described = call(url, data, "GET", f"/api/configuration/{segment(service)}")
    keys = {each["key"]: each for each in described["keys"]}
    if key not in keys:
        fail(f"{service} has no key {key!r}; its keys are: {', '.join(keys)}.")
    print_json(keys[key]) if as_json else say(_shown_value(keys[key]))


@app.command("list")
def list_keys(
    service: AnyService = None, as_json: AsJson = False, url: Url = None, data: Data = None
) -> None:
    """List all keys, with where their values come from."""
    connectors = _connectors(url, data, service)
    if as_json:
        print_json({"connectors": connectors})
        return
    for connector in connectors:
        say(connector["service"])
        table(
            [[key["key"], key["source"], _shown_value(key)] for key in connector["keys"]], indent=2
        )


@app.command()
def show(
    service: AnyService = None, as_json: AsJson = False, url: Url = None, data: Data = None
) -> None:
    """Show the addresses of this engine to enter where a service asks for them."""
    connectors = _connectors(url, data, service)
    if as_json:
        fields = ("service", "label", "addresses")
        print_json({"connectors": [{key: each[key] for key in fields} for each in connectors]})
        return
    for connector in connectors:
        if not connector["addresses"]:
            continue
        say(f"{connector['label']} ({connector['service']})")
        table([[each["label"], each["url"]] for each in connector["addresses"]], indent=2)
    if not all(each["isPublic"] for each in connectors):
        say(f"\n{LOCAL_ONLY}")


def _connectors(url: str | None, data: Path | None, service: str | None) -> list[dict[str, Any]]:
    if service is not None:
        return [call(url, data, "GET", f"/api/configuration/{segment(service)}")]
    connectors: list[dict[str, Any]] = call(url, data, "GET", "/api/configuration")["connectors"]
    return connectors


def _configure(
    url: str | None, data: Path | None, service: str, key: str, value: str
) -> tuple[Mapping[str, Any], str]:
    from ..contract import ConnectorError
    from ..errors import NotFoundError
    from .remote import RemoteError, UnreachableError, open_remote

    folder = data or Path(".data")
    try:
        remote = open_remote(url, data, os.environ)
        path = f"/api/configuration/{segment(service)}/{segment(key)}"
        return remote.call("PUT", path, {"value": value}), f"at {remote.url}"
    except UnreachableError as error:
        if url is not None:
            fail(str(error))
    except RemoteError as error:
        from ..accounts.api_token import read_token

        if url is not None or read_token(folder, os.environ):
            fail(str(error))
    from ..errors import StartError
    from .offline import set_offline

    try:
        shown = run_in_loop(set_offline(folder, service, key, value))
    except (ConnectorError, NotFoundError, StartError) as error:
        fail(str(error))
    return shown, f"in the data folder {folder} (no engine is running)"


def _shown_value(key: Mapping[str, Any]) -> str:
    if not key["isSet"]:
        return "(required, not set)" if key["isRequired"] else "(not set)"
    return "(set)" if key["isSecret"] else str(key["value"])
