"""`appmixer doctor`: what is not right, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import AsJson, fail, print_json, say
from .reach import Data, Url, remote

MARKS = {"fine": "✓", "advice": "!", "fault": "✗"}


def doctor(
    claim: Annotated[
        bool,
        typer.Option(
            "--claim",
            help="First have the events of your accounts delivered to this engine, whoever gets"
            " them now.",
        ),
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Look at the engine, its configuration and your accounts, and say what is not right."""
    from .diagnosis import claim_events, diagnose
    from .remote import RemoteError

    try:
        engine = remote(url, data)
        claimed = claim_events(engine) if claim else []
        checks = [*claimed, *diagnose(engine)]
    except RemoteError as error:
        fail(str(error))
    if as_json:
        print_json({"checks": checks})
    for check in () if as_json else checks:
        say(f"{MARKS[check['state']]} {check['name']}: {check['finding']}")
        if check["state"] != "fine" and check["cure"]:
            say(f"  → {check['cure']}")
    if any(check["state"] == "fault" and check["isInUse"] for check in checks):
        raise typer.Exit(1)
