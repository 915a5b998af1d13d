"""`appmixer flow …`: flow documents, and whether they run."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import quote

import typer

from . import completion
from .output import SHORT_ID_CHARS, AsJson, fail, misuse, moment, print_json, say, table
from .reach import Data, Url, call, segment
from .runs import fate_word

FLOW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAX_ID_CHARS = 100

app = typer.Typer(no_args_is_help=True, help="Deploy, start, stop and look at flows.")

FlowId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The flow's id.", show_default=False, autocompletion=completion.flows
    ),
]


@app.command()
def deploy(
    file: Annotated[Path, typer.Argument(help="The flow document.")],
    flow_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            help="The flow's id; made from the file's name unless given.",
            autocompletion=completion.flows,
        ),
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it as well.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Store a flow as a new version."""
    document = _read(file)
    if flow_id is not None and not FLOW_ID.fullmatch(flow_id):
        misuse(f"{flow_id!r} cannot be an id. {_RULE}")
    name = flow_id or _id_from(file)
    stored = call(url, data, "PUT", f"/api/flows/{name}", document)
    if start:
        stored = call(url, data, "POST", f"/api/flows/{name}/start")
    if as_json:
        print_json(stored)
        return
    say(f"{name}: version {stored['version']} of {stored['name']} is stored.")
    if start:
        _tell(_running(stored), stored)


