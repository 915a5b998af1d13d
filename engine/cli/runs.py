"""`appmixer run …`: what became of one run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from . import completion
from .output import AsJson, moment, print_json, say
from .reach import Data, Url, call, full_run_id

UNDER_WAY = ("running", "waiting", "paused", "held")
COMPLETED, UNKNOWN = "completed", "unknown"
# As on the page; the others are called as they are.
FATE_WORDS: Mapping[str, str] = {"unknown": "nobody knows"}
POLL_S = 0.5

PAGE = 500
RunId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The run's id, or how it begins.", autocompletion=completion.runs
    ),
]

app = typer.Typer(no_args_is_help=True, help="Look at runs, and decide what becomes of them.")


@app.command()
def show(
    run_id: RunId,
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
    steps = _all_steps(url, data, path, run)
    if follow:
        run = _follow(url, data, path, run, steps, is_silent=as_json)
    if as_json:
        print_json({**run, "steps": list(steps.values())})
    elif not follow:
        _say_head(run)
        _say_steps(steps.values())
        _say_waits(run)
        _say_end(run, steps.values())
    if follow and run["status"] != COMPLETED:
        raise typer.Exit(1)


def _command(verb: str, words: str) -> None:
    """Add the command for what is done with a run by one call without a body."""

    def do(run_id: RunId, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
        _post(url, data, run_id, verb, None, as_json=as_json)

    app.command(verb, help=words)(do)


_command("cancel", "End a run: nothing more of it is begun, and what has left is not undone.")
_command("pause", "Hold what a run would begin next, until it is resumed.")
_command("resume", "Let a run go on that was paused.")


@app.command()
def retry(
    run_id: RunId,
    step_id: Annotated[
        str, typer.Option("--from", metavar="STEP", help="Only this step, by its id.")
    ] = "",
    even_if_unknown: Annotated[
        bool,
        typer.Option(help="Also what may have happened already, and may happen twice then."),
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Do the steps of a run again that have failed, with the values that they had."""
    which = {"from": step_id, "evenIfUnknown": even_if_unknown}
    _post(url, data, run_id, "retry", which, as_json=as_json)


def _post(
    url: str | None, data: Path | None, run_id: str, verb: str, content: Any, *, as_json: bool
) -> None:
    path = f"/api/runs/{full_run_id(url, data, run_id)}/{verb}"
    answer = call(url, data, "POST", path, content)
    if as_json:
        print_json(answer)
    else:
        say(f"Run {answer['id']} is {answer['status']}. {answer['message']}")


def _all_steps(
    url: str | None, data: Path | None, path: str, run: dict[str, Any]
) -> dict[str, Any]:
    """Return the steps of a run by their ids, and keep in `run` where to look for more."""
    steps = {each["id"]: each for each in run["steps"]}
    while len(steps) < run["stepCount"] and (found := _next_steps(url, data, path, run)):
        steps |= {each["id"]: each for each in found}
    return steps


def _next_steps(url: str | None, data: Path | None, path: str, run: dict[str, Any]) -> list[Any]:
    place = f"after={quote(run['next'])}&" if run["next"] else ""
    page = call(url, data, "GET", f"{path}/steps?{place}limit={PAGE}")
    run["next"] = page["next"]
    return list(page["steps"])


def _follow(
    url: str | None,
    data: Path | None,
    path: str,
    run: dict[str, Any],
    steps: dict[str, Any],
    *,
    is_silent: bool,
) -> Any:
    """Tell what is new until the run has ended, and return it as it is then."""
    told, waits = set[tuple[str, ...]](), ""
    news = list(steps.values())
    if not is_silent:
        _say_head(run)
    while True:
        news = [each for each in news if _mark(each) not in told]
        told.update(map(_mark, news))
        if not is_silent:
            _say_steps(news)
            if run["waits"] and str(run["waits"]) != waits:
                _say_waits(run)
            waits = str(run["waits"])
        if run["status"] not in UNDER_WAY:
            break
        time.sleep(POLL_S)
        # The run first: what is told of its end has all its steps before it.
        run = {**call(url, data, "GET", path), "next": run["next"]}
        # Of the first ones, also what has become of them later.
        news = list(run["steps"])
        while found := _next_steps(url, data, path, run):
            news += found
        steps.update({each["id"]: each for each in news})
    if not is_silent:
        _say_end(run, steps.values())
    return run


def _mark(step: Mapping[str, Any]) -> tuple[str, ...]:
    fate: Mapping[str, Any] = step["fate"] or {"state": "", "silentSince": None}
    is_silent = "silent" if fate["silentSince"] else ""
    return step["id"], step["status"], str(step["attempt"]), fate["state"], is_silent


def _say_head(run: Mapping[str, Any]) -> None:
    say(f"Run {run['id']} of {run['flowId']}, version {run['version']}")
    by = f", by event {run['eventId']}" if run["eventId"] is not None else ""
    say(f"Started {moment(run['startedAt'])}{by}")
    if run["isReplay"]:
        like = f" of run {run['likeRunId']}" if run["likeRunId"] else ""
        say(f"Replay{like}")


def _say_steps(steps: Iterable[Mapping[str, Any]]) -> None:
    for step in steps:
        again = f", attempt {step['attempt']}" if step["attempt"] > 1 else ""
        kind = step["type"].rpartition(".")[2]
        say(f"  {step['component']} ({kind}): {step['status']}, {step['durationS']:.2f} s{again}")
        fate: Mapping[str, Any] = step["fate"] or {"state": UNKNOWN, "error": None}
        if step["fate"]:
            say(f"    {fate_word(fate['state'])} {moment(fate['at'])}{_silence(fate)}")
            for reason in fate["reasons"]:
                say(f"    Perhaps: {reason['finding']}")
                if reason["cure"]:
                    say(f"      → {reason['cure']}")
        # What was said of a step that nobody knew of is over once it is told what became of it.
        is_told = step["status"] == UNKNOWN and fate["state"] != UNKNOWN
        for error in filter(None, (None if is_told else step["error"], fate["error"])):
            for line in error_lines(error):
                say(f"    {line}")


def fate_word(state: str) -> str:
    """Return how people call what has become of what a step did."""
    return FATE_WORDS.get(state, state)


def _silence(fate: Mapping[str, Any]) -> str:
    since = fate["silentSince"]
    return f", nothing more heard since {moment(since)}" if since else ""


def _say_waits(run: Mapping[str, Any]) -> None:
    for each in run["lists"]:
        say(f"  {each['component']}: {each['begun']:,} of {each['steps']:,} steps begun")
    for wait in run["waits"]:
        if not wait["reason"] and wait["until"] is None:
            continue
        until = f", until {moment(wait['until'])}" if wait["until"] else ""
        who = wait["component"] or "it"
        say(f"  {who} waits{until}: {wait['reason'] or wait['status']}")
    if run["waitCount"] > len(run["waits"]):
        say(f"  … and {run['waitCount'] - len(run['waits']):,} more")


def _say_end(run: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> None:
    ended = f", {moment(run['endedAt'])}" if run["endedAt"] else ""
    say(f"It is {run['status']}{ended}.")
    ends_by_step = any(step["error"] == run["error"] for step in steps)
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
