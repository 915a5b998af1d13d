"""The console script `appmixer`: loads the commands, and says which extra is missing if one is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

SANDBOX_COMMAND = "sandbox"


def main() -> None:
    """Run the command line; exit with 0 when done, 1 when it failed, 2 for wrong usage."""
    try:
        from .commands import app

        app()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("appmixer"):
            raise
        sys.stderr.write(missing_extra(error.name or "", sys.argv[1:]) + "\n")
        sys.exit(1)


def missing_extra(module: str, arguments: Sequence[str]) -> str:
    """Return the sentence that says how to install what a command needs."""
    extra = "sandbox" if SANDBOX_COMMAND in arguments[:1] else "engine"
    return (
        f"This command needs the Python package {module!r}, which is not installed. Run:"
        f" pip install '{distribution()}[{extra}]'"
    )


def distribution() -> str:
    """Return the name of the distribution that this command line came with."""
    for script in entry_points(group="console_scripts", name="appmixer"):
        if script.dist is not None:
            return script.dist.name
    return "appmixer"
