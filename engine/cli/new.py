"""`appmixer new component` and `appmixer new connector`: a module with its test, to begin with."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from .output import fail, misuse, say

app = typer.Typer(no_args_is_help=True, help="Write a component or a connector to begin with.")

NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,59}")
SERVICE = re.compile(r"[a-z][a-z0-9]{0,39}:[a-z][a-z0-9]{0,39}")
# What the modules that are written import or define themselves.
TAKEN = frozenset(
    "Action ActionContext Field Fields JsonObject RecordingContext Trigger"
    " TriggerContext ValidationError".split()
)


@app.command("component")
def new_component(
    name: Annotated[str, typer.Argument(help="Its class, such as SendLetter.")],
    is_trigger: Annotated[bool, typer.Option("--trigger", help="It starts runs.")] = False,
    group: Annotated[
        str | None,
        typer.Option(help="Its heading in the palette.", show_default="that of the last one"),
    ] = None,
) -> None:
    """Write a component with its test into the connector whose folder this is, and publish it."""
    from . import scaffolds

    if not NAME.fullmatch(name) or name in TAKEN or keyword.iskeyword(scaffolds.stem_of(name)):
        misuse(f"{name} cannot be a component's name. Give a verb and a noun, as in SendLetter.")
    connector = scaffolds.connector_around(Path.cwd())
    manifest = scaffolds.manifest_of(connector)
    for entry in manifest["components"]:
        if entry["name"].rpartition(".")[2].lower() == name.lower():
            fail(f"There is {entry['name']} already, in {entry['module']}.")
    place = scaffolds.place_of(connector, manifest, group)
    written = scaffolds.write(scaffolds.component_files(name, place, is_trigger=is_trigger))
    scaffolds.publish(connector, written)
    test = os.path.relpath(written[-1])
    say(f"Next: write what it does and its test; then run `appmixer publish` and `pytest {test}`.")


@app.command("connector")
def new_connector(
    name: Annotated[str, typer.Argument(help="Vendor and service, such as acme:mail.")],
) -> None:
    """Write a connector into a new folder: its project, manifest, hooks, a component, tests."""
    from . import scaffolds

    vendor, _, service = name.partition(":")
    if not SERVICE.fullmatch(name) or any(map(keyword.iskeyword, (vendor, service))):
        misuse(f"{name} cannot be a connector's id. Give vendor and service, such as acme:mail.")
    if taken := _python_module(vendor, service):
        misuse(f"There is a Python module {taken} already. Give another vendor or service.")
    folder = Path.cwd() / service
    if folder.exists():
        fail(f"{folder} is there already. Remove it, or go elsewhere.")
    scaffolds.publish(folder, scaffolds.write(scaffolds.connector_files(folder, vendor, service)))
    say(f"Next: cd {service}; pip install --editable '.[tests]'; pytest")


def _python_module(vendor: str, service: str) -> str:
    """Return which of the packages is something else in this Python; empty if both are free."""
    found = importlib.util.find_spec(vendor)
    if found is None:
        return ""
    if found.origin is not None:
        return vendor
    both = f"{vendor}.{service}"
    return both if importlib.util.find_spec(both) else ""