@app.command()
def start(flow_id: FlowId, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Start a flow's newest version."""
    started = _of_flow(url, data, "POST", flow_id, "/start")
    print_json(started) if as_json else _tell(_running(started), started)


@app.command()
def stop(flow_id: FlowId, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Stop a flow; its runs under way go on."""
    stopped = _of_flow(url, data, "POST", flow_id, "/stop")
    print_json(stopped) if as_json else _tell(f"{flow_id} is stopped.", stopped)


@app.command()
def run(
    flow_id: FlowId,
    values: Annotated[
        Path | None, typer.Option("--values", help="A file with what the trigger would give.")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option("--trigger", help="Where to begin, if there are several triggers.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option("--version", min=1, help="The running or else the newest one unless given."),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Run the draft as it is, as a test.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Begin a run now, in the place of a trigger."""
    content: dict[str, Any] = {"values": {} if values is None else _read_object(values)}
    given = {"trigger": trigger, "version": version, "draft": draft or None}
    content |= {name: each for name, each in given.items() if each is not None}
    begun = _of_flow(url, data, "POST", flow_id, "/run", content)
    if as_json:
        print_json(begun)
        return
    short = begun["runId"][:SHORT_ID_CHARS]
    what = "the draft, as a test" if draft else f"version {begun['version']}"
    say(f"Run {short} of {flow_id}, {what}, has begun.")
    say(f"See it with `appmixer run show {short} --follow`.")


@app.command("list")
def list_flows(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """List your flows."""
    flows = call(url, data, "GET", "/api/flows")["flows"]
    if as_json:
        print_json({"flows": flows})
        return
    rows = [[each["id"], each["state"], f"v{each['version']}", each["name"]] for each in flows]
    table(rows) if rows else say("There are no flows yet; deploy one.")


@app.command()
def show(flow_id: FlowId, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Show a flow's state and steps."""
    flow = _of_flow(url, data, "GET", flow_id)
    if as_json:
        print_json(flow)
        return
    running = flow["runningVersion"]
    version = f"version {flow['version']}, stored {moment(flow['updatedAt'])}"
    is_behind = running is not None and running != flow["version"]
    say(f"{flow['name']} ({flow['id']}) is {flow['state']}: {version}")
    if is_behind:
        say(f"Version {running} is the one that runs; `appmixer flow start {flow['id']}` takes")
        say("the newest.")
    if flow["reason"]:
        say(f"It does not run because: {flow['reason']}")
    for mark in flow["marks"]:
        say(f"! {mark['path']}: {mark['text']}")
    say("")
    table([_step(name, each) for name, each in flow["document"]["components"].items()], indent=2)
    for each in flow["wakes"]:
        when = moment(each["nextAt"]) if each["nextAt"] else "no more"
        say(f"{each['component']} is woken next: {when}")
        if each["reason"]:
            say(f"! {each['reason']}")
    for each in flow["hooks"]:
        open_or_not = "" if each["isOpen"] else " (not now)"
        say(f"{each['component']} takes requests{open_or_not} at: {each['url']}")


@app.command()
def export(
    flow_id: FlowId,
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; standard output unless given.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Write a flow's newest document, as `deploy` takes it; secrets stay behind."""
    document = _of_flow(url, data, "GET", flow_id)["document"]
    if file is None:
        print_json(document)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    say(f"{flow_id} is written to {file}.")


@app.command()
def delete(
    flow_id: FlowId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Stop a flow and remove it with all its versions; its runs stay until they are old."""
    flow = _of_flow(url, data, "GET", flow_id)
    # A script has nobody to ask, and says what it wants by calling this.
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove {flow['name']} ({flow_id}, {flow['state']})?", abort=True)
    _of_flow(url, data, "DELETE", flow_id)
    say(f"{flow_id} is removed.")


@app.command()
def runs(
    flow_id: FlowId,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List a flow's newest runs."""
    found = call(url, data, "GET", f"/api/runs?flowId={quote(flow_id)}&limit={limit}")["runs"]
    if not found:
        # A removed flow still has its runs, so only where there are none does it have to be there.
        _of_flow(url, data, "GET", flow_id)
    if as_json:
        print_json({"runs": found})
        return
    rows = [
        [
            each["id"][:SHORT_ID_CHARS],
            each["status"],
            moment(each["startedAt"]),
            each["error"]["title"] if each["error"] else _fates(each["fates"]),
        ]
        for each in found
    ]
    table(rows) if rows else say(f"{flow_id} has no runs.")


def _fates(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {fate_word(state)}" for state, count in counts.items())


def _read(file: Path) -> Any:
    """Return the JSON in a file, or end the command with what is wrong with it."""
    from ..contract import RejectedError
    from ..strict_json import read_json

    try:
        return read_json(file.read_bytes())
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    except RejectedError as error:
        fail(f"{file} cannot be used: {error.cause}")
    except ValueError as error:
        fail(f"{file} is not JSON: {error}.")


def _read_object(file: Path) -> dict[str, Any]:
    content = _read(file)
    if not isinstance(content, dict):
        fail(f"{file} has to hold a JSON object: the trigger's fields and their values.")
    return cast("dict[str, Any]", content)


def _of_flow(
    url: str | None,
    data: Path | None,
    method: str,
    flow_id: str,
    rest: str = "",
    content: Any = None,
) -> Any:
    if not FLOW_ID.fullmatch(flow_id):
        fail(f"There is no flow {flow_id!r}; `appmixer flow list` shows what there is.")
    return call(url, data, method, f"/api/flows/{segment(flow_id)}{rest}", content)


_RULE = (
    "An id has up to 100 letters from A to Z, digits, hyphens, underscores and dots, and begins"
    " with a letter or a digit."
)


def _id_from(file: Path) -> str:
    name = file.name.removesuffix(".json").removesuffix(".flow").replace("_", "-")
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:MAX_ID_CHARS].rstrip("-._")
    if not made:
        misuse(f"No id can be made of the name {file.name!r}; give one with --id. {_RULE}")
    return made


def _tell(text: str, flow: Any) -> None:
    say(text)
    for each in flow["warnings"]:
        say(f"! {each}")


def _running(flow: Any) -> str:
    return f"{flow['id']} is {flow['state']}, version {flow['runningVersion']}."


def _step(name: str, component: Any) -> list[str]:
    ports = [
        f"{source}.{port}"
        for sources in component.get("source", {}).values()
        for source, given in sources.items()
        for port in given
    ]
    after = f"after {', '.join(ports)}" if ports else ""
    return [name, component["type"], component.get("account") or "", after]
