"""`appmixer owner …`: the customers of one engine; the administrator's."""

from __future__ import annotations

from typing import Annotated

import typer

from . import completion
from .output import AsJson, moment, print_json, say, table
from .reach import Data, Url, call, segment

app = typer.Typer(no_args_is_help=True, help="The customers of this engine (administrator).")

SHOWN_ONCE = "It is shown this once; whoever has it acts as this owner, with APPMIXER_API_TOKEN."


@app.command("list")
def list_owners(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """List all owners."""
    owners = call(url, data, "GET", "/api/owners")["owners"]
    if as_json:
        print_json({"owners": owners})
        return
    table([[each["name"], f"since {moment(each['createdAt'])}"] for each in owners])


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The owner's name.")],
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Add an owner, and print the API token made for them."""
    made = call(url, data, "POST", "/api/owners", {"name": name})
    if as_json:
        print_json(made)
        return
    say(f"{made['name']} is added. Their API token:\n{made['token']}\n{SHOWN_ONCE}")


@app.command()
def token(
    name: Annotated[
        str, typer.Argument(help="The owner's name.", autocompletion=completion.owners)
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="End every token and session they had before.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Make one more API token for an owner, and print it."""
    path = f"/api/owners/{segment(name)}/tokens"
    made = call(url, data, "POST", path, {"replace": replace})
    if as_json:
        print_json(made)
        return
    ended = " Those made before have ended." if replace else ""
    say(f"A new API token of {name}:\n{made['token']}\n{SHOWN_ONCE}{ended}")
