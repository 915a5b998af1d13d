"""The console script `appmixer`: loads the commands, and says which extra is missing if one is."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

PROGRAM = "appmixer"
SANDBOX_COMMAND = "sandbox"
INTERRUPTED = 130


def main() -> None:
    """Run the command line; exit with 0 when done, 1 when it failed, 2 for wrong usage."""
    try:
        _heed_interrupts()
        from .app import app

        app(prog_name=PROGRAM)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(PROGRAM):
            raise
        sys.stderr.write(missing_extra(error.name or "", sys.argv[1:]) + "\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _heed_interrupts() -> None:
    # A shell without job control starts what a script sends to the background with SIGINT ignored,
    # and Python leaves it so.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def missing_extra(module: str, arguments: Sequence[str]) -> str:
    """Return the sentence that says how to install what a command needs."""
    extra = "sandbox" if SANDBOX_COMMAND in arguments[:1] else "engine"
    return (
        f"This command needs the Python package {module!r}, which is not installed. Run:"
        f" pip install '{distribution()}[{extra}]'"
    )


def distribution() -> str:
    """Return the name of the distribution that this command line came with."""
    for script in entry_points(group="console_scripts", name=PROGRAM):
        if script.dist is not None:
            return script.dist.name
    return PROGRAM
