"""`appmixer run …`: what became of one run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion
from .output import AsJson, moment, print_json, say
from .reach import Data, Url, call, full_run_id

UNDER_WAY = ("running", "waiting", "paused")
COMPLETED = "completed"
POLL_S = 0.5

app = typer.Typer(no_args_is_help=True, help="Look at runs.")


@app.command()
def show(
    run_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The run's id, or how it begins.", autocompletion=completion.runs
        ),
    ],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until it ends; 1 unless it completes.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Show a run: its steps, what went wrong with cause and cure, what it waits for."""
    path = f"/api/runs/{full_run_id(url, data, run_id)}"
    run = call(url, data, "GET", path)
    if follow:
        run = _follow(url, data, path, run, is_silent=as_json)
    if as_json:
        print_json(run)
    elif not follow:
        _say_head(run)
        _say_steps(run["steps"])
        _say_waits(run)
        _say_end(run)
    if follow and run["status"] != COMPLETED:
        raise typer.Exit(1)


def _follow(url: str | None, data: Path | None, path: str, run: Any, *, is_silent: bool) -> Any:
    """Tell what is new until the run has ended, and return it as it is then."""
    told, waits = set[tuple[str, ...]](), ""
    if not is_silent:
        _say_head(run)
    while True:
        news = [each for each in run["steps"] if _mark(each) not in told]
        told.update(map(_mark, news))
        if not is_silent:
            _say_steps(news)
            if run["waits"] and str(run["waits"]) != waits:
                _say_waits(run)
            waits = str(run["waits"])
        if run["status"] not in UNDER_WAY:
            break
        time.sleep(POLL_S)
        run = call(url, data, "GET", path)
    if not is_silent:
        _say_end(run)
    return run


def _mark(step: Mapping[str, Any]) -> tuple[str, ...]:
    fate = step["fate"]["state"] if step["fate"] else ""
    return step["id"], step["status"], str(step["attempt"]), fate


def _say_head(run: Mapping[str, Any]) -> None:
    say(f"Run {run['id']} of {run['flowId']}, version {run['version']}")
    by = f", by event {run['eventId']}" if run["eventId"] is not None else ""
    say(f"Started {moment(run['startedAt'])}{by}")


def _say_steps(steps: Iterable[Mapping[str, Any]]) -> None:
    for step in steps:
        again = f", attempt {step['attempt']}" if step["attempt"] > 1 else ""
        kind = step["type"].rpartition(".")[2]
        say(f"  {step['component']} ({kind}): {step['status']}, {step['durationS']:.2f} s{again}")
        fate = step["fate"] or {"error": None}
        if step["fate"]:
            say(f"    {fate['state']} {moment(fate['at'])}")
        for error in filter(None, (step["error"], fate["error"])):
            for line in error_lines(error):
                say(f"    {line}")


def _say_waits(run: Mapping[str, Any]) -> None:
    for wait in run["waits"]:
        if not wait["reason"] and wait["until"] is None:
            continue
        until = f", until {moment(wait['until'])}" if wait["until"] else ""
        say(f"  {wait['component']} waits: {wait['reason'] or wait['status']}{until}")


def _say_end(run: Mapping[str, Any]) -> None:
    ended = f", {moment(run['endedAt'])}" if run["endedAt"] else ""
    say(f"It is {run['status']}{ended}.")
    ends_by_step = any(step["error"] == run["error"] for step in run["steps"])
    if run["error"] and not ends_by_step:
        for line in error_lines(run["error"]):
            say(f"  {line}")


def error_lines(error: Mapping[str, Any]) -> list[str]:
    """Return what went wrong, why, and what to do, a line each."""
    code = f" (code {error['code']})" if error.get("code") is not None else ""
    field = f"{error['field']}: " if error.get("field") else ""
    lines = [f"{field}{error['title']}{code}", error.get("cause", "")]
    cure = error.get("cure", "")
    return [*filter(None, lines), *([f"→ {cure}"] if cure else [])]
