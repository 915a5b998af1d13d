"""`appmixer doctor`: what does not hold, and what to do about it."""

from __future__ import annotations

import typer

from .output import AsJson, fail, print_json, say
from .reach import Data, Url, remote


def doctor(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Look at the engine, its configuration and your accounts, and say what does not hold."""
    from ..diagnosis import diagnose
    from ..remote import RemoteError

    try:
        checks = diagnose(remote(url, data))
    except RemoteError as error:
        fail(str(error))
    if as_json:
        print_json({"checks": checks})
    for check in () if as_json else checks:
        say(f"{'✓' if check['holds'] else '✗'} {check['name']}: {check['finding']}")
        if not check["holds"] and check["cure"]:
            say(f"  → {check['cure']}")
    if not all(check["holds"] for check in checks):
        raise typer.Exit(1)
