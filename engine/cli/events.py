"""`appmixer event …`: what came in, and giving it to flows again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from . import completion
from .output import SHORT_ID_CHARS, AsJson, counted, fail, misuse, moment, print_json, say, table
from .reach import Data, Url, call

app = typer.Typer(no_args_is_help=True, help="Look at events, and give them to flows again.")


@app.command("list")
def list_events(
    flow: Annotated[
        str | None,
        typer.Option(help="Only those of a flow's runs.", autocompletion=completion.flows),
    ] = None,
    unrouted: Annotated[bool, typer.Option("--unrouted", help="Those that no flow took.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List the newest events of your runs, or those that no flow took."""
    query = f"limit={limit}&unrouted={str(unrouted).lower()}"
    query += f"&flowId={quote(flow)}" if flow else ""
    events = call(url, data, "GET", f"/api/events?{query}")["events"]
    if as_json:
        print_json({"events": events})
        return
    rows = [
        [str(each["id"]), each["kind"], each["state"], moment(each["receivedAt"]), each["eventId"]]
        for each in events
    ]
    table(rows) if rows else say("There are none.")


@app.command()
def replay(
    event_id: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="The event's number, as `event list` shows it.",
            autocompletion=completion.events,
        ),
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Also when it was replayed before.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Give a stored event to your flows that listen now."""
    if not event_id.isdecimal():
        misuse(f"{event_id!r} is no event's number; `appmixer event list` shows them.")
    path = f"/api/events/{event_id}/replay"
    answer = call(url, data, "POST", path, {"again": again})
    if as_json:
        print_json(answer)
    elif not answer["runIds"]:
        fail(f"No flow of yours that runs now takes event {event_id}. Start one, then try again.")
    else:
        ids = ", ".join(each[:SHORT_ID_CHARS] for each in answer["runIds"])
        say(f"Event {event_id} started {counted(len(answer['runIds']), 'run')}: {ids}")
        say(f"Look with `appmixer run show {answer['runIds'][0][:SHORT_ID_CHARS]} --follow`.")
