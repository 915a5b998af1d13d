"""The console script `appmixer`: loads the commands, and says which extra is missing if one is."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from importlib.metadata import entry_points

PROGRAM = "appmixer"
SANDBOX_COMMAND = "sandbox"
TEMPORAL_PACKAGE = "temporalio"
INTERRUPTED = 130
# Threads that have nothing to do end within this.
GRACE_S = 1.0


def main() -> None:
    """Run the command line; exit with 0 when done, 1 when it failed, 2 for wrong usage."""
    try:
        _run()
    except SystemExit as ended:
        _leave_what_hangs(ended.code)
        raise


def _run() -> None:
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


def _leave_what_hangs(code: object) -> None:
    """End the process without threads that will not end, because a database has hung up on them.

    The interpreter would wait for them for ever.
    """
    until = time.monotonic() + GRACE_S
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    waited_for = [each for each in others if not each.daemon]
    for thread in waited_for:
        thread.join(max(0.0, until - time.monotonic()))
    if any(each.is_alive() for each in waited_for):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _heed_interrupts() -> None:
    # A shell without job control starts what a script sends to the background with SIGINT ignored,
    # and Python leaves it so.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def missing_extra(module: str, arguments: Sequence[str]) -> str:
    """Return the sentence that says how to install what a command needs."""
    extra = "sandbox" if SANDBOX_COMMAND in arguments[:1] else "engine"
    if module.partition(".")[0] == TEMPORAL_PACKAGE:
        extra = "temporal"
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
