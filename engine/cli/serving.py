"""`appmixer up` and `appmixer sandbox`: what goes on until it is interrupted."""

from __future__ import annotations

import gc
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from ..settings import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    TEMPORAL_VARIABLES,
)
from .output import fail, misuse, say

DEFAULT_SANDBOX_PORT = 8322


def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Also run a simulated service and show the main job.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="With --sandbox: end after the main job.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Where everything is kept (.data; with --sandbox a temporary folder)."),
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL database instead of SQLite in the data folder.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = DEFAULT_HOST,
    port: Annotated[int, typer.Option(help="The engine's port.")] = DEFAULT_PORT,
    sandbox_port: Annotated[int, typer.Option(help="The sandbox's port.")] = DEFAULT_SANDBOX_PORT,
    temporal: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Execute runs through a Temporal service; needs PostgreSQL.",
        ),
    ] = None,
    temporal_namespace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The namespace to use there (default).")
    ] = None,
) -> None:
    """Run the engine until Ctrl-C."""
    # Nothing that is loaded at start ever goes; collecting begins when that is done.
    gc.disable()
    from ..memory import give_back_what_is_freed

    give_back_what_is_freed()
    from ..api.server import up as serve
    from ..api.server import up_with_sandbox
    from ..contract import ConnectorError
    from ..errors import StartError
    from ..settings import read_settings

    if once and not sandbox:
        misuse("--once belongs to --sandbox.")
    settings = read_settings(
        data=data,
        database_url=database_url,
        host=host,
        port=port,
        temporal=temporal,
        temporal_namespace=temporal_namespace,
        environment=_without_the_real(temporal) if sandbox else os.environ,
    )
    if temporal_namespace and settings.temporal is None:
        misuse("--temporal-namespace belongs to --temporal.")
    try:
        if sandbox:
            keeps_data = data is not None
            work = up_with_sandbox(settings, sandbox_port, say, once=once, keeps_data=keeps_data)
        else:
            work = serve(settings, say)
        raise typer.Exit(run_in_loop(work))
    except (StartError, ConnectorError) as error:
        fail(str(error))


def _without_the_real(temporal: str | None) -> dict[str, str]:
    """Return the environment without what it names for the real engine.

    A demonstration touches nothing of that. With which key a Temporal service is entered stays,
    for one that was named for the demonstration.
    """
    left_out = {"APPMIXER_DATA", "APPMIXER_DATABASE_URL"}
    left_out |= {
        variable
        for name, variable in TEMPORAL_VARIABLES.items()
        if temporal is None or name in ("address", "namespace")
    }
    return {name: value for name, value in os.environ.items() if name not in left_out}


def sandbox(context: typer.Context) -> None:
    """Run only the simulated service, or speak with one that runs: sandbox --help tells how."""
    from importlib.metadata import entry_points

    found = list(entry_points(group="appmixer.sandboxes"))
    if not found:
        fail("No sandbox is installed.")
    # It has a command line of its own, with its own options and exit codes.
    found[0].load().run_command(context.args)


def run_in_loop(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        import uvloop
    except ModuleNotFoundError:
        # There is none for Windows.
        import asyncio

        return asyncio.run(work)
    return uvloop.run(work)
