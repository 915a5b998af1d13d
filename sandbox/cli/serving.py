"""The sandbox as a process: served until somebody interrupts it, with exit codes."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..behaviour.webhooks.courier import Courier
from ..documents.document import seeder
from ..documents.plan import Complaint, DocumentError
from ..gateway.server import serve
from ..state.statefile import StateError
from ..world.world import World


def serve_until_interrupted(
    host: str, port: int, *, state: Path | None = None, world: Path | None = None
) -> int:
    """Returns the exit code: 0 when it was interrupted, 1 when it could not be served."""
    try:
        begun = None if world is None else World(seeder(_read(world)), Courier)
        _run(_until_told(serve(host, port, world=begun, state=state, on_started=_say)))
    except KeyboardInterrupt:
        return 0
    except DocumentError as wrong:
        sys.stderr.writelines(f"{world}: {complaint}\n" for complaint in wrong.complaints)
        return 1
    except StateError as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except OSError as failed:
        reason = failed.strerror or failed
        sys.stderr.write(
            f"Port {port} of {host} cannot be opened: {reason}. Choose one with --port.\n"
        )
        return 1
    return 0


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as failed:
        cause = f"This file is no world: {failed}."
        raise DocumentError([Complaint("$", cause, "Name a file of JSON.")]) from None


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """To be asked to end is as good as Ctrl-C: what is to be kept is kept."""
    serving = asyncio.ensure_future(work)
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        if not serving.cancelled():
            # It was this task that Ctrl-C ended; the work has to end before the loop does.
            serving.cancel()
            await asyncio.wait({serving})
            raise


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ModuleNotFoundError:
        # There is none for Windows.
        asyncio.run(work)
        return
    uvloop.run(work)


def _say(address: str) -> None:
    sys.stdout.write(f"Sandbox at {address}. Ctrl-C ends it.\n")
    sys.stdout.flush()
