"""The commands of `appmixer`. What is heavy is imported by the command that needs it."""

from __future__ import annotations

from typing import Annotated

import typer

from . import (
    accounts,
    authoring,
    configuring,
    connecting,
    distribution,
    events,
    examining,
    flows,
    new,
    owners,
    runs,
    serving,
)
from .output import say

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        name = distribution()
        say(f"appmixer {version(name)} ({name})")
        raise typer.Exit


@app.callback()
def appmixer(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version, and end."
        ),
    ] = False,
) -> None:
    """Runs flows, and looks after the engine that runs them."""


app.command()(serving.up)
app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(serving.sandbox)
app.command()(authoring.components)
app.add_typer(authoring.component, name="component")
app.command()(authoring.validate)
app.add_typer(new.app, name="new")
app.command()(authoring.publish)
app.add_typer(flows.app, name="flow")
app.add_typer(runs.app, name="run")
app.add_typer(events.app, name="event")
app.command()(connecting.connect)
app.command()(connecting.link)
app.add_typer(accounts.app, name="account")
app.add_typer(owners.app, name="owner")
app.add_typer(configuring.app, name="config")
app.command()(examining.doctor)
